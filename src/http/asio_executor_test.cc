// SPDX-License-Identifier: Apache-2.0
#include "http/asio_executor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
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

/// Takes its time with each event.
struct SlowEvents final : SocketEvents {
  SlowEvents(std::string& o, std::function<void()> f) : order(o), first(std::move(f)) {}
  void on_readable() override {
    order += 'r';
    if (order == "r") first();
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
  void on_writable() override {}
  std::string& order;
  std::function<void()> first;
};

TEST(AsioExecutor, WhatIsPostedFirstDoesNotWaitForAllReadySockets) {
  AsioExecutor executor;
  std::string order;
  SlowEvents events(order, [&] { executor.post_first([&] { order += 't'; }); });
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
  EXPECT_EQ(order.size(), 9u);
  EXPECT_LT(order.find('t'), 4u) << order;
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

}  // namespace
}  // namespace forebay::http
