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

TEST(Scenario, FullDiskAtTheEndOfASegmentEndsTheProcessAndARestartGoesOn) {
  Theatre theatre(5);
  theatre.start();
  theatre.create("q");
  // Both the segment made ahead and the one made when it is needed.
  theatre.server.disk().fail(SimDisk::Call::kAllocate, 1, ErrorCode::kStorageFull);
  uint64_t acknowledged = 0;
  for (int i = 0; i < 20 && !theatre.server.doomed(); ++i) {
    if (theatre.send("q", std::string(1'000'000, 'x'))) ++acknowledged;
    if (i == 4) theatre.server.disk().fail(SimDisk::Call::kAllocate, 1, ErrorCode::kStorageFull);
  }
  EXPECT_TRUE(theatre.server.doomed());
  theatre.die(Theatre::Power::kFails);
  theatre.start();
  EXPECT_GE(theatre.message_count("q"), static_cast<int64_t>(acknowledged));
  EXPECT_TRUE(theatre.send("q", std::string(1'000'000, 'x')).has_value());
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

}  // namespace
}  // namespace forebay::sim
