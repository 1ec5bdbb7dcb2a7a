// SPDX-License-Identifier: Apache-2.0
// Durability: when replies leave, what shares a batch, how the log ends. Long polls:
// shard_polls_test.cc.
#include "shard/shard_fixture.h"

namespace forebay::shard {
namespace {

using journal::AppendOutcome;

TEST_F(ShardTest, ReplyIsHeldUntilItsBatchIsDurable) {
  create("q");
  log_.automatic = false;
  const Pending sent = send("q", "hello");
  EXPECT_TRUE(log_.busy());
  EXPECT_FALSE(sent.answered());
  log_.complete();
  settle();
  EXPECT_TRUE(sent.ok());
}

TEST_F(ShardTest, ReadIsHeldWhenItHasSeenWhatIsNotDurable) {
  create("q");
  log_.automatic = false;
  const Pending made = submit(engine::CreateQueue{address("new"), {}, {}});
  const Pending found = submit(engine::FindQueue{address("new")});
  EXPECT_FALSE(found.answered());
  log_.complete();
  settle();
  EXPECT_TRUE(made.ok());
  EXPECT_TRUE(found.ok());
}

TEST_F(ShardTest, RefusalIsHeldWhenItHasSeenWhatIsNotDurable) {
  create("q");
  log_.automatic = false;
  submit(engine::DeleteQueue{address("q")});
  const Pending found = submit(engine::FindQueue{address("q")});
  EXPECT_FALSE(found.answered());
  log_.complete();
  settle();
  ASSERT_TRUE(found.answered());
  EXPECT_EQ(found.error(), ErrorCode::kQueueDoesNotExist);
}

TEST_F(ShardTest, ReadIsAnsweredAtOnceWhenEverythingIsDurable) {
  create("q");
  Pending found;
  shard_->submit(engine::FindQueue{address("q")}, found.done());
  EXPECT_TRUE(found.ok());  // before the executor ran
}

TEST_F(ShardTest, RequestsDuringAnAppendShareTheNextOne) {
  create("q");
  log_.automatic = false;
  const int before = log_.append_count;
  const Pending first = send("q", "1");
  std::vector<Pending> later;
  later.reserve(5);
  for (int i = 0; i < 5; ++i) later.push_back(send("q", "later"));
  EXPECT_EQ(log_.append_count, before + 1);
  log_.complete();
  settle();
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(log_.append_count, before + 2);
  for (const Pending& pending : later) EXPECT_FALSE(pending.answered());
  log_.complete();
  settle();
  for (const Pending& pending : later) EXPECT_TRUE(pending.ok());
}

TEST_F(ShardTest, RepliesLeaveInTheOrderOfTheRequests) {
  create("q");
  log_.automatic = false;
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) {
    Request request = engine::FindQueue{address("q")};
    if (i % 2 == 0) request = engine::TagQueue{address("q"), {{"k", std::to_string(i)}}};
    shard_->submit(std::move(request), [&order, i](const Result<Reply>&) { order.push_back(i); });
  }
  settle();
  log_.complete();
  settle();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(ShardTest, FailedAppendEndsEverythingWithoutAnAnswer) {
  create("q");
  log_.automatic = false;
  const Pending sent = send("q", "in flight");
  const Pending next = send("q", "in the next batch");
  const Pending read = submit(engine::FindQueue{address("q")});
  log_.complete(AppendOutcome::kAmbiguous);
  settle();
  const Pending late = submit(engine::FindQueue{address("q")});
  pass(5'000);
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_NE(failures_[0].find("as the test wants"), std::string::npos);
  for (const Pending& pending : {sent, next, read, late}) EXPECT_FALSE(pending.answered());
  EXPECT_FALSE(log_.busy());
}

TEST_F(ShardTest, FencedAppendNamesTheOtherOwner) {
  create("q");
  log_.automatic = false;
  const Pending sent = send("q", "in flight");
  log_.complete(AppendOutcome::kFenced);
  settle();
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_NE(failures_[0].find("another process"), std::string::npos);
  EXPECT_FALSE(sent.answered());
}

TEST_F(ShardTest, BatchIsClosedWhenItGrowsLarge) {
  create("q");
  log_.automatic = false;
  std::vector<Pending> sent = {send("q", "small")};  // keeps the log busy
  for (int i = 0; i < 5; ++i) sent.push_back(send("q", std::string(700'000, 'x')));
  const size_t before = log_.batches.size();
  while (log_.busy()) {
    log_.complete();
    settle();
  }
  EXPECT_EQ(log_.batches.size() - before, 4u);  // the small one, twice two, the last
  for (const std::string& batch : log_.batches)
    EXPECT_LT(batch.size(), journal::kBatchBytesTarget + 800'000);
  for (const Pending& pending : sent) EXPECT_TRUE(pending.ok());
}

TEST_F(ShardTest, BatchesAreClosedAsEarlyAsTheOptionsSay) {
  options_.batch_bytes_target = 1'000;
  open();
  create("q");
  log_.automatic = false;
  send("q", "small");  // keeps the log busy
  const size_t before = log_.batches.size();
  for (int i = 0; i < 4; ++i) send("q", std::string(600, 'x'));
  while (log_.busy()) {
    log_.complete();
    settle();
  }
  EXPECT_EQ(log_.batches.size() - before, 3u);  // the small one, twice two
}

TEST_F(ShardTest, ObserverIsToldOfDecisionsInTheirOrder) {
  struct Numbered {
    int number;
    void operator()(const Result<Reply>&) const {}
  };
  std::vector<int> order;
  decided_ = [&order](const Done& done) {
    if (const auto* numbered = done.target<Numbered>()) order.push_back(numbered->number);
  };
  open();
  create("q");
  engine::ReceiveMessages poll;
  poll.queue = address("q");
  poll.wait_time_seconds = 20;
  log_.automatic = false;  // nothing is answered, and yet it is decided
  shard_->submit(std::move(poll), Numbered{1});
  shard_->submit(engine::FindQueue{address("q")}, Numbered{2});
  shard_->submit(engine::FindQueue{address("none")}, Numbered{3});
  send("q", "wakes the poll");
  EXPECT_EQ(order, (std::vector<int>{2, 3, 1}));
}

TEST_F(ShardTest, ReplyWaitsForTheLastOfSeveralBatches) {
  create("q");
  log_.automatic = false;
  send("q", "small");
  for (int i = 0; i < 4; ++i) send("q", std::string(700'000, 'x'));
  const Pending read = submit(engine::DescribeQueue{address("q")});
  log_.complete();  // small
  settle();
  log_.complete();  // the first two
  settle();
  EXPECT_FALSE(read.answered());
  log_.complete();
  settle();
  EXPECT_TRUE(read.ok());
}

TEST_F(ShardTest, ContentIsReleasedOnceItsDeletionIsDurable) {
  create("q");
  send("q", "hello");
  const std::string handle = receive("q").handle();
  log_.automatic = false;
  const Pending deleted = remove("q", handle);
  EXPECT_TRUE(log_.released.empty());
  log_.complete();
  settle();
  EXPECT_EQ(log_.released.size(), 1u);
  EXPECT_TRUE(deleted.ok());
}

TEST_F(ShardTest, ContentThatIsNotYetDurableIsDeliveredWhenItIs) {
  create("q");
  log_.automatic = false;
  send("q", "hello");
  const Pending received = receive("q");
  EXPECT_FALSE(received.answered());
  log_.complete();  // the send
  settle();
  log_.complete();  // the receive
  settle();
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received.messages().size(), 1u);
  EXPECT_NE(received.messages()[0].record.find("hello"), std::string::npos);
}

TEST_F(ShardTest, UnreadableContentFailsTheReceiveAlone) {
  create("q");
  send("q", "hello");
  log_.refuse_reads = true;
  const Pending received = receive("q");
  ASSERT_TRUE(received.answered());
  EXPECT_EQ(received.error(), ErrorCode::kInternalFailure);
  EXPECT_TRUE(send("q", "more").ok());
}

TEST_F(ShardTest, IdleShardProvesItsLastBatchOnce) {
  create("q");
  pass(1'500);
  const size_t before = log_.batches.size();
  send("q", "hello");
  pass(10'000);
  ASSERT_EQ(log_.batches.size(), before + 2);
  EXPECT_EQ(log_.batches.back().size(), journal::kBatchHeaderBytes);
}

TEST_F(ShardTest, CloseAnswersEverythingAndProvesTheLastBatch) {
  create("q");
  log_.automatic = false;
  const Pending sent = send("q", "hello");
  const Pending more = send("q", "more");
  bool closed = false;
  shard_->close([&closed] { closed = true; });
  const Pending polled = Pending();
  while (log_.busy()) {
    EXPECT_FALSE(closed);
    log_.complete();
    settle();
  }
  EXPECT_TRUE(closed);
  EXPECT_TRUE(sent.ok());
  EXPECT_TRUE(more.ok());
  EXPECT_EQ(log_.batches.back().size(), journal::kBatchHeaderBytes);
}

TEST_F(ShardTest, RestartHasTheSameState) {
  create("q");
  create("f.fifo");
  send("q", "a");
  send("q", "b", 30);
  send("f.fifo", "c");
  receive("q");
  receive("f.fifo");
  const std::string before = shard_->dump();
  open();
  EXPECT_EQ(shard_->dump(), before);
  EXPECT_GT(shard_->recovered_fact_count(), 5u);
}

TEST_F(ShardTest, RestartForgetsWhatWasNotDurable) {
  create("q");
  const std::string before = shard_->dump();
  log_.automatic = false;
  const Pending sent = send("q", "lost");
  open();
  EXPECT_EQ(shard_->dump(), before);
  EXPECT_FALSE(sent.answered());
}

TEST_F(ShardTest, ReceiptHandleIsGoodAfterARestart) {
  create("q");
  send("q", "hello");
  const std::string handle = receive("q").handle();
  open();
  remove("q", handle);
  pass(60'000);
  EXPECT_TRUE(receive("q").messages().empty());
}

TEST_F(ShardTest, TimeRunsOnWhenTheWallClockIsSetBack) {
  create("q");
  send("q", "hello");
  receive("q");
  clock_.offset_ms -= 3'600'000;
  pass(29'900);
  EXPECT_TRUE(receive("q").messages().empty());
  pass(200);
  EXPECT_EQ(receive("q").messages().size(), 1u);
}

TEST_F(ShardTest, NothingUnexpiresWhenTheWallClockIsBehindAfterARestart) {
  engine::AttributeChanges brief;
  brief.message_retention_period = 60;
  create("q", brief);
  send("q", "hello");
  pass(61'000);
  clock_.offset_ms -= 3'600'000;
  open();
  EXPECT_TRUE(receive("q").messages().empty());
}

}  // namespace
}  // namespace forebay::shard
