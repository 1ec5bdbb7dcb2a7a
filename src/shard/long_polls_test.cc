// SPDX-License-Identifier: Apache-2.0
#include "shard/long_polls.h"

#include <gtest/gtest.h>

namespace forebay::shard {
namespace {

class TestClient final : public engine::Client {
 public:
  bool connected() const override { return true; }
};

constexpr QueueId kQueue{1};
constexpr QueueId kOther{2};

LongPoll poll(QueueId queue, int64_t deadline_ms,
              std::shared_ptr<const engine::Client> client = nullptr) {
  engine::ReceiveMessages request;
  request.client = std::move(client);
  request.max_number_of_messages = static_cast<int32_t>(deadline_ms);  // to tell polls apart
  return {queue, std::move(request), nullptr, MonotonicMs(deadline_ms)};
}

int32_t tag(const std::optional<LongPoll>& taken) {
  return taken ? taken->request.max_number_of_messages : 0;
}

TEST(LongPolls, AreTakenPerQueueInOrderOfArrival) {
  LongPolls polls;
  polls.park(poll(kQueue, 9));
  polls.park(poll(kOther, 1));
  polls.park(poll(kQueue, 5));
  EXPECT_EQ(tag(polls.take_first(kQueue)), 9);
  EXPECT_EQ(tag(polls.take_first(kQueue)), 5);
  EXPECT_EQ(polls.take_first(kQueue), std::nullopt);
  EXPECT_TRUE(polls.waiting(kOther));
  EXPECT_FALSE(polls.waiting(kQueue));
}

TEST(LongPolls, ExpireInOrderOfTheirDeadlines) {
  LongPolls polls;
  polls.park(poll(kQueue, 9));
  polls.park(poll(kOther, 5));
  EXPECT_EQ(polls.next_deadline(), MonotonicMs(5));
  EXPECT_EQ(polls.take_expired(MonotonicMs(4)), std::nullopt);
  EXPECT_EQ(tag(polls.take_expired(MonotonicMs(5))), 5);
  EXPECT_EQ(tag(polls.take_any()), 9);
  EXPECT_TRUE(polls.empty());
  EXPECT_EQ(polls.next_deadline(), std::nullopt);
}

TEST(LongPolls, WithTheSameDeadlineAreNotMixedUp) {
  LongPolls polls;
  const auto client = std::make_shared<TestClient>();
  polls.park(poll(kOther, 7));
  polls.park(poll(kQueue, 7, client));
  polls.park(poll(kOther, 7));
  EXPECT_EQ(polls.take_first(kQueue)->request.client, client);
  EXPECT_EQ(polls.size(), 2u);
}

TEST(LongPolls, OfOneClientCanBeTaken) {
  LongPolls polls;
  const auto client = std::make_shared<TestClient>();
  polls.park(poll(kQueue, 3));
  polls.park(poll(kQueue, 4, client));
  EXPECT_EQ(tag(polls.take(client.get())), 4);
  EXPECT_EQ(polls.take(client.get()), std::nullopt);
  EXPECT_EQ(polls.take(nullptr), std::nullopt);
  EXPECT_EQ(polls.size(), 1u);
}

TEST(LongPolls, DueMomentCountsOnlyWhileSomebodyWaits) {
  LongPolls polls;
  polls.set_due(kQueue, WallMs(10));
  EXPECT_EQ(polls.next_due(), std::nullopt);
  polls.park(poll(kQueue, 3));
  polls.set_due(kQueue, WallMs(10));
  EXPECT_EQ(polls.next_due(), WallMs(10));
  polls.take_first(kQueue);
  EXPECT_EQ(polls.next_due(), std::nullopt);
}

TEST(LongPolls, DueMomentIsReplacedAndTakenOnce) {
  LongPolls polls;
  polls.park(poll(kQueue, 3));
  polls.park(poll(kOther, 3));
  polls.set_due(kQueue, WallMs(10));
  polls.set_due(kOther, WallMs(20));
  polls.set_due(kQueue, WallMs(30));
  EXPECT_EQ(polls.take_due(WallMs(19)), std::nullopt);
  EXPECT_EQ(polls.take_due(WallMs(30)), kOther);
  EXPECT_EQ(polls.take_due(WallMs(30)), kQueue);
  EXPECT_EQ(polls.take_due(WallMs(30)), std::nullopt);
}

}  // namespace
}  // namespace forebay::shard
