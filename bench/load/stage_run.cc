// SPDX-License-Identifier: Apache-2.0
#include "bench/load/stage_run.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace forebay::load {
namespace {

constexpr int kSilenceMsMax = 30'000;
constexpr size_t kErrorBytesMax = 300;

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Error system_error(const char* what) {
  return Error{ErrorCode::kServiceUnavailable, std::string(what) + ": " + std::strerror(errno)};
}

class StageRun {
 public:
  StageRun(const Options& options, Workload& workload, std::vector<Connection>& connections)
      : workload_(workload),
        connections_(connections),
        asked_us_(connections.size()),
        result_(options.window_ms) {}
  StageRun(const StageRun&) = delete;
  StageRun& operator=(const StageRun&) = delete;
  ~StageRun() {
    if (epoll_fd_ >= 0) ::close(epoll_fd_);
  }

  Result<StageResult> run(const Stage& stage) {
    TRY(watch_connections());
    workload_.begin(stage);
    const int64_t begin_us = now_us();
    deadline_us_ = stage.duration_ms > 0 ? begin_us + stage.duration_ms * 1000 : INT64_MAX;
    for (size_t lane = 0; lane < connections_.size(); ++lane) idle_.push_back(lane);
    TRY(wake_idle());
    while (busy_ > 0) TRY(serve_ready());
    result_.elapsed_us = now_us() - begin_us;
    result_.ran_dry = workload_.ran_dry();
    return std::move(result_);
  }

 private:
  Result<void> watch_connections() {
    epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd_ < 0) return system_error("cannot make an epoll");
    for (size_t lane = 0; lane < connections_.size(); ++lane) {
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.u64 = lane;
      if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, connections_[lane].fd(), &event) != 0) {
        return system_error("cannot watch a connection");
      }
    }
    return {};
  }

  Result<void> serve_ready() {
    std::array<epoll_event, 64> events;
    const int ready = ::epoll_wait(epoll_fd_, events.data(), events.size(), kSilenceMsMax);
    if (ready < 0 && errno == EINTR) return {};
    if (ready < 0) return system_error("cannot wait");
    if (ready == 0) return Error{ErrorCode::kServiceUnavailable, "no answer for 30 seconds"};
    for (int i = 0; i < ready; ++i) TRY(advance(events[static_cast<size_t>(i)].data.u64));
    return {};
  }

  Result<void> advance(size_t lane) {
    TRY_ASSIGN(const std::optional<Response> response, connections_[lane].advance());
    if (!response) return {};
    answered(lane, *response);
    return wake_idle();
  }

  void answered(size_t lane, const Response& response) {
    --busy_;
    idle_.push_back(lane);
    const int64_t now = now_us();
    if (now >= deadline_us_) workload_.end();
    const Outcome outcome = workload_.replied(lane, response);
    if (outcome.errors > 0 && result_.errors == 0) {
      result_.first_error = response.body.substr(0, kErrorBytesMax);
    }
    result_.errors += outcome.errors;
    if (response.status != 200) return;
    ActionResult& action = result_.actions[static_cast<size_t>(outcome.action)];
    ++action.requests;
    action.messages += outcome.messages;
    action.latencies.record(static_cast<uint64_t>(now - asked_us_[lane]), wall_ms());
  }

  /// Any reply may have given an idle lane something to do.
  Result<void> wake_idle() {
    for (size_t i = 0; i < idle_.size();) {
      const size_t lane = idle_[i];
      if (!workload_.next(lane, connections_[lane].request())) {
        ++i;
        continue;
      }
      idle_[i] = idle_.back();
      idle_.pop_back();
      ++busy_;
      asked_us_[lane] = now_us();
      TRY_ASSIGN(const std::optional<Response> response, connections_[lane].advance());
      if (response) answered(lane, *response);
    }
    return {};
  }

  Workload& workload_;
  std::vector<Connection>& connections_;
  std::vector<int64_t> asked_us_;
  std::vector<size_t> idle_;
  size_t busy_ = 0;
  int64_t deadline_us_ = INT64_MAX;
  int epoll_fd_ = -1;
  StageResult result_;
};

}  // namespace

Result<StageResult> run_stage(const Options& options, const Stage& stage, Workload& workload,
                              std::vector<Connection>& connections) {
  StageRun run(options, workload, connections);
  return run.run(stage);
}

}  // namespace forebay::load
