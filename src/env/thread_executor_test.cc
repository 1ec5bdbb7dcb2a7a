// SPDX-License-Identifier: Apache-2.0
#include "env/thread_executor.h"

#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::env {
namespace {

TEST(ThreadExecutor, RunsPostedTasksInOrderOnItsThread) {
  const auto executor = make_thread_executor("test");
  std::vector<int> order;
  std::promise<std::thread::id> ran;
  for (int i = 0; i < 100; ++i) executor->post([&, i] { order.push_back(i); });
  executor->post([&] { ran.set_value(std::this_thread::get_id()); });
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(ThreadExecutor, TimersFireByTheirTimeUnlessCancelled) {
  const auto executor = make_thread_executor();
  std::string fired;
  std::promise<void> done;
  executor->post([&] {
    executor->after(20, [&] {
      fired += "c";
      done.set_value();
    });
    executor->after(0, [&] {
      fired += "a";
      executor->after(0, [&] { fired += "b"; });
    });
    const Executor::TimerId never = executor->after(1, [&] { fired += "x"; });
    executor->cancel(never);
    executor->cancel(0);
  });
  done.get_future().get();
  EXPECT_EQ(fired, "abc");
}

TEST(ThreadExecutor, EndsWithTimersLeft) {
  auto executor = make_thread_executor();
  std::promise<void> set;
  executor->post([&] {
    executor->after(3'600'000, [] {});
    set.set_value();
  });
  set.get_future().get();
  executor.reset();
}

}  // namespace
}  // namespace forebay::env
