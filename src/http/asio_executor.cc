// SPDX-License-Identifier: Apache-2.0
#include "http/asio_executor.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
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
  explicit FirstTasks(const env::FineClock& clock) : clock_(clock) {}

  /// True when there were none: then run() must be arranged for.
  bool add(AsioExecutor::Task task) {
    const std::lock_guard lock(mu_);
    tasks_.push_back(std::move(task));
    return !waiting_.exchange(true);
  }

  /// To be called between two socket events.
  void run_if_late() {
    if (!waiting_.load(std::memory_order_relaxed)) return;
    const int64_t now = clock_.monotonic_us();
    if (!seen_us_) seen_us_ = now;
    if (now - *seen_us_ >= kPatienceUs) run();
  }

  void run() {
    seen_us_.reset();
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
  static constexpr int64_t kPatienceUs = 200;

  const env::FineClock& clock_;
  std::mutex mu_;
  std::vector<AsioExecutor::Task> tasks_;  // guarded by mu_
  std::atomic<bool> waiting_{false};       // tasks_ is not empty
  std::optional<int64_t> seen_us_;         // waiting, by the executor's thread
};

class EpollWatch;

/// All watched sockets, in an epoll set of its own that Asio watches as one descriptor: a watch by
/// Asio costs a system call for each event that is waited for, this one none as long as events are
/// wanted one after the other.
class Sockets {
 public:
  Sockets(asio::io_context& context, FirstTasks& first)
      : set_(context, ::epoll_create1(EPOLL_CLOEXEC)), first_(first) {
    await();
  }

  int fd() { return set_.native_handle(); }
  /// No event in hand reaches it any more.
  void forget(const EpollWatch& watch) {
    for (epoll_event& event : waiting_) {
      if (event.data.ptr == &watch) event.data.ptr = nullptr;
    }
  }

 private:
  /// As many as are taken in one go; the others stay ready.
  static constexpr size_t kEventsMax = 256;

  void await() {
    set_.async_wait(asio::posix::descriptor_base::wait_read, [this](const error_code& failed) {
      if (failed) return;
      dispatch();
      await();
    });
  }
  void dispatch();

  asio::posix::stream_descriptor set_;
  FirstTasks& first_;
  std::array<epoll_event, kEventsMax> events_{};
  std::span<epoll_event> waiting_;  // of events_: not dispatched yet
};

/// Level-triggered: what nobody wants is taken out of the set when it comes, which is rare, and put
/// back when it is wanted.
class EpollWatch final : public SocketWatch {
 public:
  EpollWatch(Sockets& sockets, int fd, SocketEvents& events)
      : sockets_(sockets), events_(events), fd_(fd) {}

  ~EpollWatch() override {
    sockets_.forget(*this);
    ::close(fd_);  // leaves the set too
  }

  int fd() const override { return fd_; }
  void want_readable() override { want(EPOLLIN); }
  void want_writable() override { want(EPOLLOUT); }

  /// False when the system refuses.
  bool enter_set() {
    interest_ = EPOLLIN;
    return change(EPOLL_CTL_ADD);
  }

  /// May destroy this watch.
  void on_event(uint32_t happened) {
    if ((happened & (EPOLLHUP | EPOLLERR)) != 0) happened |= interest_;
    const uint32_t told = happened & wanted_;
    if ((happened & interest_ & ~wanted_) != 0) set_interest(interest_ & wanted_);
    wanted_ &= ~told;
    SocketEvents& events = events_;
    if ((told & EPOLLIN) != 0 && (told & EPOLLOUT) != 0) {
      // Only one can be told: the watch may be gone after that. The other one comes again.
      wanted_ |= EPOLLOUT;
    }
    if ((told & EPOLLIN) != 0) return events.on_readable();
    if ((told & EPOLLOUT) != 0) events.on_writable();
  }

 private:
  void want(uint32_t event) {
    wanted_ |= event;
    if ((interest_ & event) == 0) set_interest(interest_ | event);
  }

  void set_interest(uint32_t interest) {
    interest_ = interest;
    CHECK(change(EPOLL_CTL_MOD));
  }

  bool change(int operation) {
    epoll_event event{};
    // An error is told even when nothing is of interest; then once is enough.
    event.events = interest_ == 0 ? uint32_t{EPOLLONESHOT} : interest_;
    event.data.ptr = this;
    return ::epoll_ctl(sockets_.fd(), operation, fd_, &event) == 0;
  }

  Sockets& sockets_;
  SocketEvents& events_;
  const int fd_;
  uint32_t interest_ = 0;  // in the set
  uint32_t wanted_ = 0;    // asked for and not told yet
};

void Sockets::dispatch() {
  const int count = ::epoll_wait(fd(), events_.data(), kEventsMax, 0);
  waiting_ = std::span(events_).first(static_cast<size_t>(std::max(count, 0)));
  while (!waiting_.empty()) {
    const epoll_event event = waiting_.front();
    waiting_ = waiting_.subspan(1);
    if (event.data.ptr != nullptr) static_cast<EpollWatch*>(event.data.ptr)->on_event(event.events);
    first_.run_if_late();
  }
}

}  // namespace

struct AsioExecutor::State {
  explicit State(const env::FineClock& clock) : first(clock) {}

  struct Timer {
    asio::steady_timer timer;
    Task task;
  };

  // A hint of one thread: Asio then keeps what the thread posts to itself off the shared queue.
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  FirstTasks first;
  Sockets sockets{context, first};
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

AsioExecutor::AsioExecutor(const env::FineClock& clock) : state_(std::make_unique<State>(clock)) {}
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
  auto watch = std::make_unique<EpollWatch>(state_->sockets, fd, events);
  if (!watch->enter_set()) return nullptr;
  return watch;
}

}  // namespace forebay::http
