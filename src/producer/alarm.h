// SPDX-License-Identifier: Apache-2.0
// `Alarm`: a producer's time, to the microsecond: what time it is, and a ring when it is time.
//
// A seam: the real one is a thread that sleeps, tests have one that rings as they say.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

namespace forebay::sqs::detail {

class Alarm {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  virtual ~Alarm() = default;

  /// Since some moment; never steps back. Thread: any.
  virtual int64_t now_us() const = 0;
  /// Once, before anything is set: who is told. `ring` runs on the alarm's own thread.
  virtual void start(std::function<void()> ring) = 0;
  /// Rings once at `due_us`, or a little later, or earlier when an earlier time is set: of several
  /// only the earliest counts, and a ring clears it. Never rings inside this call. Thread: any.
  virtual void set(int64_t due_us) = 0;
  /// When it returns, no ring is under way, and none comes. Not on the alarm's own thread.
  virtual void stop() = 0;
};

/// With a thread of its own, from start() to stop().
std::unique_ptr<Alarm> make_thread_alarm();

}  // namespace forebay::sqs::detail
