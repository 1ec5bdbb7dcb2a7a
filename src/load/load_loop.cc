// SPDX-License-Identifier: Apache-2.0
#include "load/load_loop.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "base/check.h"

namespace forebay::load {
namespace {

/// How often the loop looks at what no socket reports: the stop, timeouts, the live figures.
constexpr int64_t kLookAfterUs = 100'000;
/// After a failure a connection rests, so that a dead server is not asked a million times a second.
constexpr int64_t kRestUs = 100'000;
/// An answer that takes longer than this (beyond a long poll's own time) is not waited for.
constexpr int64_t kAnswerUsMax = 30'000'000;
/// A load whose requests all fail to be answered for so long is over: the server is gone.
constexpr int64_t kFailingUsMax = 30'000'000;
/// The same, for what is unanswered when the measurement is over.
constexpr int64_t kLastAnswersUsMax = 5'000'000;

constexpr std::string_view kConnectionFailed = "ConnectionFailed";
constexpr std::string_view kTimeout = "Timeout";

Error system_error(const char* what) {
  return Error{ErrorCode::kServiceUnavailable, std::string(what) + ": " + std::strerror(errno)};
}

/// Waits for events, to the microsecond where the kernel can.
int wait_for_events(int epoll_fd, std::span<epoll_event> events, int64_t timeout_us) {
  const timespec timeout = {.tv_sec = timeout_us / 1'000'000,
                            .tv_nsec = timeout_us % 1'000'000 * 1000};
  const int size = static_cast<int>(events.size());
  const int ready = ::epoll_pwait2(epoll_fd, events.data(), size, &timeout, nullptr);
  if (ready >= 0 || errno != ENOSYS) return ready;
  const auto timeout_ms = static_cast<int>((timeout_us + 999) / 1000);
  return ::epoll_wait(epoll_fd, events.data(), size, timeout_ms);
}

}  // namespace

void LoadFigures::add(const LoadFigures& other) {
  for (size_t i = 0; i < kActionCount; ++i) {
    actions[i].requests += other.actions[i].requests;
    actions[i].messages += other.actions[i].messages;
    actions[i].empty += other.actions[i].empty;
    actions[i].errors += other.actions[i].errors;
    actions[i].service.add(other.actions[i].service);
    actions[i].response.add(other.actions[i].response);
  }
  errors.add(other.errors);
  measured_us = std::max(measured_us, other.measured_us);
  not_started += other.not_started;
  cpu.user_us += other.cpu.user_us;
  cpu.system_us += other.cpu.system_us;
  interrupted = interrupted || other.interrupted;
}

uint64_t LoadFigures::requests() const {
  uint64_t all = 0;
  for (const ActionFigures& action : actions) all += action.requests;
  return all;
}

LoadLoop::LoadLoop(const LoadLoopOptions& options, const RequestForm& form,
                   const env::FineClock& clock, LoadControl& control)
    : options_(options),
      clock_(clock),
      control_(control),
      workload_(options.workload, form, env::system_clock()),
      lanes_(options.workload.lanes),
      idle_(options.workload.lanes) {}

LoadLoop::~LoadLoop() {
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
}

Result<void> LoadLoop::connect() {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return system_error("cannot make an epoll");
  for (size_t i = 0; i < lanes_.size(); ++i) {
    TRY_ASSIGN(lanes_[i].connection, Connection::open(options_.address));
    TRY(watch(i));
    release(i);
  }
  return {};
}

Result<void> LoadLoop::watch(size_t lane) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = lane;
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, lanes_[lane].connection.fd(), &event) != 0) {
    return system_error("cannot watch a connection");
  }
  return {};
}

LoadFigures LoadLoop::run(int64_t begin_us) {
  CHECK(epoll_fd_ >= 0);
  // Timers of this thread are not put off to be handled together with others.
  ::prctl(PR_SET_TIMERSLACK, 1);
  plan(begin_us);
  int64_t now_us = clock_.monotonic_us();
  while (!over(now_us)) {
    start_due(now_us);
    wait(now_us);
    now_us = clock_.monotonic_us();
    if (now_us >= look_after_us_) look_after(now_us);
  }
  finish(now_us);
  return std::move(figures_);
}

