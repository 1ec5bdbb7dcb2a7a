// SPDX-License-Identifier: Apache-2.0
// Fair queues: contract section 5.12.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace forebay::engine {
namespace {

using Contents = std::vector<std::string>;

class FairQueue : public ::testing::Test {
 protected:
  // Well after a minute began, so that no window ends unnoticed.
  FairQueue() { driver_.pass_ms(61'000 - driver_.now().value % 60'000); }

  /// `tenant`: empty for a message without a group. Its content is "tenant" and a serial number.
  std::string send(const std::string& tenant, std::optional<QueueId> to = {}) {
    SendEntry entry = driver_.entry(tenant + std::to_string(++serials_[tenant]));
    if (!tenant.empty()) entry.message_group_id = tenant;
    CHECK(driver_.send(to.value_or(queue_), entry).ok());
    return entry.content;
  }
  void send_many(const std::string& tenant, int count) {
    for (int i = 0; i < count; ++i) send(tenant);
  }
  /// Takes `count` messages, which become visible again after `visibility_s`.
  std::vector<ReceivedMessage> take(int count, int32_t visibility_s = 1000) {
    std::vector<ReceivedMessage> taken;
    while (count > 0) {
      for (ReceivedMessage& message : driver_.receive(queue_, std::min(count, 10), visibility_s)) {
        taken.push_back(std::move(message));
        --count;
      }
    }
    return taken;
  }
  void remove(const std::vector<ReceivedMessage>& messages) {
    for (const ReceivedMessage& message : messages)
      ASSERT_TRUE(driver_.remove(queue_, message.handle()).ok());
  }
  /// What the next receive would bring, now or later. Asks an engine rebuilt from the journal,
  /// which nobody looked at in between.
  Contents look(int max = 10) { return look_at(*driver_.rebuild(), max, driver_.now()); }
  Contents look_at(Engine& engine, int max, WallMs now) const {
    ReceiveMessages request;
    request.max_number_of_messages = max;
    Facts facts;
    const auto decision = engine.decide_receive(queue_, request, false, now, facts);
    CHECK(decision.ok());
    return driver_.contents_of(*decision);
  }

