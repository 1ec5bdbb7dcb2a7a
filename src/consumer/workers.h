// SPDX-License-Identifier: Apache-2.0
// `Workers`: the threads that handlers run on, as a seam.
//
// Thread: the consumer's own.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace forebay::sqs::detail {

class Workers {
 public:
  using Job = std::function<void()>;

  virtual ~Workers() = default;
  /// Runs `job` on some worker, soon; in order of these calls as far as threads are free.
  virtual void run(Job job) = 0;
  /// 1 or more. When more have been started, they stay.
  virtual void set_threads_max(size_t threads_max) = 0;
};

/// Up to `threads_max` threads (1 or more), each started when there is a job and nobody idle. The
/// destructor waits for all jobs.
std::unique_ptr<Workers> make_thread_workers(size_t threads_max);

}  // namespace forebay::sqs::detail
