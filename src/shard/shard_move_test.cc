// SPDX-License-Identifier: Apache-2.0
// Move tasks in a shard: who drives them, at which pace, and what goes on beside them.
#include "engine/limits.h"
#include "shard/shard_fixture.h"

namespace forebay::shard {
namespace {

class MoveTaskTest : public ShardTest {
 protected:
  MoveTaskTest() {
    create("dlq");
    engine::AttributeChanges changes;
    changes.redrive_policy = engine::RedrivePolicy{"policy", address("dlq"), 1};
    create("q", changes);
  }

  void fill_dead_letters(int count) {
    for (int i = 0; i < count; ++i) send("q", std::to_string(i));
    for (int rounds = 0; rounds < 2; ++rounds) {
      for (int i = 0; i < count; i += 10) receive_all();
    }
    ASSERT_EQ(visible("dlq"), count);
  }

  Pending start(std::optional<int32_t> rate = {}) {
    return submit(engine::StartMessageMoveTask{Bytes16{9}, address("dlq"), {}, rate});
  }

  int64_t visible(const std::string& queue) { return counts(queue).visible_count; }
  engine::DescribeQueue::Reply counts(const std::string& queue) {
    Result<Reply> told = Error{ErrorCode::kInternalFailure, "no answer"};
    shard_->submit(engine::DescribeQueue{address(queue)},
                   [&](Result<Reply> reply) { told = std::move(reply); });
    settle();
    return std::get<engine::DescribeQueue::Reply>(told.value());
  }
  engine::MessageMoveTask task() {
    Result<Reply> told = Error{ErrorCode::kInternalFailure, "no answer"};
    shard_->submit(engine::ListMessageMoveTasks{address("dlq"), 1},
                   [&](Result<Reply> reply) { told = std::move(reply); });
    settle();
    return std::get<engine::ListMessageMoveTasks::Reply>(told.value()).tasks.at(0);
  }

 private:
  void receive_all() {
    engine::ReceiveMessages request;
    request.queue = address("q");
    request.max_number_of_messages = 10;
    request.visibility_timeout = 1;
    submit(request);
    pass(1'010);
  }
};

TEST_F(MoveTaskTest, MovesEverythingWithoutBeingAskedAgain) {
  fill_dead_letters(300);
  ASSERT_TRUE(start().ok());
  pass(10);
  EXPECT_EQ(visible("dlq"), 0);
  EXPECT_EQ(visible("q"), 300);
  EXPECT_EQ(task().status, engine::MoveTaskStatus::kCompleted);
  EXPECT_EQ(task().moved_count, 300);
}

TEST_F(MoveTaskTest, GoesNoFasterThanTheJournal) {
  fill_dead_letters(300);
  log_.automatic = false;
  start();
  pass(1'000);
  ASSERT_TRUE(
      log_.busy());  // with the start of the task and its first steps, however slow the disk
  log_.complete();
  settle();
  log_.automatic = true;
  log_.complete();  // the second batch; from now on all are durable at once
  EXPECT_LE(task().moved_count, 3 * 64);
  pass(100);
  EXPECT_EQ(task().moved_count, 300);
}

TEST_F(MoveTaskTest, KeepsToItsRateAndWakesAPollWithEachMessage) {
  fill_dead_letters(5);
  ASSERT_TRUE(start(2).ok());
  EXPECT_EQ(task().moved_count, 1);  // the first at once
  receive("q");
  const Pending polled = receive("q", 20);
  pass(480);
  EXPECT_FALSE(polled.answered());
  pass(40);
  EXPECT_EQ(polled.numbers().size(), 1u);
  pass(1'500);
  EXPECT_EQ(task().moved_count, 5);
  pass(510);
  EXPECT_EQ(task().status, engine::MoveTaskStatus::kCompleted);
}

TEST_F(MoveTaskTest, GoesOnAfterARestart) {
  fill_dead_letters(6);
  ASSERT_TRUE(start(1).ok());
  pass(2'000);
  const int64_t before = task().moved_count;
  EXPECT_GE(before, 2);
  open();
  EXPECT_EQ(task().status, engine::MoveTaskStatus::kRunning);
  pass(10'000);
  EXPECT_EQ(task().status, engine::MoveTaskStatus::kCompleted);
  EXPECT_EQ(task().moved_count, 6);
  EXPECT_EQ(visible("q"), 6);
}

TEST_F(MoveTaskTest, StandsStillOnceTheShardCloses) {
  fill_dead_letters(6);
  ASSERT_TRUE(start(1).ok());
  bool closed = false;
  shard_->close([&] { closed = true; });
  settle();
  EXPECT_TRUE(closed);
  const int appends = log_.append_count;
  pass(5'000);
  EXPECT_EQ(log_.append_count, appends);
}

}  // namespace
}  // namespace forebay::shard
