// SPDX-License-Identifier: Apache-2.0
#include "http/asio_executor.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/check.h"

namespace forebay::http {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// What need not wait for its turn behind all the socket events that Asio has queued.
/// Thread: any adds, the executor's own runs.
class FirstTasks {
 public:
  /// True when there were none: then run() must be arranged for.
  bool add(AsioExecutor::Task task) {
    const std::lock_guard lock(mu_);
    tasks_.push_back(std::move(task));
    return !waiting_.exchange(true);
  }

  /// To be called between two socket events.
  void run_if_late() {
    if (!waiting_.load(std::memory_order_relaxed)) return;
    const auto now = std::chrono::steady_clock::now();
    if (!seen_) seen_ = now;
    if (now - *seen_ >= kPatience) run();
  }

  void run() {
    seen_.reset();
    std::vector<AsioExecutor::Task> tasks;
    {
      const std::lock_guard lock(mu_);
      tasks.swap(tasks_);
      waiting_ = false;
    }
    for (AsioExecutor::Task& task : tasks) task();
  }

 private:
  /// About one sync of a disk. Without any, each sync would be of what came during the one before:
  /// more and smaller ones, which cost a busy machine more than they bring.
  static constexpr std::chrono::microseconds kPatience{200};

  std::mutex mu_;
  std::vector<AsioExecutor::Task> tasks_;                      // guarded by mu_
  std::atomic<bool> waiting_{false};                           // tasks_ is not empty
  std::optional<std::chrono::steady_clock::time_point> seen_;  // waiting, by the executor's thread
};

}  // namespace

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

  FirstTasks first;

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
  AsioWatch(asio::posix::stream_descriptor descriptor, SocketEvents& events, FirstTasks& first)
      : shared_(std::make_shared<Shared>(std::move(descriptor), &events, first)) {}

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
                                     shared->first.run_if_late();
                                   });
  }

  void want_writable() override {
    shared_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                   [shared = shared_](const error_code&) {
                                     if (shared->events != nullptr) shared->events->on_writable();
                                     shared->first.run_if_late();
                                   });
  }

 private:
  /// Outlives the watch until Asio has let go of the completions that were under way.
  struct Shared {
    asio::posix::stream_descriptor descriptor;
    SocketEvents* events;  // null when the watch is gone
    FirstTasks& first;

    Shared(asio::posix::stream_descriptor d, SocketEvents* e, FirstTasks& f)
        : descriptor(std::move(d)), events(e), first(f) {}
  };
  std::shared_ptr<Shared> shared_;
};

}  // namespace

AsioExecutor::AsioExecutor() : state_(std::make_unique<State>()) {}
AsioExecutor::~AsioExecutor() = default;

void AsioExecutor::post(Task task) {
  asio::post(state_->context, std::move(task));
}

void AsioExecutor::post_first(Task task) {
  if (!state_->first.add(std::move(task))) return;
  asio::post(state_->context, [state = state_.get()] { state->first.run(); });
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
  return std::make_unique<AsioWatch>(std::move(descriptor), events, state_->first);
}

}  // namespace forebay::http
