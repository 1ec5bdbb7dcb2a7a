// SPDX-License-Identifier: Apache-2.0
// The parts of the simulator that put what the product does in order: replies, jobs of the disk,
// scans of the journal.
#include "sim/reply_order.h"

#include <string>

#include <gtest/gtest.h>

#include "sim/liveness.h"
#include "sim/recorded_log.h"

namespace forebay::sim {
namespace {

class ReplyOrderTest : public testing::Test {
 protected:
  /// A request that was decided already.
  shard::Done decide(const std::string& name) {
    shard::Done done = enlist(name);
    order_.decided(done);
    return done;
  }
  shard::Done enlist(const std::string& name) {
    return order_.enlist([this, name](const Result<shard::Reply>&) { told_ += name; },
                         [this, name] { told_ += "(" + name + ")"; });
  }
  static Result<shard::Reply> reply() { return shard::Reply(engine::FindQueue::Reply{}); }

  SimWorld world_;
  Verdict verdict_;
  bool dead_ = false;
  ReplyOrder order_{world_, {1, [this] { return dead_; }}, verdict_, Prng(1), 0};
  std::string told_;
};

TEST_F(ReplyOrderTest, RepliesAreHandedOnInTheOrderOfDecisions) {
  const shard::Done poll = enlist("p");  // decided last
  const shard::Done a = decide("a");
  const shard::Done b = decide("b");
  order_.decided(poll);
  b(reply());
  EXPECT_EQ(told_, "");
  a(reply());
  EXPECT_EQ(told_, "ab");
  poll(reply());
  EXPECT_EQ(told_, "abp");
}

TEST_F(ReplyOrderTest, AfterADeathWhatCameIsHandedOnAndTheRestIsLostInItsPlace) {
  decide("a");
  const shard::Done b = decide("b");
  decide("c");
  const shard::Done d = decide("d");
  decide("e");  // later than all that came: nobody can tell if it was decided
  b(reply());
  d(reply());
  order_.process_died();
  EXPECT_EQ(told_, "(a)b(c)d");
}

TEST_F(ReplyOrderTest, NothingLeavesADeadProcess) {
  const shard::Done a = decide("a");
  dead_ = true;
  a(reply());
  EXPECT_EQ(told_, "");
}

TEST_F(ReplyOrderTest, SecondAnswerIsNoticed) {
  const shard::Done a = decide("a");
  a(reply());
  EXPECT_TRUE(verdict_.good());
  a(reply());
  EXPECT_NE(verdict_.text().find("answered twice"), std::string::npos);
}

TEST(SimWorkerTest, JobsRunInTheirOrderAndAStallShowsInTheReport) {
  SimWorld world;
  uint64_t calls = 0;
  SimWorker worker(world, 1, Prng(3), {.most_ms = 0, .stall_per_mille = 1000, .stall_ms = 4'000},
                   [&calls] { return calls; });
  std::string order;
  int64_t first_ms = 0;
  worker.submit(
      [&] {
        order += "a";
        ++calls;
      },
      [&] {
        order += "A";
        first_ms = world.monotonic().value;
      });
  worker.submit([&] { order += "b"; }, [&] { order += "B"; });
  const int64_t begin = world.monotonic().value;
  while (world.run_next()) {
  }
  EXPECT_EQ(order, "aAbB");
  EXPECT_GE(first_ms - begin, 1'000);
  EXPECT_EQ(world.monotonic().value, first_ms);  // stalls keep apart
}

/// Three batches of one record each.
class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    LogPosition at;
    for (const char* text : {"one", "two", "three"}) {
      journal::BatchWriter batch(at);
      records_.emplace_back(batch.add([&](std::string& out) { encode(text, out); }), text);
      starts_.push_back(at);
      const LogPosition end = batch.end();
      history_.appended(at, batch.seal(Epoch(1)));
      history_.written(end);
      at = end;
    }
    end_ = at;
  }
  static void encode(const std::string& tag, std::string& out) {
    engine::QueueTagsSet fact;
    fact.tags = {{"tag", tag}};
    engine::encode_fact(fact, WallMs(1), out);
  }
  void scan(LogPosition from, size_t first, size_t end) {
    history_.begin_scan(from);
    for (size_t i = first; i < end; ++i) {
      std::string record;
      encode(records_[i].second, record);
      history_.scanned(records_[i].first, record);
    }
    history_.end_scan();
  }

  Verdict verdict_;
  JournalHistory history_{verdict_};
  std::vector<std::pair<LogPosition, std::string>> records_;
  std::vector<LogPosition> starts_;
  LogPosition end_;
};

TEST_F(HistoryTest, ScanFromABatchVisitsWhatWasAppendedFromThereOn) {
  history_.acquired(Epoch(2), end_);
  scan(starts_[1], 1, 3);
  EXPECT_EQ(verdict_.text(), "");
}

TEST_F(HistoryTest, ScanFromTheEndVisitsNothing) {
  history_.acquired(Epoch(2), end_);
  scan(end_, 3, 3);
  EXPECT_EQ(verdict_.text(), "");
}

TEST_F(HistoryTest, ScanThatBeginsTooEarlyOrTooLateIsNoticed) {
  history_.acquired(Epoch(2), end_);
  scan(starts_[1], 0, 3);
  EXPECT_NE(verdict_.text(), "");
}

TEST_F(HistoryTest, ScanThatEndsBeforeWhatWasDurableIsNoticed) {
  history_.acquired(Epoch(2), end_);
  scan(starts_[1], 1, 2);
  EXPECT_NE(verdict_.text().find("before the durable batch"), std::string::npos);
}

TEST_F(HistoryTest, ScanFromWithinABatchIsNoticed) {
  history_.acquired(Epoch(2), end_);
  scan(starts_[1] + 1, 2, 3);
  EXPECT_NE(verdict_.text().find("within a batch"), std::string::npos);
}

TEST_F(HistoryTest, WhatWasOnlyWrittenMayBeGoneAfterAPowerFailureButNotBefore) {
  history_.durable(starts_[1]);
  JournalHistory kept = history_;
  history_.power_failed();
  history_.acquired(Epoch(2), starts_[2]);
  EXPECT_EQ(verdict_.text(), "");
  kept.acquired(Epoch(2), starts_[2]);
  EXPECT_NE(verdict_.text(), "");
}

TEST(SpaceExcess, AllowsTwiceWhatIsLiveAndAConstant) {
  constexpr uint64_t kSegment = 1u << 20;
  journal::Space::Usage usage;
  usage.live_bytes = 50 * kSegment;
  EXPECT_EQ(space_excess(usage, 100 * kSegment, kSegment), "");
  EXPECT_NE(space_excess(usage, 110 * kSegment, kSegment), "");
  usage.live_bytes = 0;
  EXPECT_EQ(space_excess(usage, 2 * kSegment, kSegment), "");
  EXPECT_NE(space_excess(usage, 10 * kSegment, kSegment), "");
}

}  // namespace
}  // namespace forebay::sim
