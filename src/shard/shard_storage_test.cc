// SPDX-License-Identifier: Apache-2.0
// Snapshots, space, cold reads and delayed syncs, on a log whose storage does what the test says.
#include <gtest/gtest.h>

#include "shard/shard_fixture.h"

namespace forebay::shard {
namespace {

class StorageTest : public ShardTest {
 protected:
  StorageTest() {
    log_.with_storage = true;
    options_.snapshots.growth_bytes_min = 2000;
    options_.snapshots.growth_bytes_max = 2000;
    options_.snapshots.piece_bytes = 100;
    open();
    create("q");
  }

  FakeSnapshots& snapshots() { return log_.snapshots_fake; }
  FakeSpace& space() { return log_.space_fake; }

  void send_many(int count, const std::string& queue = "q") {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(send(queue, "message " + std::to_string(i)).ok());
  }
  /// As much as makes a snapshot due, and the second in which that is noticed.
  void make_snapshot_due() {
    send_many(30);
    pass(1000);
  }
  std::vector<std::string> receive_all(const std::string& queue) {
    std::vector<std::string> contents;
    for (Pending got = receive(queue); !got.messages().empty(); got = receive(queue)) {
      contents.emplace_back(engine::decode_content(got.messages()[0].record)->content);
    }
    return contents;
  }
  void full(uint64_t room) {
    space().told.short_of_space = true;
    space().told.room_bytes = room;
    space().told.free_bytes = 4711;
    space().told.missing_bytes = 1234;
    pass(1000);
  }
};

TEST_F(StorageTest, ASnapshotIsTakenWhenTheLogHasGrown) {
  pass(3000);
  EXPECT_EQ(snapshots().begin_count, 0) << "nothing new, no snapshot";
  make_snapshot_due();
  ASSERT_EQ(snapshots().kept.size(), 1u);
  EXPECT_GT(snapshots().kept[0].chunks.size(), 3u) << "in pieces";
  pass(3000);
  EXPECT_EQ(snapshots().begin_count, 1);
}

TEST_F(StorageTest, ALogThatGrowsFastIsLookedAfterBeforeTheSecondIsOver) {
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(send("q", std::string(1'000'000, 'x')).ok());
  EXPECT_EQ(snapshots().begin_count, 0);
  ASSERT_TRUE(send("q", std::string(1'000'000, 'x')).ok());
  settle();
  EXPECT_EQ(snapshots().begin_count, 1);
}

TEST_F(StorageTest, ARestartGoesOnFromTheNewestSnapshot) {
  make_snapshot_due();
  make_snapshot_due();
  ASSERT_TRUE(send("q", "after it").ok());
  const std::string before = shard_->dump();
  open();
  EXPECT_EQ(log_.scanned_from, snapshots().kept.back().info.from);
  EXPECT_GT(log_.scanned_from.value, 0u);
  EXPECT_EQ(shard_->dump(), before);
  EXPECT_EQ(receive_all("q").size(), 61u);
}

TEST_F(StorageTest, ADamagedSnapshotFallsBackToTheOneBeforeAndThenToTheWholeLog) {
  make_snapshot_due();
  make_snapshot_due();
  const std::string before = shard_->dump();
  const LogPosition older = snapshots().kept.front().info.from;
  snapshots().kept.back().damaged = true;
  open();
  EXPECT_EQ(log_.scanned_from, older);
  EXPECT_EQ(shard_->dump(), before);
  for (FakeSnapshots::Kept& each : snapshots().kept) each.damaged = true;
  open();
  EXPECT_EQ(log_.scanned_from, LogPosition{});
  EXPECT_EQ(shard_->dump(), before);
}

TEST_F(StorageTest, ASnapshotThatTheLogDoesNotReachIsNotUsed) {
  make_snapshot_due();
  const std::string before = shard_->dump();
  snapshots().kept.back().through = LogPosition(1'000'000'000);
  open();
  EXPECT_EQ(log_.scanned_from, LogPosition{});
  EXPECT_EQ(shard_->dump(), before);
}

TEST_F(StorageTest, RequestsAreServedBetweenThePiecesAndAreNotPartOfTheImage) {
  send_many(29);
  snapshots().automatic = false;
  pass(1000);
  ASSERT_TRUE(snapshots().waiting());
  ASSERT_TRUE(send("q", "meanwhile").ok());
  const Pending got = receive("q");
  ASSERT_EQ(got.messages().size(), 1u);
  ASSERT_TRUE(remove("q", got.messages()[0].receipt_handle).ok());
  while (snapshots().waiting()) {
    snapshots().complete();
    settle();
  }
  ASSERT_EQ(snapshots().kept.size(), 1u);
  const std::string before = shard_->dump();
  open();
  EXPECT_EQ(log_.scanned_from, snapshots().kept.back().info.from);
  EXPECT_EQ(shard_->dump(), before);
}

TEST_F(StorageTest, ASnapshotCountsOnlyWhenTheLogIsDurableUpToIt) {
  send_many(30);
  log_.automatic = false;
  const Pending unanswered = send("q", "not yet durable");
  pass(1000);
  EXPECT_EQ(snapshots().begin_count, 1);
  EXPECT_TRUE(snapshots().kept.empty());
  while (log_.busy()) {
    log_.complete();
    settle();
  }
  EXPECT_EQ(snapshots().kept.size(), 1u);
}

TEST_F(StorageTest, AFullDiskPutsOffTheSnapshotAFailingOneEndsTheProcess) {
  snapshots().refusal = Error{ErrorCode::kStorageFull, "no room"};
  make_snapshot_due();
  EXPECT_EQ(snapshots().abandon_count, 1);
  pass(5000);
  EXPECT_EQ(snapshots().begin_count, 1);
  pass(6000);
  EXPECT_EQ(snapshots().begin_count, 2);
  EXPECT_TRUE(failures_.empty());
  snapshots().refusal.reset();
  pass(12'000);
  EXPECT_EQ(snapshots().kept.size(), 1u);

  snapshots().refusal = Error{ErrorCode::kStorageFailure, "input/output error"};
  make_snapshot_due();
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_NE(failures_[0].find("input/output error"), std::string::npos);
}

TEST_F(StorageTest, WhatASnapshotMakesSuperfluousIsTrimmedAtOnce) {
  make_snapshot_due();
  EXPECT_EQ(space().trimmed_to, LogPosition{});
  make_snapshot_due();
  EXPECT_EQ(space().trimmed_to, snapshots().kept.front().info.from);
}

TEST_F(StorageTest, AFullDiskRefusesSendsAndLetsQueuesBeEmptied) {
  send_many(3);
  full(16u << 20);  // what is kept for receives and deletes
  const Pending refused = send("q", "one more");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), ErrorCode::kServiceUnavailable);
  EXPECT_NE(refused.error_text().find("4711"), std::string::npos);
  EXPECT_NE(refused.error_text().find("1234"), std::string::npos);
  EXPECT_FALSE(submit(engine::CreateQueue{address("other"), {}, {}}).ok());

  space().told.room_bytes = 9u << 20;
  const Pending got = receive("q");
  ASSERT_EQ(got.messages().size(), 1u);
  EXPECT_TRUE(change("q", got.messages()[0].receipt_handle, 10).ok());
  space().told.room_bytes = 2u << 20;
  EXPECT_FALSE(receive("q").ok());
  EXPECT_TRUE(remove("q", got.messages()[0].receipt_handle).ok());
  EXPECT_TRUE(submit(engine::PurgeQueue{address("q")}).ok());

  space().told.short_of_space = false;
  pass(1000);
  EXPECT_TRUE(send("q", "again").ok());
}

TEST_F(StorageTest, RoomIsReservedForEveryMessage) {
  send_many(10);
  space().told.live_bytes = 1'000'000;
  pass(1000);
  const uint64_t always = options_.space.reserve_bytes_min;
  EXPECT_EQ(space().reserved_bytes, always + 10 * options_.space.reserve_bytes_per_message);
  space().told.live_bytes = 800;
  pass(1000);
  EXPECT_EQ(space().reserved_bytes, always + 100) << "an eighth of what is live, at most";
}

TEST_F(StorageTest, RoomIsReservedForSnapshotsAsLargeAsTheNewest) {
  pass(1000);
  const uint64_t always = options_.space.snapshot_room_bytes_min;
  EXPECT_EQ(space().reserved_snapshot_bytes, always);
  make_snapshot_due();
  pass(1000);
  const uint64_t newest = snapshots().list().front().bytes;
  ASSERT_GT(newest, 0u);
  EXPECT_EQ(space().reserved_snapshot_bytes, always + newest + newest / 4);
}

TEST_F(StorageTest, WhileRoomIsBeingMadeSendsTakeOnlyWhatIsCertain) {
  send_many(1);
  space().told.settled = false;
  space().told.room_bytes = 500;
  pass(1000);
  EXPECT_TRUE(send("q", "short").ok());
  const Pending refused = send("q", std::string(1000, 'x'));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), ErrorCode::kServiceUnavailable);
  EXPECT_NE(refused.error_text().find("making room"), std::string::npos);
  EXPECT_EQ(receive("q").messages().size(), 1u);
  space().told.settled = true;
  EXPECT_TRUE(send("q", std::string(1000, 'x')).ok());
}

