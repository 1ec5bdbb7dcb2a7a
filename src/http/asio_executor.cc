// SPDX-License-Identifier: Apache-2.0
#include "http/asio_executor.h"

#include <unistd.h>

#include <chrono>
#include <exception>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/check.h"

namespace forebay::http {
namespace asio = boost::asio;
using boost::system::error_code;

struct AsioExecutor::State {
  struct Timer {
    asio::steady_timer timer;
    Task task;
  };

  // A hint of one thread: Asio then keeps what the thread posts to itself off the shared queue.
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::unordered_map<TimerId, Timer> timers;
  TimerId last_timer = 0;

  /// A timer that was cancelled while its completion was already queued is no longer in the map.
  void fire(TimerId id) {
    auto found = timers.find(id);
    if (found == timers.end()) return;
    Task task = std::move(found->second.task);
    timers.erase(found);
    task();
  }
};

namespace {

class AsioWatch final : public SocketWatch {
 public:
  AsioWatch(asio::posix::stream_descriptor descriptor, SocketEvents& events)
      : shared_(std::make_shared<Shared>(std::move(descriptor), &events)) {}

  ~AsioWatch() override {
    shared_->events = nullptr;
    error_code ignored;
    shared_->descriptor.close(ignored);
  }

  int fd() const override { return shared_->descriptor.native_handle(); }

  void want_readable() override {
    shared_->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                   [shared = shared_](const error_code&) {
                                     if (shared->events != nullptr) shared->events->on_readable();
                                   });
  }

  void want_writable() override {
    shared_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                   [shared = shared_](const error_code&) {
                                     if (shared->events != nullptr) shared->events->on_writable();
                                   });
  }

 private:
  /// Outlives the watch until Asio has let go of the completions that were under way.
  struct Shared {
    asio::posix::stream_descriptor descriptor;
    SocketEvents* events;  // null when the watch is gone

    Shared(asio::posix::stream_descriptor d, SocketEvents* e)
        : descriptor(std::move(d)), events(e) {}
  };
  std::shared_ptr<Shared> shared_;
};

}  // namespace

AsioExecutor::AsioExecutor() : state_(std::make_unique<State>()) {}
AsioExecutor::~AsioExecutor() = default;

void AsioExecutor::post(Task task) {
  asio::post(state_->context, std::move(task));
}

AsioExecutor::TimerId AsioExecutor::after(int64_t delay_ms, Task task) {
  CHECK(delay_ms >= 0);
  const TimerId id = ++state_->last_timer;
  auto [place, inserted] = state_->timers.emplace(
      id, State::Timer{
              .timer = asio::steady_timer(state_->context, std::chrono::milliseconds(delay_ms)),
              .task = std::move(task)});
  CHECK(inserted);
  place->second.timer.async_wait(
      [state = state_.get(), id](const error_code&) { state->fire(id); });
  return id;
}

void AsioExecutor::cancel(TimerId timer) {
  state_->timers.erase(timer);
}

void AsioExecutor::run() {
  try {
    state_->context.run();
  } catch (const std::exception& e) {
    fatal(std::string("an io thread met an exception: ") + e.what());
  }
}

void AsioExecutor::stop() {
  state_->context.stop();
}

std::unique_ptr<SocketWatch> AsioExecutor::watch(int fd, SocketEvents& events) {
  asio::posix::stream_descriptor descriptor(state_->context);
  error_code refused;
  descriptor.assign(fd, refused);
  if (refused) {
    ::close(fd);
    return nullptr;
  }
  return std::make_unique<AsioWatch>(std::move(descriptor), events);
}

}  // namespace forebay::http
