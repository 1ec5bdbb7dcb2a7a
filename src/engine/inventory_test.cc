// SPDX-License-Identifier: Apache-2.0
#include "engine/inventory.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace forebay::engine {
namespace {

std::map<std::string, int64_t> counts_by_name(EngineDriver& driver) {
  std::map<std::string, int64_t> counts;
  for (const auto& queue : Inventory(driver.engine()).queues(driver.now())) {
    counts[queue.address.name] = queue.message_count;
  }
  return counts;
}

std::map<uint32_t, int> messages_by_queue(EngineDriver& driver) {
  std::map<uint32_t, int> counts;
  Inventory(driver.engine()).for_each_message([&](const Inventory::HeldMessage& held) {
    ++counts[held.queue.value];
  });
  return counts;
}

TEST(Inventory, CountsTheMessagesOfEachQueueByState) {
  EngineDriver driver;
  AttributeChanges delayed;
  delayed.delay_seconds = 60;
  const QueueId orders = driver.create("orders");
  const QueueId later = driver.create("later", delayed);
  driver.create("empty");
  for (int i = 0; i < 5; ++i) driver.send(orders, std::to_string(i));
  driver.send(later, "x");
  driver.receive(orders, 2, 30);

  const auto queues = Inventory(driver.engine()).queues(driver.now());
  ASSERT_EQ(queues.size(), 3u);
  EXPECT_EQ(queues[0].address.name, "empty");
  EXPECT_EQ(queues[1].id, later);
  EXPECT_EQ(queues[1].delayed_count, 1);
  EXPECT_EQ(queues[2].message_count, 5);
  EXPECT_EQ(queues[2].in_flight_count, 2);

  driver.pass_s(31);
  EXPECT_EQ(Inventory(driver.engine()).queues(driver.now())[2].in_flight_count, 0);
}

TEST(Inventory, NamesWhereTheContentOfEachMessageStands) {
  EngineDriver driver;
  const QueueId orders = driver.create("orders");
  driver.send(orders, "first");
  driver.send(orders, "second");
  std::vector<RecordPlace> places;
  Inventory(driver.engine()).for_each_message([&](const Inventory::HeldMessage& held) {
    EXPECT_EQ(held.queue, orders);
    EXPECT_EQ(held.sent, driver.now());
    places.push_back(held.place);
  });
  const auto& records = driver.records();
  EXPECT_EQ(places, (std::vector{records[records.size() - 2].place, records.back().place}));
}

TEST(Inventory, LeavesOutWhatNobodyCanReceiveAnyMore) {
  EngineDriver driver({.cooldowns = false});
  const QueueId orders = driver.create("orders");
  const QueueId gone = driver.create("gone");
  driver.send(orders, "purged");
  driver.send(gone, "deleted with its queue");
  ASSERT_TRUE(driver.ask(PurgeQueue{EngineDriver::address("orders")}).ok());
  ASSERT_TRUE(driver.ask(DeleteQueue{EngineDriver::address("gone")}).ok());
  EXPECT_TRUE(messages_by_queue(driver).empty());

  driver.send(orders, "kept");
  EXPECT_EQ(messages_by_queue(driver), (std::map<uint32_t, int>{{orders.value, 1}}));
  EXPECT_EQ(counts_by_name(driver), (std::map<std::string, int64_t>{{"orders", 1}}));
}

}  // namespace
}  // namespace forebay::engine
