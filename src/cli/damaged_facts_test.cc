// SPDX-License-Identifier: Apache-2.0
#include "cli/damaged_facts.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/facts.h"
#include "journal/batch.h"

namespace forebay::cli {
namespace {

constexpr QueueId kOrders{1};
constexpr QueueId kDead{2};

QueueNames names() {
  QueueNames known;
  known.learn(kOrders, {"us-east-1", "000000000000", "orders"});
  known.learn(kDead, {"us-east-1", "000000000000", "dead"});
  return known;
}

engine::MessageSent sent(QueueId queue) {
  engine::MessageSent fact;
  fact.queue = queue;
  fact.message.number = MessageNumber(7);
  fact.content = "a body of some length";
  return fact;
}

std::string batch(const std::vector<engine::Fact>& facts) {
  journal::BatchWriter writer(LogPosition(0));
  for (const engine::Fact& fact : facts) {
    writer.add([&](std::string& out) { engine::encode_fact(fact, WallMs(1), out); });
  }
  return writer.seal(Epoch(1));
}

const std::string kTwoBatches =
    batch({sent(kOrders), sent(kOrders), engine::MessageDeleted{kDead, {}}}) + batch({}) +
    batch({sent(kDead)});

TEST(DamagedFacts, TellSendsAndDeletionsByQueue) {
  const DamagedFacts found = read_damaged_facts(kTwoBatches, names());
  EXPECT_EQ(found.sent, (std::map<QueueId, uint64_t>{{kOrders, 2}, {kDead, 1}}));
  EXPECT_EQ(found.deleted, (std::map<QueueId, uint64_t>{{kDead, 1}}));
}

TEST(DamagedFacts, AHarmedBodyStillTellsItsQueue) {
  std::string harmed = kTwoBatches;
  harmed[harmed.find("a body")] ^= 1;
  EXPECT_EQ(read_damaged_facts(harmed, names()).sent.at(kOrders), 2u);
}

TEST(DamagedFacts, EndWhereALengthIsHarmed) {
  std::string harmed = kTwoBatches;
  harmed[journal::kBatchHeaderBytes + 3] = '\x7F';
  EXPECT_TRUE(read_damaged_facts(harmed, names()).sent.empty());
}

TEST(DamagedFacts, NeverReadBehindTheStretch) {
  for (size_t bytes = 0; bytes <= kTwoBatches.size(); ++bytes) {
    const std::string cut = kTwoBatches.substr(0, bytes);  // a buffer of its own
    EXPECT_LE(read_damaged_facts(cut, names()).sent[kOrders], 2u);
  }
}

TEST(DamagedFacts, QueuesThatDoNotExistAreNotNamed) {
  const DamagedFacts found = read_damaged_facts(batch({sent(QueueId(99))}), names());
  EXPECT_TRUE(found.sent.empty());
}

}  // namespace
}  // namespace forebay::cli
