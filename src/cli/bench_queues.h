// SPDX-License-Identifier: Apache-2.0
// The queues of one `forebay bench`: made at its beginning, gone at its end, however it ends.
// Thread: main.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "cli/bench_arguments.h"
#include "load/queue_admin.h"

namespace forebay::cli {

class BenchQueues {
 public:
  /// Borrows: `arguments` and `form`, of which only what all requests have in common is used.
  BenchQueues(const BenchArguments& arguments, const load::SocketAddress& address,
              const load::RequestForm& form, const std::string& run_name);
  BenchQueues(const BenchQueues&) = delete;
  BenchQueues& operator=(const BenchQueues&) = delete;
  /// Deletes what open() has made, unless it is to be kept; says on standard error what it could
  /// not delete.
  ~BenchQueues();

  /// The URLs to use: of new queues, of the one that was named, or one for a target that is no
  /// queue. Fewer when `stop` became true meanwhile.
  /// Errors: kServiceUnavailable.
  Result<std::vector<std::string>> open(const std::atomic<bool>& stop);

 private:
  const BenchArguments& arguments_;
  const std::string prefix_;
  load::QueueAdmin admin_;
  std::vector<std::string> made_;
};

}  // namespace forebay::cli
