// SPDX-License-Identifier: Apache-2.0
// Named scenarios: the special cases by name, and what the simulator once found.
#include <fmt/format.h>

#include "sim/theatre.h"

namespace forebay::sim {
namespace {

const std::string kFirstSegment = SimServer::directory() + "/00000000000000000001.segment";
constexpr uint64_t kHeaderBytes = 4096;

TEST(Scenario, DyingInAnyCallOfAStartLosesNothing) {
  for (const auto power : {Theatre::Power::kStays, Theatre::Power::kFails}) {
    for (uint64_t call = 1; call <= 12; ++call) {
      Theatre theatre(call);
      theatre.start();
      theatre.create("q");
      theatre.send("q", "one");
      theatre.send("q", "two");
      theatre.die(power);
      theatre.server.disk().die_at(call);
      if (theatre.server.start() == SimServer::Started::kRunning) theatre.pass(3'000);
      theatre.die(power);
      theatre.start();
      EXPECT_EQ(theatre.receive("q").size(), 2u) << "call " << call;
      EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
    }
  }
}

TEST(Scenario, DyingInAnyCallOfTheVeryFirstStartLeavesADirectoryThatStarts) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    for (uint64_t call = 1; call <= 12; ++call) {
      Theatre theatre(seed);
      theatre.server.disk().die_at(call);
      if (theatre.server.start() == SimServer::Started::kRunning) theatre.pass(100);
      theatre.die(Theatre::Power::kFails);
      theatre.start();
      theatre.create("q");
      EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
    }
  }
}

TEST(Scenario, FlippedBitInTheMiddleIsRefusedWithFileAndOffset) {
  Theatre theatre(1);
  theatre.start();
  theatre.create("q");
  for (int i = 0; i < 5; ++i) theatre.send("q", "hello");
  theatre.die(Theatre::Power::kFails);
  const std::string whole = theatre.server.disk().contents(kFirstSegment);
  const uint64_t content_at = whole.find("hello");
  ASSERT_NE(content_at, std::string::npos);
  const uint64_t batch_at = whole.rfind("FeBb", content_at);
  theatre.server.disk().flip_bit(kFirstSegment, content_at, 3);
  ASSERT_EQ(theatre.server.start(), SimServer::Started::kRefused);
  EXPECT_NE(theatre.server.refusal().find(kFirstSegment), std::string::npos)
      << theatre.server.refusal();
  EXPECT_NE(theatre.server.refusal().find(fmt::format("byte {}", batch_at)), std::string::npos)
      << theatre.server.refusal();
  // Nothing was changed: with the bit put right everything is there.
  theatre.server.disk().flip_bit(kFirstSegment, content_at, 3);
  theatre.start();
  EXPECT_EQ(theatre.receive("q").size(), 5u);
}

TEST(Scenario, FlippedBitInTheSegmentHeaderIsRefused) {
  Theatre theatre(1);
  theatre.start();
  theatre.create("q");
  theatre.die(Theatre::Power::kFails);
  theatre.server.disk().flip_bit(kFirstSegment, kHeaderBytes / 2, 0);
  ASSERT_EQ(theatre.server.start(), SimServer::Started::kRefused);
  EXPECT_NE(theatre.server.refusal().find(kFirstSegment), std::string::npos);
}

TEST(Scenario, TornLastBatchIsCut) {
  int torn = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Theatre theatre(seed);
    theatre.start();
    theatre.create("q");
    theatre.send("q", "acknowledged");
    theatre.server.disk().die_at(2);  // the sync of the next batch
    EXPECT_EQ(theatre.send("q", std::string(5'000, 'x')), std::nullopt);
    theatre.die(Theatre::Power::kFails);
    theatre.start();
    const auto received = theatre.receive("q");
    torn += received.size() == 1 ? 1 : 0;
    ASSERT_GE(received.size(), 1u);
    EXPECT_NE(received[0].record.find("acknowledged"), std::string::npos);
    EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
  }
  EXPECT_GT(torn, 5);
  EXPECT_LT(torn, 40);
}

TEST(Scenario, RestOfATornBatchNeverComesBack) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Theatre theatre(seed);
    theatre.start();
    theatre.create("q");
    theatre.server.disk().die_at(2);
    EXPECT_EQ(theatre.send("q", std::string(20'000, 'x')), std::nullopt);
    theatre.die(Theatre::Power::kFails);
    theatre.start();
    const int64_t count = theatre.message_count("q");
    theatre.pass(3'000);
    theatre.die(Theatre::Power::kFails);
    // Behind the tail there are zeros only, whatever the disk had kept of the torn batch.
    const std::string segment = theatre.server.disk().contents(kFirstSegment);
    EXPECT_EQ(segment.find("xxxxxxxx") != std::string::npos, count == 1) << "seed " << seed;
    theatre.start();
    EXPECT_EQ(theatre.message_count("q"), count);
    EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
  }
}

TEST(Scenario, WallClockSetBackAnHourUnexpiresNothing) {
  Theatre theatre(3);
  theatre.start();
  engine::AttributeChanges brief;
  brief.message_retention_period = 60;
  theatre.create("brief", brief);
  theatre.create("q");
  theatre.send("brief", "expires");
  theatre.send("q", "hidden for 30 s");
  theatre.pass(50'000);
  EXPECT_EQ(theatre.receive("q").size(), 1u);
  theatre.pass(15'000);
  EXPECT_EQ(theatre.message_count("brief"), 0);

  theatre.world.step_wall(-3'600'000);
  EXPECT_EQ(theatre.receive("brief").size(), 0u);
  EXPECT_EQ(theatre.receive("q").size(), 0u);
  theatre.die(Theatre::Power::kFails);
  theatre.start();
  EXPECT_EQ(theatre.message_count("brief"), 0);
  EXPECT_EQ(theatre.receive("q").size(), 0u);
  theatre.pass(31'000);  // time runs on, although the wall clock is an hour behind
  EXPECT_EQ(theatre.receive("q").size(), 1u);
  EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
}

TEST(Scenario, FailingSyncEndsTheProcessAndARestartHasWhatWasAcknowledged) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Theatre theatre(seed);
    theatre.start();
    theatre.create("q");
    theatre.send("q", "acknowledged");
    theatre.server.disk().fail(SimDisk::Call::kSync, 1, ErrorCode::kStorageFailure);
    EXPECT_EQ(theatre.send("q", "unknown"), std::nullopt);
    EXPECT_TRUE(theatre.server.doomed());
    theatre.die(Theatre::Power::kStays);
    theatre.start();
    const size_t seen = theatre.receive("q").size();
    ASSERT_GE(seen, 1u);
    // What a client was told after the failed sync survives a power failure that follows.
    theatre.die(Theatre::Power::kFails);
    theatre.start();
    EXPECT_EQ(theatre.message_count("q"), static_cast<int64_t>(seen));
    EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
  }
}

TEST(Scenario, FullDiskRefusesSendsUntilTheQueueWasEmptied) {
  const std::string content(500'000, 'x');
  Theatre theatre(5);
  theatre.start();
  theatre.create("q");
  theatre.server.disk().leave(60u << 20);
  int64_t accepted = 0;
  while (accepted < 1000 && theatre.send("q", content)) ++accepted;
  EXPECT_GT(accepted, 10);
  EXPECT_LT(accepted, 120) << "sixty megabytes";
  EXPECT_FALSE(theatre.server.doomed());

  // A restart on the full disk changes nothing.
  theatre.die(Theatre::Power::kFails);
  theatre.start();
  theatre.pass(2'000);
  EXPECT_EQ(theatre.message_count("q"), accepted);
  EXPECT_FALSE(theatre.send("q", content).has_value());

  for (auto messages = theatre.receive("q"); !messages.empty(); messages = theatre.receive("q")) {
    for (const auto& message : messages) EXPECT_TRUE(theatre.remove("q", message.receipt_handle));
  }
  EXPECT_EQ(theatre.message_count("q"), 0);
  theatre.pass(30'000);
  EXPECT_TRUE(theatre.send("q", content).has_value());
  EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
}

TEST(Scenario, DuplicateIsKnownAfterAPowerFailure) {
  Theatre theatre(9);
  theatre.start();
  theatre.create("f.fifo");
  const auto first = theatre.send("f.fifo", "hello", "once");
  theatre.die(Theatre::Power::kFails);
  theatre.start();
  EXPECT_EQ(theatre.send("f.fifo", "hello", "once"), first);
  EXPECT_EQ(theatre.message_count("f.fifo"), 1);
  theatre.pass(300'000);
  EXPECT_NE(theatre.send("f.fifo", "hello", "once"), first);
}

TEST(Scenario, ReceiptHandleOfBeforeAPowerFailureDeletes) {
  Theatre theatre(11);
  theatre.start();
  theatre.create("q");
  theatre.create("f.fifo");
  theatre.send("q", "hello");
  theatre.send("f.fifo", "hello", "once");
  const std::string standard = theatre.receive("q").at(0).receipt_handle;
  const std::string fifo = theatre.receive("f.fifo").at(0).receipt_handle;
  theatre.die(Theatre::Power::kFails);
  theatre.start();
  EXPECT_TRUE(theatre.remove("q", standard));
  EXPECT_TRUE(theatre.remove("f.fifo", fifo));
  EXPECT_EQ(theatre.message_count("q"), 0);
  EXPECT_EQ(theatre.message_count("f.fifo"), 0);
}

/// "q" with `count` messages that were received once and then moved to "dlq".
void fill_dead_letters(Theatre& theatre, int count, engine::AttributeChanges of_target = {}) {
  theatre.create("dlq", std::move(of_target));
  engine::AttributeChanges changes;
  changes.visibility_timeout = 0;
  changes.redrive_policy = engine::RedrivePolicy{"policy", Theatre::address("dlq"), 1};
  theatre.create("q", changes);
  for (int i = 0; i < count; ++i) theatre.send("q", fmt::format("<message {}>", i));
  while (theatre.message_count("q") > 0) theatre.receive("q");
  ASSERT_EQ(theatre.message_count("dlq"), count);
}

constexpr Bytes16 kTask{7};

void start_task(Theatre& theatre, std::optional<int32_t> rate) {
  const auto reply =
      theatre.ask(engine::StartMessageMoveTask{kTask, Theatre::address("dlq"), {}, rate});
  ASSERT_TRUE(reply && reply->ok());
}

engine::MessageMoveTask only_task(Theatre& theatre) {
  const auto reply = theatre.ask(engine::ListMessageMoveTasks{Theatre::address("dlq"), 10});
  const auto& tasks = std::get<engine::ListMessageMoveTasks::Reply>(reply->value()).tasks;
  EXPECT_EQ(tasks.size(), 1u);
  return tasks.at(0);
}

/// Each of the messages 0..count-1 is in "q" or in "dlq", in one of them, once.
void expect_each_once(Theatre& theatre, int count) {
  std::string records;
  for (const char* queue : {"q", "dlq"}) {
    while (theatre.message_count(queue) > 0) {
      for (const auto& message : theatre.receive(queue)) {
        records += message.record;
        EXPECT_EQ(message.move_count, queue == std::string("q") ? 1 : 0);
        EXPECT_TRUE(theatre.remove(queue, message.receipt_handle));
      }
    }
  }
  for (int i = 0; i < count; ++i) {
    const std::string content = fmt::format("<message {}>", i);
    const size_t at = records.find(content);
    EXPECT_NE(at, std::string::npos) << content << " is lost";
    EXPECT_EQ(records.find(content, at + 1), std::string::npos) << content << " is there twice";
  }
}

TEST(Scenario, MoveTaskGoesOnAfterACrashInItsMiddleAndLosesAndDoublesNothing) {
  constexpr int kCount = 20;
  for (const auto power : {Theatre::Power::kStays, Theatre::Power::kFails}) {
    for (uint64_t call = 1; call <= 24; ++call) {
      Theatre theatre(call);
      theatre.start();
      fill_dead_letters(theatre, kCount);
      start_task(theatre, 10);
      theatre.server.disk().die_at(call);  // in a write or a sync of one of its steps
      theatre.pass(1'500);
      EXPECT_TRUE(theatre.server.doomed()) << "call " << call;
      theatre.die(power);
      theatre.start();
      const engine::MessageMoveTask after = only_task(theatre);
      EXPECT_EQ(after.status, engine::MoveTaskStatus::kRunning);
      EXPECT_EQ(theatre.message_count("q") + theatre.message_count("dlq"), kCount);
      theatre.pass(2'500);
      EXPECT_EQ(only_task(theatre).status, engine::MoveTaskStatus::kCompleted);
      EXPECT_EQ(only_task(theatre).moved_count, kCount);
      EXPECT_EQ(theatre.message_count("dlq"), 0);
      expect_each_once(theatre, kCount);
      EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
    }
  }
}

TEST(Scenario, CancelledMoveTaskStaysCancelledAfterAPowerFailure) {
  Theatre theatre(5);
  theatre.start();
  fill_dead_letters(theatre, 20);
  start_task(theatre, 10);
  theatre.pass(1'000);
  const auto reply = theatre.ask(engine::CancelMessageMoveTask{Theatre::address("dlq"), kTask});
  const int64_t moved = std::get<engine::CancelMessageMoveTask::Reply>(reply->value()).moved_count;
  EXPECT_GT(moved, 5);
  EXPECT_LT(moved, 15);
  const engine::MessageMoveTask told = only_task(theatre);
  EXPECT_EQ(told.status, engine::MoveTaskStatus::kCancelled);
  theatre.die(Theatre::Power::kFails);
  theatre.start();
  theatre.pass(5'000);
  EXPECT_EQ(only_task(theatre), told);
  EXPECT_EQ(theatre.message_count("q"), moved);
  EXPECT_EQ(theatre.message_count("dlq"), 20 - moved);
  expect_each_once(theatre, 20);
  EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
}

TEST(Scenario, ClosedShardRestsThoughAMoveTaskIsDue) {
  Theatre theatre(4);
  theatre.start();
  fill_dead_letters(theatre, 20);
  start_task(theatre, 10);
  theatre.pass(500);
  bool closed = false;
  theatre.server.shard().close([&closed] { closed = true; });
  while (!closed) CHECK(theatre.world.run_next());
  const uint64_t before = theatre.world.event_count();
  bool over = false;
  theatre.world.at_delay(kScenario, 5'000, [&over] { over = true; });
  while (!over && theatre.world.event_count() < before + 1'000) CHECK(theatre.world.run_next());
  EXPECT_TRUE(over) << "it is busy with nothing";
}

TEST(Scenario, PurgeOfItsSourceCompletesAMoveTaskAndSparesWhatWasMoved) {
  Theatre theatre(6);
  theatre.start();
  fill_dead_letters(theatre, 20);
  start_task(theatre, 10);
  theatre.pass(1'000);
  const auto reply = theatre.ask(engine::PurgeQueue{Theatre::address("dlq")});
  ASSERT_TRUE(reply && reply->ok());
  const int64_t moved = theatre.message_count("q");
  EXPECT_GT(moved, 5);
  theatre.die(Theatre::Power::kFails);
  theatre.start();
  theatre.pass(1'000);
  EXPECT_EQ(only_task(theatre).status, engine::MoveTaskStatus::kCompleted);
  EXPECT_EQ(only_task(theatre).moved_count, moved);
  EXPECT_EQ(theatre.message_count("q"), moved);
  EXPECT_EQ(theatre.message_count("dlq"), 0);
  EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
}

/// Housekeeping removes the expired once a second; a task meets them before that.
TEST(Scenario, MoveTaskMovesNothingWhoseRetentionIsOver) {
  for (int64_t phase_ms = 0; phase_ms < 1'000; phase_ms += 100) {
    Theatre theatre(9, {.disk_latency_ms = 0});
    theatre.start();
    theatre.pass(phase_ms);
    engine::AttributeChanges brief;
    brief.message_retention_period = 60;
    const WallMs before = theatre.world.wall();
    fill_dead_letters(theatre, 20, brief);
    ASSERT_LT(theatre.world.wall() - before, 100);
    theatre.pass(59'850 - (theatre.world.wall() - before));
    start_task(theatre, 20);
    theatre.pass(1'000);
    EXPECT_LE(only_task(theatre).moved_count, 6);  // in 250 ms
    EXPECT_EQ(only_task(theatre).status, engine::MoveTaskStatus::kCompleted);
    EXPECT_EQ(theatre.message_count("q"), only_task(theatre).moved_count);
    EXPECT_EQ(theatre.message_count("dlq"), 0);
  }
}

TEST(Scenario, EachStepOfAMoveTaskWakesAPoll) {
  Theatre theatre(8);
  theatre.start();
  fill_dead_letters(theatre, 3);
  start_task(theatre, 1);
  for (int i = 0; i < 3; ++i) {
    engine::ReceiveMessages poll;
    poll.queue = Theatre::address("q");
    poll.wait_time_seconds = 20;
    poll.visibility_timeout = 60;
    const MonotonicMs asked = theatre.world.monotonic();
    const auto reply = theatre.ask(std::move(poll));
    EXPECT_EQ(std::get<engine::ReceiveMessages::Reply>(reply->value()).messages.size(), 1u);
    EXPECT_LT(theatre.world.monotonic() - asked, 1'100);
  }
  EXPECT_TRUE(theatre.verdict.good()) << theatre.verdict.text();
}

}  // namespace
}  // namespace forebay::sim
