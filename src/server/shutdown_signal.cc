// SPDX-License-Identifier: Apache-2.0
#include "server/shutdown_signal.h"

#include <signal.h>

#include <array>
#include <utility>

#include "base/check.h"

namespace forebay::server {
namespace {

/// Wakes the waiting thread when no signal has come: never sent from outside.
constexpr int kWakeSignal = SIGUSR1;

sigset_t waited_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, kWakeSignal);
  return set;
}

}  // namespace

ShutdownSignal::ShutdownSignal() {
  const sigset_t set = waited_signals();
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  signal(SIGPIPE, SIG_IGN);  // a closed socket is an error of one write, not the end
  signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow: the journal says what that means
}

ShutdownSignal::~ShutdownSignal() {
  if (!thread_.joinable()) return;
  pthread_kill(thread_.native_handle(), kWakeSignal);
  thread_.join();
}

void ShutdownSignal::on_signal(std::function<void(const char* name)> callback,
                               std::function<void(const char* name)> second) {
  thread_ = std::thread([callbacks = std::array{std::move(callback), std::move(second)}] {
    const sigset_t set = waited_signals();
    int received = 0;
    for (const auto& callback : callbacks) {
      if (!callback) continue;
      sigwait(&set, &received);
      if (received == kWakeSignal) return;
      callback(received == SIGTERM ? "SIGTERM" : "SIGINT");
    }
    sigwait(&set, &received);
    if (received != kWakeSignal) fatal("stopped by a second signal before everything was answered");
  });
}

}  // namespace forebay::server