/// The records of a log with content, as a segment's reader hands them out.
FakeSpace::Records contents_of(const ManualLog& log) {
  FakeSpace::Records records;
  for (const std::string& batch : log.batches) {
    const auto visited =
        journal::visit_records(batch, [&](LogPosition at, std::string_view record) -> Result<void> {
          records.push_back({at, std::string(record)});
          return {};
        });
    EXPECT_TRUE(visited.ok());
  }
  return records;
}

TEST_F(StorageTest, LiveContentsOfASparseSegmentAreAppendedAgain) {
  send_many(5);
  const Pending got = receive("q");
  ASSERT_TRUE(remove("q", got.messages()[0].receipt_handle).ok());
  const size_t released = log_.released.size();
  space().pieces.push_back(contents_of(log_));
  space().told.disk_bytes = options_.space.slack_bytes + 1;
  pass(1000);
  EXPECT_EQ(space().open_count, 1);
  EXPECT_EQ(log_.released.size(), released + 4) << "the old places of what is live";
  space().told.disk_bytes = 0;
  for (const LogPosition at : log_.released) log_.missing.insert(at);
  open();
  EXPECT_EQ(receive_all("q").size(), 4u);

  // What was moved once can be moved again.
  space().pieces.push_back(contents_of(log_));
  space().told.disk_bytes = options_.space.slack_bytes + 1;
  const size_t before = log_.released.size();
  pass(1000);
  EXPECT_EQ(log_.released.size(), before + 4);
  pass(31'000);
  EXPECT_EQ(receive_all("q").size(), 4u);
}

TEST_F(StorageTest, RelocationGoesOnALittleWithEveryAppend) {
  options_.space.relocated_bytes_per_append = 1;
  open();
  send_many(5);
  space().pieces.push_back(contents_of(log_));
  space().told.disk_bytes = options_.space.slack_bytes + 1;
  const int before = log_.append_count;
  pass(1000);
  EXPECT_GE(log_.append_count, before + 5);
}

TEST_F(StorageTest, ASegmentThatCannotBeReadIsLeftAlone) {
  space().damaged = true;
  space().told.disk_bytes = options_.space.slack_bytes + 1;
  pass(5000);
  EXPECT_EQ(space().open_count, 1);
  EXPECT_TRUE(failures_.empty());
}

TEST_F(StorageTest, AMissingPartOfTheLogThatHoldsMessagesIsRefused) {
  send_many(2);
  log_.missing.insert(log_.retained.back());
  shard_.reset();
  const auto opened = Shard::open(options_, {log_, executor_, readers_, clock_, random_, {}});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kStorageDamaged);
  EXPECT_TRUE(opened.error().message.starts_with("1 messages are in parts of the journal"))
      << opened.error().message;
}