void LoadLoop::plan(int64_t begin_us) {
  measure_from_us_ = begin_us + options_.warm_up_us;
  end_us_ = options_.duration_us > 0 ? measure_from_us_ + options_.duration_us
                                     : std::numeric_limits<int64_t>::max();
  last_answer_us_ = begin_us;
  if (options_.rate > 0) pacer_.emplace(options_.rate, begin_us, options_.rate_offset);
}

void LoadLoop::begin_measuring() {
  cpu_at_start_ = env::thread_cpu_time();
  // What the warm-up could not keep up with is not the measurement's to catch up.
  if (pacer_) pacer_.emplace(options_.rate, measure_from_us_, options_.rate_offset);
}

bool LoadLoop::over(int64_t now_us) {
  if (control_.stop != nullptr && control_.stop->load(std::memory_order_relaxed)) {
    figures_.interrupted = true;
    return true;
  }
  if (failing_since_us_ && now_us - *failing_since_us_ > kFailingUsMax) return true;
  if (now_us < end_us_) return false;
  return busy_ == 0 || now_us >= end_us_ + kLastAnswersUsMax + int64_t{options_.wait_s} * 1'000'000;
}

void LoadLoop::start_due(int64_t now_us) {
  if (!cpu_at_start_ && now_us >= measure_from_us_) begin_measuring();
  while (idle_count_ > 0 && now_us < end_us_) {
    const int64_t due_us = pacer_ ? pacer_->due_us() : now_us;
    if (due_us > now_us || due_us >= end_us_) return;
    const size_t lane = idle_[idle_first_];
    if (!begin_request(lane, now_us, due_us)) return;
    idle_first_ = (idle_first_ + 1) % idle_.size();
    --idle_count_;
    if (pacer_) pacer_->take();
  }
}

bool LoadLoop::begin_request(size_t index, int64_t now_us, int64_t due_us) {
  Lane& lane = lanes_[index];
  lane.measured = due_us >= measure_from_us_;
  if (lane.measured && options_.duration_us == 0 &&
      control_.requests_left.fetch_sub(1, std::memory_order_relaxed) <= 0) {
    end_us_ = now_us;
    return false;
  }
  lane.action = workload_.next(index, lane.connection.request());
  lane.busy = true;
  ++busy_;
  lane.due_us = due_us;
  lane.begun_us = clock_.monotonic_us();
  if (const Result<void> sent = open_and_send(index); !sent.ok()) {
    // The caller takes the lane out of the idle ones, whether it is busy or rests.
    failed(index, kConnectionFailed, sent.error().message);
  }
  return true;
}

Result<void> LoadLoop::open_and_send(size_t index) {
  Connection& connection = lanes_[index].connection;
  if (!connection.is_open()) {
    TRY(connection.begin_open(options_.address));
    TRY(watch(index));
  }
  return connection.flush();
}

void LoadLoop::wait(int64_t now_us) {
  int64_t timeout_us = kLookAfterUs;
  if (pacer_ && idle_count_ > 0 && now_us < end_us_) {
    timeout_us = std::clamp(pacer_->due_us() - now_us, int64_t{0}, kLookAfterUs);
  }
  std::array<epoll_event, 128> events;
  const int ready = wait_for_events(epoll_fd_, events, timeout_us);
  if (ready < 0) {
    CHECK(errno == EINTR);
    return;
  }
  for (int i = 0; i < ready; ++i) serve(events[static_cast<size_t>(i)].data.u64);
}

