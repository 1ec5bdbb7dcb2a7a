// SPDX-License-Identifier: Apache-2.0
#include "load/load_run.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"

namespace forebay::load {
namespace {

constexpr std::chrono::milliseconds kTick{1000};
/// Message numbers of one thread: more than any run sends.
constexpr int kThreadNumberBits = 40;

/// `all` things shared out to `count` takers; the part of taker `index`.
uint32_t share(uint32_t all, uint32_t count, uint32_t index) {
  return all / count + (index < all % count ? 1 : 0);
}

class LoadRun {
 public:
  LoadRun(const LoadOptions& options, const RequestForm& form, const env::FineClock& clock,
          const LoadWatch& watch)
      : options_(options), form_(form), clock_(clock), watch_(watch) {
    control_.stop = watch.stop;
    control_.requests_left = static_cast<int64_t>(options.requests);
    if (watch.tick) control_.live = &live_;
  }

  Result<LoadFigures> run() {
    for (uint32_t i = 0; i < options_.threads; ++i) loop_options_.push_back(options_of(i));
    for (const LoadLoopOptions& each : loop_options_) {
      loops_.push_back(std::make_unique<LoadLoop>(each, form_, clock_, control_));
      TRY(loops_.back()->connect());
    }
    figures_.resize(loops_.size());
    const int64_t begin_us = clock_.monotonic_us();
    std::vector<std::thread> threads;
    for (size_t i = 0; i < loops_.size(); ++i) {
      threads.emplace_back([this, i, begin_us] {
        figures_[i] = loops_[i]->run(begin_us);
        note_finished();
      });
    }
    look_on(begin_us);
    for (std::thread& thread : threads) thread.join();
    for (size_t i = 1; i < figures_.size(); ++i) figures_[0].add(figures_[i]);
    return std::move(figures_[0]);
  }

 private:
  LoadLoopOptions options_of(uint32_t index) const {
    return {.address = options_.address,
            .workload = {.mix = options_.mix,
                         .lanes = share(options_.connections, options_.threads, index),
                         .batch = options_.batch,
                         .first_message = uint64_t{index} << kThreadNumberBits,
                         .any_200_is_success = options_.any_200_is_success},
            .warm_up_us = options_.warm_up_ms * 1000,
            .duration_us = options_.duration_ms * 1000,
            .rate = options_.rate / options_.threads,
            .rate_offset = static_cast<double>(index) / options_.threads,
            .wait_s = options_.wait_s};
  }

  void note_finished() {
    const std::lock_guard lock(mu_);
    ++finished_;
    all_finished_.notify_one();
  }

  /// Returns when all threads have finished.
  void look_on(int64_t begin_us) {
    std::unique_lock lock(mu_);
    const auto done = [this] { return finished_ == loops_.size(); };
    while (!all_finished_.wait_for(lock, kTick, done)) {
      if (!watch_.tick) continue;
      lock.unlock();
      watch_.tick(live_.take(), (clock_.monotonic_us() - begin_us) / 1000);
      lock.lock();
    }
  }

  const LoadOptions& options_;
  const RequestForm& form_;
  const env::FineClock& clock_;
  const LoadWatch& watch_;
  LoadControl control_;
  LiveFigures live_;
  std::vector<LoadLoopOptions> loop_options_;
  std::vector<std::unique_ptr<LoadLoop>> loops_;
  std::vector<LoadFigures> figures_;  // of each thread, its own; after it has finished, of all

  std::mutex mu_;  // guards what follows
  size_t finished_ = 0;
  std::condition_variable all_finished_;
};

}  // namespace

Result<LoadFigures> run_load(const LoadOptions& options, const RequestForm& form,
                             const env::FineClock& clock, const LoadWatch& watch) {
  CHECK(options.threads > 0 && options.connections >= options.threads);
  CHECK((options.duration_ms > 0) != (options.requests > 0));
  LoadRun run(options, form, clock, watch);
  return run.run();
}

}  // namespace forebay::load