TEST_F(StorageTest, AColdReadHoldsUpNobodyElse) {
  create("other");
  send_many(1);
  send_many(1, "other");
  log_.cold = true;
  readers_.automatic = false;
  const Pending cold = receive("q");
  EXPECT_FALSE(cold.answered());
  log_.cold = false;
  EXPECT_EQ(receive("other").messages().size(), 1u);
  EXPECT_FALSE(cold.answered());
  readers_.run();
  settle();
  ASSERT_EQ(cold.messages().size(), 1u);
  EXPECT_EQ(engine::decode_content(cold.messages()[0].record)->content, "message 0");
}

TEST_F(StorageTest, WhatReadsWillComeToIsFetchedByTheReaders) {
  send_many(2);
  readers_.automatic = false;
  int fetched = 0;
  log_.fetch = [&] { ++fetched; };
  EXPECT_EQ(receive("q").messages().size(), 1u);
  EXPECT_EQ(fetched, 0) << "not on the shard's own thread";
  readers_.run();
  EXPECT_EQ(fetched, 1);
  log_.fetch = [&] { ++fetched; };
  log_.cold = true;
  const Pending cold = receive("q");
  readers_.run();
  EXPECT_EQ(fetched, 2);
  settle();
  EXPECT_EQ(cold.messages().size(), 1u);
}

TEST_F(StorageTest, CloseWaitsForColdReads) {
  send_many(1);
  log_.cold = true;
  readers_.automatic = false;
  const Pending cold = receive("q");
  bool closed = false;
  shard_->close([&] { closed = true; });
  settle();
  EXPECT_FALSE(closed);
  readers_.run();
  settle();
  EXPECT_TRUE(cold.answered());
  EXPECT_TRUE(closed);
}

TEST_F(StorageTest, DelayedSyncsComeWithinTheInterval) {
  log_.delayed_sync = true;
  options_.sync_interval_ms = 200;
  open();
  pass(1000);
  const int before = log_.sync_count;
  ASSERT_TRUE(send("q", "m").ok());
  EXPECT_EQ(log_.sync_count, before);
  pass(100);
  EXPECT_EQ(log_.sync_count, before);
  pass(100);
  EXPECT_EQ(log_.sync_count, before + 1);
  pass(5000);
  EXPECT_LE(log_.sync_count, before + 2) << "an idle log is not synced again and again";
  bool closed = false;
  ASSERT_TRUE(send("q", "m").ok());
  shard_->close([&] { closed = true; });
  settle();
  EXPECT_TRUE(closed);
  EXPECT_FALSE(log_.is_unsynced);
}

}  // namespace
}  // namespace forebay::shard
