// SPDX-License-Identifier: Apache-2.0
// What must become true once nothing goes wrong any more, within bounded time.
//
// Safety is checked all along; here is the rest. When the last fault is over, sends are accepted
// again (`SendProbe`), everything drains (`Drain`), no poll waits beside a message (`Model`), and
// the disk space that dead messages took comes back (`space_excess`).
// Thread: one owner.
#pragma once

#include <cstdint>
#include <string>

#include "journal/space.h"
#include "sim/prng.h"
#include "sim/session.h"

namespace forebay::sim {

/// Sends one message to each queue there is; one that is refused for lack of space again and again,
/// until it is accepted.
class SendProbe {
 public:
  SendProbe(Stage& stage, Prng prng) : stage_(stage), prng_(prng), session_(stage, "probe") {}
  ~SendProbe() { stage_.world.cancel(again_); }
  SendProbe(const SendProbe&) = delete;
  SendProbe& operator=(const SendProbe&) = delete;

  void start() { send(0); }
  bool finished() const { return finished_; }
  /// It is over; another one must begin.
  void server_died() {
    session_.lose();
    stage_.world.cancel(again_);
  }
  Session& session() { return session_; }

 private:
  void send(size_t queue);

  Stage& stage_;
  Prng prng_;
  Session session_;
  SimWorld::EventId again_ = 0;
  bool finished_ = false;
};

/// What is wrong when the files of a log take `used_bytes` of a disk: at most twice what is live,
/// and a constant number of segments, are allowed. Empty: nothing.
std::string space_excess(const journal::Space::Usage& usage, uint64_t used_bytes,
                         uint64_t segment_bytes);

}  // namespace forebay::sim
