// SPDX-License-Identifier: Apache-2.0
#include "http/asio_executor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::http {
namespace {

TEST(AsioExecutor, RunsPostedTasksInOrderAndNeverInsideThePost) {
  AsioExecutor executor;
  std::vector<int> order;
  executor.post([&] {
    executor.post([&] { order.push_back(3); });
    order.push_back(1);
  });
  executor.post([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  executor.post([&] { executor.post([&] { executor.stop(); }); });
  executor.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(AsioExecutor, RunsTimersByTheirDelay) {
  AsioExecutor executor;
  std::vector<int> order;
  executor.after(20, [&] {
    order.push_back(2);
    executor.stop();
  });
  executor.after(0, [&] { order.push_back(1); });
  executor.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(AsioExecutor, ACancelledTimerDoesNotRunEvenWhenItWasDueAlready) {
  AsioExecutor executor;
  bool ran = false;
  env::Executor::TimerId second = 0;
  // Both are due in the same turn; the first one cancels the second.
  executor.after(0, [&] { executor.cancel(second); });
  second = executor.after(0, [&] { ran = true; });
  executor.after(5, [&] { executor.stop(); });
  executor.run();
  EXPECT_FALSE(ran);
}

TEST(AsioExecutor, CancellingNothingOrAFiredTimerIsHarmless) {
  AsioExecutor executor;
  executor.cancel(0);
  env::Executor::TimerId fired = executor.after(0, [] {});
  executor.after(5, [&] {
    executor.cancel(fired);
    executor.stop();
  });
  executor.run();
}

TEST(AsioExecutor, RunsWhatAnotherThreadPosts) {
  AsioExecutor executor;
  std::thread::id ran_on;
  std::thread other([&] {
    executor.post([&] {
      ran_on = std::this_thread::get_id();
      executor.stop();
    });
  });
  executor.run();
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(AsioExecutor, RunsWhatAnotherThreadPostsFirst) {
  AsioExecutor executor;
  std::vector<int> order;
  std::thread other([&] {
    executor.post_first([&] { order.push_back(1); });
    executor.post_first([&] {
      order.push_back(2);
      executor.stop();
    });
  });
  executor.run();
  other.join();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

struct HandClock final : env::FineClock {
  int64_t monotonic_us() const override { return now_us; }
  int64_t now_us = 0;
};

/// Takes 150 us for each event.
struct SlowEvents final : SocketEvents {
  SlowEvents(HandClock& c, std::string& o, std::function<void()> f)
      : clock(c), order(o), first(std::move(f)) {}
  void on_readable() override {
    order += 'r';
    if (order == "r") first();
    clock.now_us += 150;
  }
  void on_writable() override {}
  HandClock& clock;
  std::string& order;
  std::function<void()> first;
};

TEST(AsioExecutor, WhatIsPostedFirstDoesNotWaitForAllReadySockets) {
  HandClock clock;
  AsioExecutor executor(clock);
  std::string order;
  SlowEvents events(clock, order, [&] { executor.post_first([&] { order += 't'; }); });
  std::vector<std::unique_ptr<SocketWatch>> watches;
  std::vector<int> peers;
  for (int i = 0; i < 8; ++i) {
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
    ASSERT_EQ(::send(pair[1], "x", 1, 0), 1);
    watches.push_back(executor.watch(pair[0], events));
    watches.back()->want_readable();
    peers.push_back(pair[1]);
  }
  executor.after(50, [&] { executor.stop(); });
  executor.run();
  EXPECT_EQ(order, "rrrtrrrrr");  // 300 us after it was seen, and that was after the first event
  watches.clear();
  for (const int peer : peers) ::close(peer);
}

struct Recorder final : SocketEvents {
  std::string events;
  void on_readable() override { events += 'r'; }
  void on_writable() override { events += 'w'; }
};

class AsioWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair_.data()), 0);
    watch_ = executor_.watch(pair_[0], recorder_);
    ASSERT_NE(watch_, nullptr);
  }
  void TearDown() override {
    watch_.reset();
    ::close(pair_[1]);
  }

  /// Everything that is due within a few milliseconds.
  void run() {
    executor_.after(5, [this] { executor_.stop(); });
    executor_.run();
  }

  AsioExecutor executor_;
  Recorder recorder_;
  std::array<int, 2> pair_{};
  std::unique_ptr<SocketWatch> watch_;
};

TEST_F(AsioWatchTest, TellsOnceForEachTimeItIsAsked) {
  ASSERT_EQ(::send(pair_[1], "x", 1, 0), 1);
  watch_->want_readable();
  run();
  EXPECT_EQ(recorder_.events, "r");
}

TEST_F(AsioWatchTest, BytesThatWaitAlreadyAreTold) {
  ASSERT_EQ(::send(pair_[1], "x", 1, 0), 1);
  executor_.after(1, [&] { watch_->want_readable(); });
  run();
  EXPECT_EQ(recorder_.events, "r");
}

TEST_F(AsioWatchTest, NothingIsToldUnasked) {
  ASSERT_EQ(::send(pair_[1], "x", 1, 0), 1);
  run();
  EXPECT_EQ(recorder_.events, "");
}

TEST_F(AsioWatchTest, TellsWritable) {
  watch_->want_writable();
  run();
  EXPECT_EQ(recorder_.events, "w");
}

TEST_F(AsioWatchTest, NothingIsToldAfterTheWatchIsGone) {
  ASSERT_EQ(::send(pair_[1], "x", 1, 0), 1);
  watch_->want_readable();
  watch_.reset();
  run();
  EXPECT_EQ(recorder_.events, "");
}

TEST(AsioExecutor, AnUnwatchableDescriptorIsRefused) {
  AsioExecutor executor;
  Recorder recorder;
  EXPECT_EQ(executor.watch(-1, recorder), nullptr);
}

TEST_F(AsioWatchTest, WhatNobodyWantedIsToldWhenItIsWantedAgain) {
  ASSERT_EQ(::send(pair_[1], "xx", 2, 0), 2);
  std::vector<std::string> seen;
  const std::vector<std::function<void()>> steps{
      [&] { watch_->want_readable(); },
      [&] { ::shutdown(pair_[1], SHUT_RDWR); },
      [&] {
        watch_->want_readable();
        watch_->want_writable();
      },
      [&] { executor_.stop(); },
  };
  // What is ready comes before a timer that was set before it.
  std::function<void()> next = [&] {
    const size_t number = seen.size();
    seen.push_back(recorder_.events);
    steps[number]();
    if (seen.size() < steps.size()) executor_.after(2, next);
  };
  executor_.after(2, next);
  executor_.run();
  EXPECT_EQ(seen, (std::vector<std::string>{"", "r", "r", "rrw"}));
}

}  // namespace
}  // namespace forebay::http
