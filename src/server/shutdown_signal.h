// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT as a callback instead of an interruption.
#pragma once

#include <functional>
#include <thread>

namespace forebay::server {

/// Blocks both signals in the calling thread and all threads it starts later, and waits for them on
/// a thread of its own. Make it before any other thread. The signal after those that have a
/// callback ends the process at once.
class ShutdownSignal {
 public:
  ShutdownSignal();
  ~ShutdownSignal();
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  /// `callback(name)` runs once, on the waiting thread, when a signal has come: "SIGTERM" or
  /// "SIGINT".
  /// `second`, when there is one, at the second signal.
  void on_signal(std::function<void(const char* name)> callback,
                 std::function<void(const char* name)> second = {});

 private:
  std::thread thread_;
};

}  // namespace forebay::server