void LoadLoop::serve(size_t index) {
  Lane& lane = lanes_[index];
  // An event may be about a connection that was closed while the events before it were served.
  if (!lane.connection.is_open()) return;
  if (!lane.busy) return lane.connection.notice_close();
  const auto advanced = lane.connection.advance();
  if (!advanced.ok()) return failed(index, kConnectionFailed, advanced.error().message);
  if (!advanced.value()) return;
  answered(index, *advanced.value());
  // A closed loop goes on at once, and an open one with what waits.
  start_due(clock_.monotonic_us());
}

void LoadLoop::answered(size_t index, const Response& response) {
  Lane& lane = lanes_[index];
  const int64_t now_us = clock_.monotonic_us();
  last_answer_us_ = now_us;
  failing_since_us_.reset();
  const Reply reply =
      workload_.replied(index, response, lane.measured ? figures_.errors : unmeasured_errors_);
  const auto service_us = static_cast<uint64_t>(std::max<int64_t>(0, now_us - lane.begun_us));
  const auto response_us = static_cast<uint64_t>(std::max<int64_t>(0, now_us - lane.due_us));
  if (control_.live != nullptr) {
    live_.record(pacer_ ? response_us : service_us);
    live_errors_ += reply.errors;
  }
  if (lane.measured) {
    ActionFigures& action = figures_.actions[static_cast<size_t>(reply.action)];
    action.errors += reply.errors;
    if (reply.answered) {
      ++action.requests;
      action.messages += reply.messages;
      if (reply.action == Action::kReceive && reply.messages == 0) ++action.empty;
      action.service.record(service_us);
      if (pacer_) action.response.record(response_us);
    }
  }
  lane.busy = false;
  --busy_;
  release(index);
}

void LoadLoop::failed(size_t index, std::string_view code, std::string_view message) {
  Lane& lane = lanes_[index];
  const Action action = workload_.failed(index);
  (lane.measured ? figures_.errors : unmeasured_errors_).add(code, message);
  if (lane.measured) ++figures_.actions[static_cast<size_t>(action)].errors;
  ++live_errors_;
  lane.connection.close();
  lane.busy = false;
  --busy_;
  const int64_t now_us = clock_.monotonic_us();
  if (!failing_since_us_) failing_since_us_ = now_us;
  lane.rests_until_us = now_us + kRestUs;
  resting_.push_back(index);
}

void LoadLoop::release(size_t lane) {
  CHECK(idle_count_ < idle_.size());
  idle_[(idle_first_ + idle_count_) % idle_.size()] = lane;
  ++idle_count_;
}

void LoadLoop::look_after(int64_t now_us) {
  look_after_us_ = now_us + kLookAfterUs;
  std::erase_if(resting_, [&](size_t lane) {
    const bool rested = lanes_[lane].rests_until_us <= now_us;
    if (rested) release(lane);
    return rested;
  });
  const int64_t patience_us = kAnswerUsMax + int64_t{options_.wait_s} * 1'000'000;
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].busy && now_us - lanes_[lane].begun_us > patience_us) {
      failed(lane, kTimeout, "no answer for 30 seconds");
    }
  }
  if (control_.live == nullptr) return;
  control_.live->publish(live_, std::exchange(live_errors_, 0));
  live_.clear();
}

void LoadLoop::finish(int64_t now_us) {
  if (!figures_.interrupted) {
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
      if (lanes_[lane].busy) failed(lane, kTimeout, "no answer when the measurement was over");
    }
  }
  const bool timed = options_.duration_us > 0;
  const int64_t until_us = timed ? std::min(now_us, end_us_) : last_answer_us_;
  figures_.measured_us = std::max<int64_t>(0, until_us - measure_from_us_);
  if (pacer_ && timed) figures_.not_started = pacer_->waiting(until_us);
  const env::CpuTime cpu = env::thread_cpu_time();
  const env::CpuTime before = cpu_at_start_.value_or(cpu);
  figures_.cpu = {.user_us = cpu.user_us - before.user_us,
                  .system_us = cpu.system_us - before.system_us};
}

}  // namespace forebay::load
