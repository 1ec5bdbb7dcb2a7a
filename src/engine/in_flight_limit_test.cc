// SPDX-License-Identifier: Apache-2.0
// The limit of messages in flight: contract section 5.7.
#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

ReceiveMessages ten() {
  ReceiveMessages request;
  request.max_number_of_messages = 10;
  request.visibility_timeout = 1000;
  return request;
}

/// Receives until `count` messages are in flight; returns the last handle.
std::string fly(EngineDriver& driver, QueueId queue, int count) {
  std::string handle;
  for (int left = count; left > 0;) {
    ReceiveMessages request = ten();
    request.max_number_of_messages = std::min(left, 10);
    const auto decision = driver.try_receive(queue, request);
    CHECK(decision.ok() && !decision->deliveries.empty());
    left -= static_cast<int>(decision->deliveries.size());
    handle = decision->deliveries.back().receipt_handle;
  }
  return handle;
}

TEST(InFlightLimit, OnAStandardQueueAShortPollIsRefusedAndALongPollWaits) {
  EngineDriver driver;
  const QueueId queue = driver.create("q");
  for (int i = 0; i < kInFlightMax + 5; ++i) driver.send(queue, "m");
  fly(driver, queue, kInFlightMax - 3);
  EXPECT_EQ(driver.try_receive(queue, ten())->deliveries.size(), 3u)
      << "no more than the limit leaves room for";
  EXPECT_EQ(driver.counts("q"), (Counts{5, kInFlightMax, 0}));

  const auto refused = driver.try_receive(queue, ten(), false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kOverLimit);
  const auto waiting = driver.try_receive(queue, ten(), true);
  ASSERT_TRUE(waiting.ok());
  EXPECT_TRUE(waiting->deliveries.empty());

  driver.pass_s(1000);
  EXPECT_EQ(driver.try_receive(queue, ten())->deliveries.size(), 10u);
}

TEST(InFlightLimit, ADeleteMakesRoomForOne) {
  EngineDriver driver;
  const QueueId queue = driver.create("q");
  for (int i = 0; i < kInFlightMax + 5; ++i) driver.send(queue, "m");
  const std::string handle = fly(driver, queue, kInFlightMax);
  EXPECT_FALSE(driver.try_receive(queue, ten()).ok());
  ASSERT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_EQ(driver.try_receive(queue, ten())->deliveries.size(), 1u);
}

TEST(InFlightLimit, OnAFifoQueueNothingMoreIsDelivered) {
  EngineDriver driver;
  const QueueId queue = driver.create_fifo("q.fifo");
  for (int i = 0; i < kInFlightMax + 5; ++i)
    driver.send(queue, std::to_string(i), std::to_string(i));
  const std::string handle = fly(driver, queue, kInFlightMax);
  for (const bool long_poll : {false, true}) {
    const auto decision = driver.try_receive(queue, ten(), long_poll);
    ASSERT_TRUE(decision.ok());
    EXPECT_TRUE(decision->deliveries.empty());
  }
  ASSERT_TRUE(driver.change(queue, handle, 0).ok());
  EXPECT_EQ(driver.try_receive(queue, ten())->deliveries.size(), 1u);
}

TEST(InFlightLimit, AnAttemptIsRepeatedEvenAtTheLimit) {
  EngineDriver driver;
  const QueueId queue = driver.create_fifo("q.fifo");
  for (int i = 0; i < kInFlightMax; ++i) driver.send(queue, std::to_string(i), std::to_string(i));
  fly(driver, queue, kInFlightMax - 1);
  const auto first = driver.receive(queue, 10, 1000, "attempt");
  ASSERT_EQ(first.size(), 1u);
  const auto again = driver.receive(queue, 10, 1000, "attempt");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again.front().handle(), first.front().handle());
}

}  // namespace
}  // namespace forebay::engine
