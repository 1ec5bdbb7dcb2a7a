// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT as a callback instead of an interruption.
#pragma once

#include <functional>
#include <thread>

namespace forebay::server {

/// Blocks both signals in the calling thread and all threads it starts later, and waits for them on
/// a thread of its own. Make it before any other thread. A second signal ends the process at once.
class ShutdownSignal {
 public:
  ShutdownSignal();
  ~ShutdownSignal();
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  /// `callback(name)` runs once, on the waiting thread, when a signal has come: "SIGTERM" or
  /// "SIGINT".
  void on_signal(std::function<void(const char* name)> callback);

 private:
  std::thread thread_;
};

}  // namespace forebay::server