  EngineDriver driver_;
  QueueId queue_ = driver_.create("q");
  std::map<std::string, int> serials_;
};

TEST_F(FairQueue, WithoutNoiseTheOldestGoesFirstWhateverItsGroup) {
  Contents sent;
  for (const char* tenant : {"a", "b", "", "a", "c", "", "b", "a"}) sent.push_back(send(tenant));
  EXPECT_EQ(look(3), Contents(sent.begin(), sent.begin() + 3));
  EXPECT_EQ(driver_.contents(queue_), sent);
}

TEST_F(FairQueue, OneTenantAloneKeepsItsOrderHoweverNoisy) {
  send_many("a", 100);
  const auto taken = take(50);
  driver_.pass_s(10);
  ASSERT_TRUE(driver_.change(queue_, taken[7].handle(), 0).ok());
  EXPECT_EQ(driver_.contents(queue_, 3), (Contents{"a8", "a51", "a52"}));
}

// ---- Noisy by messages in flight: at least 30, and more than 10 % ----

TEST_F(FairQueue, ThirtyInFlightAreNoisyAndTwentyNineAreNot) {
  send_many("a", 40);
  send("b");
  take(29);
  EXPECT_EQ(look(1), Contents{"a30"});
  take(1);
  EXPECT_EQ(look(2), (Contents{"b1", "a31"}));
}

TEST_F(FairQueue, TenPercentInFlightAreNotNoisyAndALittleMoreIs) {
  send_many("a", 30);
  send_many("", 270);
  take(300);
  send_many("a", 2);
  send("b");
  EXPECT_EQ(look(2), (Contents{"a31", "a32"})) << "30 of 300";
  take(1);
  EXPECT_EQ(look(2), (Contents{"b1", "a32"})) << "31 of 301";
}

TEST_F(FairQueue, NoLongerNoisyWhenItsMessagesAreDeleted) {
  send_many("a", 40);
  send("b");
  auto taken = take(30);
  ASSERT_EQ(look(1), Contents{"b1"});
  remove({taken.begin(), taken.begin() + 1});
  EXPECT_EQ(look(1), Contents{"a31"});
}

TEST_F(FairQueue, NoLongerNoisyWhenItsMessagesAreThrownBack) {
  send_many("a", 40);
  send("b");
  const auto taken = take(30);
  ASSERT_EQ(look(1), Contents{"b1"});
  ASSERT_TRUE(driver_.change(queue_, taken[4].handle(), 0).ok());
  EXPECT_EQ(look(2), (Contents{"a5", "a31"}));
}

// ---- Noisy by processing time: more than 10 % ----

TEST_F(FairQueue, TenPercentOfTheProcessingTimeAreNotNoisyAndALittleMoreIs) {
  send("a");
  send_many("", 9);
  send_many("a", 2);
  const auto taken = take(10);
  driver_.pass_s(5);
  remove(taken);
  send("b");
  EXPECT_EQ(look(1), Contents{"a2"}) << "5 s of 50 s";
  take(1);
  driver_.pass_ms(1);
  EXPECT_EQ(look(2), (Contents{"b1", "a3"})) << "5.001 s of 50.001 s";
}

TEST_F(FairQueue, ProcessingTimeIsForgottenWithinTwoMinutes) {
  send_many("a", 2);
  const auto first = take(1);
  driver_.pass_s(50);  // 51 s into the minute
  remove(first);
  send("b");
  EXPECT_EQ(look(1), Contents{"b1"});
  driver_.pass_ms(9'000 + 60'000 - 1);
  EXPECT_EQ(look(1), Contents{"b1"}) << "the last millisecond of the next minute";
  driver_.pass_ms(1);
  EXPECT_EQ(look(1), Contents{"a2"});
}

TEST_F(FairQueue, ATimeoutEndsTheProcessingTimeAtItsOwnMoment) {
  // a: 5 s in flight, then expired; nobody asks for 20 s. The ungrouped 45 s keep it at 10 %.
  send("a");
  ASSERT_EQ(driver_.receive(queue_, 1, 5).size(), 1u);
  send("");
  ASSERT_EQ(driver_.receive(queue_, 1, 1000).size(), 1u);
  driver_.pass_s(45);
  send("b");
  EXPECT_EQ(look(2), (Contents{"a1", "b1"}));
}

TEST_F(FairQueue, HowOftenSomebodyLooksMakesNoDifference) {
  EngineDriver other;
  const QueueId same = other.create("q");
  other.pass_ms(driver_.now() - other.now());
  std::vector<Contents> orders;
  for (EngineDriver* each : {&driver_, &other}) {
    const QueueId id = each == &driver_ ? queue_ : same;
    Contents order;
    for (int round = 0; round < 40; ++round) {
      for (int i = 0; i < 5; ++i) {
        SendEntry entry = each->entry(std::to_string(round) + "-" + std::to_string(i));
        const int tenant = i < 3 ? 0 : (round * 7 + i) % 13;
        if (i != 4) entry.message_group_id = "t" + std::to_string(tenant);
        CHECK(each->send(id, entry).ok());
      }
      for (const std::string& content : each->contents(id, 4, 1 + round % 17))
        order.push_back(content);
      for (int i = 0; i < 20; ++i) {
        each->pass_ms(333);
        if (each == &driver_) {
          driver_.counts("q");
          (void)driver_.engine().dump(driver_.now());
        }
      }
    }
    orders.push_back(order);
  }
  EXPECT_EQ(orders[0], orders[1]);
}

// ---- The order under noise ----

TEST_F(FairQueue, QuietTenantsAndUngroupedMessagesAreMergedBySendTime) {
  send_many("noisy", 40);
  take(30);
  Contents quiet;
  for (const char* tenant : {"x", "y", "", "x", "z", "y", "", "x"}) {
    driver_.pass_ms(1);
    quiet.push_back(send(tenant));
  }
  const auto fair = driver_.receive(queue_, 10);
  for (size_t i = 0; i < quiet.size(); ++i) EXPECT_EQ(fair[i].content, quiet[i]);
  EXPECT_EQ(fair[8].content, "noisy31");
  EXPECT_EQ(fair[9].content, "noisy32");
}

TEST_F(FairQueue, OfSeveralNoisyTenantsTheOneWithTheFewestInFlightGoesFirst) {
  send_many("a", 33);
  send_many("b", 31);
  send_many("c", 32);
  take(96);
  for (int i = 0; i < 2; ++i) {
    for (const char* tenant : {"a", "c", "b"}) send(tenant);
  }
  send("quiet");
  EXPECT_EQ(driver_.contents(queue_),
            (Contents{"quiet1", "b32", "b33", "c33", "c34", "a34", "a35"}));
}

TEST_F(FairQueue, EquallyNoisyTenantsGoByTheirFirstMessage) {
  send_many("a", 30);
  send_many("b", 30);
  take(60);
  for (const char* tenant : {"b", "a", "b", "a"}) send(tenant);
  send("quiet");
  EXPECT_EQ(driver_.contents(queue_), (Contents{"quiet1", "b31", "b32", "a31", "a32"}));
}

TEST_F(FairQueue, NineTenantsCanBeNoisyAtOnce) {
  for (int i = 0; i < 9; ++i) send_many("n" + std::to_string(i) + "-", 60 + i % 3);
  take(9 * 61);
  for (int i = 8; i >= 0; --i) send("n" + std::to_string(i) + "-");
  send("quiet");
  EXPECT_EQ(driver_.contents(queue_), (Contents{"quiet1", "n6-61", "n3-61", "n0-61", "n7-62",
                                                "n4-62", "n1-62", "n8-63", "n5-63", "n2-63"}));
}

TEST_F(FairQueue, AQuietTenantIsNotDelayedByALongNoisyBacklog) {
  send_many("noisy", 10'000);
  take(100);
  driver_.pass_s(1);
  for (int round = 0; round < 20; ++round) {
    const std::string quiet = send("quiet" + std::to_string(round) + "-");
    const auto received = driver_.receive(queue_, 2, 1000);
    ASSERT_EQ(received.size(), 2u);
    EXPECT_EQ(received[0].content, quiet);
    EXPECT_EQ(received[1].content.substr(0, 5), "noisy") << "what capacity is left is its";
  }
  EXPECT_EQ(driver_.contents(queue_, 2), (Contents{"noisy121", "noisy122"})) << "no throttling";
}

TEST_F(FairQueue, EndsWhenTheBacklogIsGone) {
  send_many("a", 40);
  const auto taken = take(40);
  driver_.pass_s(1);
  remove(taken);
  send("a");
  send("b");
  EXPECT_EQ(look(), (Contents{"a41", "b1"})) << "a tenant without messages is forgotten";
}

TEST_F(FairQueue, EndsFiveMinutesAfterTheLastGroupedSend) {
  send_many("a", 40);
  send("b");
  take(30);
  driver_.pass_ms(299'999);
  send("");  // not a tenant's
  EXPECT_EQ(look(2), (Contents{"b1", "1"}));
  driver_.pass_ms(1);
  EXPECT_EQ(look(2), (Contents{"a31", "a32"}));
  send("c");  // and begins again
  EXPECT_EQ(look(3), (Contents{"b1", "1", "c1"}));
}

TEST_F(FairQueue, APoisonPillYieldsToOtherTenantsAndToItsOwn) {
  send("a");
  for (int i = 0; i < 2; ++i) ASSERT_EQ(driver_.contents(queue_, 1, 0), Contents{"a1"});
  const auto third = driver_.receive(queue_, 1, 0);
  send("b");
  driver_.pass_ms(1);
  send("a");
  EXPECT_EQ(look(), (Contents{"a1", "b1", "a2"})) << "b1 was sent in the moment it came back";
  ASSERT_TRUE(driver_.change(queue_, third.front().handle(), 0).ok());
  EXPECT_EQ(look(), (Contents{"b1", "a1", "a2"}));
  driver_.pass_ms(1);
  ASSERT_TRUE(driver_.change(queue_, third.front().handle(), 0).ok());
  EXPECT_EQ(look(), (Contents{"b1", "a2", "a1"}));
}

// ---- Tenants are counted exactly ----

TEST_F(FairQueue, ADeadLetterMoveKeepsTheTenant) {
  const QueueId source = driver_.create("source", [] {
    AttributeChanges changes;
    changes.redrive_policy = EngineDriver::redrive_to("q", 1);
    return changes;
  }());
  for (int i = 0; i < 31; ++i) send("a", source);
  while (!driver_.receive(source, 10, 0).empty()) {
  }
  ASSERT_EQ(driver_.counts("source"), (Counts{}));
  ASSERT_EQ(driver_.counts("q"), (Counts{31, 0, 0}));
  const auto moved = take(30);
  EXPECT_EQ(moved[0].group, "a");
  send("b");
  EXPECT_EQ(look(), (Contents{"b1", "a31"}));
  const std::string dump = driver_.engine().dump(driver_.now());
  const size_t tenant = dump.find("tenant a: 31 messages, 30 in flight");
  EXPECT_NE(tenant, std::string::npos);
  EXPECT_EQ(dump.find("tenant a:"), tenant);
  EXPECT_EQ(dump.rfind("tenant a:"), tenant) << "the source knows it no more";
}

TEST_F(FairQueue, AMoveTaskTakesByTurnAndKeepsTheTenant) {
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("q", 5);
  driver_.create("source", changes);
  const QueueId destination = driver_.create("destination");
  send_many("a", 33);
  send("b");
  send("");
  ASSERT_EQ(take(30).size(), 30u);
  driver_.pass_s(1);
  ASSERT_EQ(look(), (Contents{"b1", "1", "a31", "a32", "a33"})) << "a is noisy here";
  StartMessageMoveTask start;
  start.task_id = Bytes16{1};
  start.source = EngineDriver::address("q");
  start.destination = EngineDriver::address("destination");
  ASSERT_TRUE(driver_.ask(start).ok());
  driver_.move(1);  // the oldest, whatever its tenant
  EXPECT_EQ(look(), (Contents{"b1", "1", "a32", "a33"}));
  driver_.move();
  const auto moved = driver_.receive(destination, 10);
  ASSERT_EQ(moved.size(), 5u);
  EXPECT_EQ(moved[0].content, "a31");
  EXPECT_EQ(moved[0].group, "a");
  EXPECT_EQ(moved[3].group, "b");
  EXPECT_NE(driver_.engine().dump(driver_.now()).find("tenant a: 3 messages, 3 in flight"),
            std::string::npos);
}

TEST_F(FairQueue, TenantsExistWhileTheQueueHoldsTheirMessages) {
  const auto tenants = [&] {
    Contents found;
    const std::string dump = driver_.engine().dump(driver_.now());
    for (size_t at = dump.find("  tenant "); at != std::string::npos;
         at = dump.find("  tenant ", at + 1)) {
      found.push_back(dump.substr(at + 9, dump.find(", ready", at) - at - 9));
    }
    return found;
  };
  SendEntry late = driver_.entry("late");
  late.message_group_id = "delayed";
  late.delay_seconds = 10;
  ASSERT_TRUE(driver_.send(queue_, late).ok());
  send_many("b", 2);
  send_many("a", 3);
  send("");
  EXPECT_EQ(tenants(), (Contents{"a: 3 messages, 0 in flight", "b: 2 messages, 0 in flight",
                                 "delayed: 1 messages, 0 in flight"}));
  auto taken = take(4);  // b1 b2 a1 a2
  EXPECT_EQ(tenants(), (Contents{"a: 3 messages, 2 in flight", "b: 2 messages, 2 in flight",
                                 "delayed: 1 messages, 0 in flight"}));
  remove({taken.begin(), taken.begin() + 3});
  EXPECT_EQ(tenants(),
            (Contents{"a: 2 messages, 1 in flight", "delayed: 1 messages, 0 in flight"}));
  driver_.pass_s(345'600);  // their retention, in flight or not
  driver_.counts("q");
  EXPECT_EQ(tenants(), Contents{});
  send("a");
  EXPECT_EQ(tenants(), Contents{"a: 1 messages, 0 in flight"});
  ASSERT_TRUE(driver_.ask(PurgeQueue{EngineDriver::address("q")}).ok());
  EXPECT_EQ(tenants(), Contents{});
}

TEST_F(FairQueue, PurgedAndDeletedTenantsAreGivenBack) {
  send_many("a", 40);
  take(35);
  ASSERT_TRUE(driver_.ask(PurgeQueue{EngineDriver::address("q")}).ok());
  send_many("a", 2);
  send("b");
  EXPECT_EQ(look(1), Contents{"a41"}) << "a purge takes the messages in flight too";
  take(1);
  ASSERT_TRUE(driver_.ask(DeleteQueue{EngineDriver::address("q")}).ok());
  while (!driver_.sweep()) {
  }
  EXPECT_EQ(driver_.released().size(), 43u);
}

// ---- Replay ----

TEST_F(FairQueue, ARestartForgetsNothing) {
  send_many("a", 40);
  send_many("b", 35);
  send_many("", 5);
  take(35, 100);
  driver_.pass_s(3);
  take(20, 200);
  driver_.pass_s(3);
  for (const char* tenant : {"c", "a", "b", ""}) send(tenant);
  Engine& live = driver_.engine();
  const auto once = driver_.rebuild();
  const auto twice = driver_.rebuild(true);
  std::set<Contents> seen;
  for (const int later_s : {0, 5, 60, 95, 110, 120, 200, 300}) {
    const WallMs now = driver_.now() + int64_t{later_s} * 1000;
    const Contents order = look_at(live, 10, now);
    EXPECT_EQ(look_at(*once, 10, now), order) << later_s << " s later";
    EXPECT_EQ(look_at(*twice, 10, now), order) << later_s << " s later, each fact twice";
    EXPECT_EQ(once->dump(now), live.dump(now));
    EXPECT_EQ(twice->dump(now), live.dump(now));
    seen.insert(order);
  }
  EXPECT_GE(seen.size(), 3u) << "or else the test compares too little";
}

}  // namespace
}  // namespace forebay::engine
