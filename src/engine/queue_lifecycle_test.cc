// SPDX-License-Identifier: Apache-2.0
// Creating, finding, listing, tagging, purging and deleting queues: contract sections 2.1
// to 2.7, 2.17 to 2.20.
#include <optional>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

using Names = std::vector<std::string>;

const Error kNoQueue{ErrorCode::kQueueDoesNotExist, "The specified queue does not exist."};
const Error kDeletedRecently{ErrorCode::kQueueDeletedRecently,
                             "You must wait 60 seconds after deleting a queue before you can "
                             "create another with the same name."};

CreateQueue create(const std::string& name, AttributeChanges changes = {}) {
  return {EngineDriver::address(name), std::move(changes), {}};
}
AttributeChanges visibility(int32_t seconds) {
  AttributeChanges changes;
  changes.visibility_timeout = seconds;
  return changes;
}
Error exists_with_other(const std::string& attribute) {
  return {
      ErrorCode::kQueueNameExists,
      "A queue already exists with the same name and a different value for attribute " + attribute};
}
ListQueues list(const std::string& prefix = "", const std::string& after = "", int32_t max = 1000) {
  return {"us-east-1", "000000000000", prefix, after, max};
}

TEST(Shard, IsCreatedOnce) {
  Engine engine;
  const std::optional<Fact> first = engine.decide_shard(EngineDriver::kSecret);
  ASSERT_TRUE(first.has_value());
  engine.apply(*first, WallMs(1), {});
  EXPECT_FALSE(engine.decide_shard(EngineDriver::kSecret).has_value());
}

TEST(CreateQueue, MakesAQueueThatCanBeFound) {
  EngineDriver driver;
  const auto reply = driver.ask(create("q"));
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->created);
  EXPECT_TRUE(driver.ask(FindQueue{driver.address("q")}).ok());
  const auto id = driver.engine().find(driver.address("q"));
  ASSERT_TRUE(id.ok());
  EXPECT_TRUE(driver.engine().exists(*id));
  EXPECT_FALSE(driver.engine().is_fifo(*id));
  const auto described = driver.ask(DescribeQueue{driver.address("q")});
  EXPECT_EQ(described->created, driver.now());
  EXPECT_EQ(described->last_modified, driver.now());
}

TEST(CreateQueue, AgainWithoutAttributesIsAlwaysFine) {  // Q2, Q7
  EngineDriver driver;
  driver.create("q", visibility(69));
  const auto reply = driver.ask(create("q"));
  ASSERT_TRUE(reply.ok());
  EXPECT_FALSE(reply->created);
  EXPECT_EQ(driver.attributes("q").visibility_timeout, 69);
}

TEST(CreateQueue, AgainComparesOnlyWhatIsNamedWithTheCurrentValue) {  // Q3, Q5, Q7, Q8
  EngineDriver driver;
  driver.create("q", visibility(1));
  EXPECT_TRUE(driver.ask(create("q", visibility(1))).ok());
  ASSERT_TRUE(driver.set("q", visibility(2)).ok());
  EXPECT_EQ(error_of(driver.ask(create("q", visibility(1)))),
            exists_with_other("VisibilityTimeout"));
  EXPECT_TRUE(driver.ask(create("q", visibility(2))).ok());
  EXPECT_TRUE(driver.ask(create("q")).ok());
  AttributeChanges delay;
  delay.delay_seconds = 1;
  EXPECT_EQ(error_of(driver.ask(create("q", delay))), exists_with_other("DelaySeconds"));
}

TEST(CreateQueue, AFifoQueueWithAnotherContentBasedDeduplicationExistsAlready) {  // Q6
  EngineDriver driver;
  AttributeChanges changes = EngineDriver::fifo();
  changes.content_based_deduplication = true;
  driver.create("q.fifo", changes);
  EXPECT_TRUE(driver.ask(create("q.fifo", changes)).ok());
  changes.content_based_deduplication = false;
  EXPECT_EQ(error_of(driver.ask(create("q.fifo", changes))),
            exists_with_other("ContentBasedDeduplication"));
}

TEST(CreateQueue, AgainWithWhatNoSuchQueueCanHaveIsRefusedAsTheFirstTimeWas) {
  EngineDriver driver;
  AttributeChanges not_fifo;
  not_fifo.content_based_deduplication = false;
  AttributeChanges two_encryptions;
  two_encryptions.kms_master_key_id = "key";
  two_encryptions.sqs_managed_sse_enabled = true;
  for (const AttributeChanges& changes : {not_fifo, two_encryptions}) {
    const CreateQueue request{EngineDriver::address("q"), changes, {}};
    const Error first = error_of(driver.ask(request));
    driver.create("q");
    EXPECT_EQ(error_of(driver.ask(request)), first);
    EXPECT_EQ(first.code, ErrorCode::kInvalidAttributeName);
    ASSERT_TRUE(driver.ask(DeleteQueue{EngineDriver::address("q")}).ok());
    driver.pass_s(60);
  }
}

TEST(CreateQueue, AgainMayLeaveHalfOfAPairToTheQueue) {
  EngineDriver driver;
  AttributeChanges both = EngineDriver::fifo();
  both.deduplication_scope = DeduplicationScope::kMessageGroup;
  both.fifo_throughput_limit = FifoThroughputLimit::kPerMessageGroupId;
  driver.create("q.fifo", both);
  AttributeChanges half = both;
  half.deduplication_scope.reset();
  EXPECT_TRUE(driver.ask(CreateQueue{EngineDriver::address("q.fifo"), half, {}}).ok());
}

TEST(CreateQueue, MessagesDoNotMatterToIdempotency) {  // Q9
  EngineDriver driver;
  const QueueId queue = driver.create("q", visibility(5));
  driver.send(queue, "m");
  SendEntry delayed = driver.entry("later");
  delayed.delay_seconds = 10;
  ASSERT_TRUE(driver.send(queue, delayed).ok());
  EXPECT_TRUE(driver.ask(create("q", visibility(5))).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 1}));
}

TEST(CreateQueue, ARefusedOneCreatesNothing) {
  EngineDriver driver;
  AttributeChanges changes;
  changes.content_based_deduplication = false;
  EXPECT_EQ(error_of(driver.ask(create("q", changes))).code, ErrorCode::kInvalidAttributeName);
  EXPECT_EQ(error_of(driver.ask(FindQueue{driver.address("q")})), kNoQueue);
}

TEST(CreateQueue, TheSameNameElsewhereIsAnotherQueue) {  // Q36
  EngineDriver driver;
  const QueueId here = driver.create("q");
  const QueueAddress there{"eu-west-1", "000000000000", "q"};
  ASSERT_TRUE(driver.ask(CreateQueue{there, visibility(7), {}})->created);
  const QueueAddress other_account{"us-east-1", "111111111111", "q"};
  EXPECT_EQ(error_of(driver.ask(FindQueue{other_account})), kNoQueue);
  EXPECT_NE(*driver.engine().find(there), here);
  EXPECT_EQ(driver.attributes("q").visibility_timeout, 30);
}

TEST(DeleteQueue, TakesTheQueueWithAllItHas) {
  EngineDriver driver;
  const QueueId queue = driver.create("q");
  driver.send(queue, "m");
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("q")}).ok());
  EXPECT_FALSE(driver.engine().exists(queue));
  EXPECT_EQ(error_of(driver.ask(FindQueue{driver.address("q")})), kNoQueue);
  EXPECT_EQ(error_of(driver.ask(DescribeQueue{driver.address("q")})), kNoQueue);
  EXPECT_EQ(error_of(driver.ask(DeleteQueue{driver.address("q")})), kNoQueue);
  EXPECT_EQ(error_of(driver.ask(PurgeQueue{driver.address("q")})), kNoQueue);
  EXPECT_EQ(error_of(driver.set("q", visibility(1))), kNoQueue);
}

TEST(DeleteQueue, TheNameIsFreeAgainAfterSixtySeconds) {  // Q10
  EngineDriver driver;
  const QueueId first = driver.create("q");
  driver.send(first, "old");
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("q")}).ok());
  EXPECT_EQ(error_of(driver.ask(create("q"))), kDeletedRecently);
  driver.pass_ms(kCooldownMs - 1);
  EXPECT_EQ(error_of(driver.ask(create("q"))), kDeletedRecently);
  EXPECT_TRUE(driver.ask(create("another")).ok());
  driver.pass_ms(1);
  const QueueId second = driver.create("q");
  EXPECT_NE(second, first);
  EXPECT_EQ(driver.contents(second), Names{});
}

TEST(DeleteQueue, TheSixtySecondsRunFromTheLastDeletion) {
  EngineDriver driver;
  driver.create("q");
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("q")}).ok());
  driver.pass_s(60);
  driver.create("q");
  driver.pass_s(1);
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("q")}).ok());
  driver.create("other");
  driver.pass_s(59);
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("other")}).ok());
  EXPECT_EQ(error_of(driver.ask(create("q"))), kDeletedRecently);
  driver.pass_s(1);
  EXPECT_TRUE(driver.ask(create("q")).ok());
}

TEST(DeleteQueue, APredefinedQueueComesBackAtOnce) {
  EngineDriver driver;
  driver.create("q");
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("q")}).ok());
  CreateQueue again = create("q");
  EXPECT_EQ(error_of(driver.ask(again)), kDeletedRecently);
  again.predefined = true;
  EXPECT_TRUE(driver.ask(again).ok());
}

TEST(DeleteQueue, WithoutCooldownsTheNameIsFreeAtOnce) {
  EngineDriver driver(EngineOptions{.cooldowns = false});
  driver.create("q");
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("q")}).ok());
  EXPECT_TRUE(driver.ask(create("q"))->created);
}

TEST(DeleteQueue, AHandleOfTheQueueBeforeIsAnotherQueues) {
  EngineDriver driver;
  const QueueId first = driver.create("q");
  driver.send(first, "m");
  const std::string handle = driver.receive(first).front().handle();
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("q")}).ok());
  driver.pass_s(60);
  const QueueId second = driver.create("q");
  EXPECT_EQ(error_of(driver.remove(second, handle)),
            (Error{ErrorCode::kReceiptHandleIsInvalid,
                   "The receipt handle \"" + handle + "\" is not valid for this queue."}));
}

/// Freeing memory is no fact: after a restart the place of a message that was freed in the life
/// before may be held by a discarded one.
TEST(DeleteQueue, ADiscardedMessageMakesRoomForANewOneAfterARestart) {
  EngineDriver driver;
  const QueueId gone = driver.create("gone");
  const QueueId stays = driver.create("stays");
  for (int i = 0; i < 3; ++i) driver.send(gone, "old");
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("gone")}).ok());
  while (!driver.sweep()) {
  }
  for (int i = 0; i < 2; ++i) driver.send(stays, "new");
  const std::string before = driver.engine().dump(driver.now());
  driver.restart();
  EXPECT_EQ(driver.engine().dump(driver.now()), before);
  while (!driver.sweep()) {
  }
  EXPECT_EQ(driver.contents(stays), (Names{"new", "new"}));
  EXPECT_EQ(driver.released().size(), 3u);
}

TEST(ListQueues, NamesComeInByteOrderOfOneAccountAndRegion) {
  EngineDriver driver;
  for (const char* name : {"b", "a", "B", "a-b", "ab", "a_b"}) driver.create(name);
  ASSERT_TRUE(driver.ask(CreateQueue{{"eu-west-1", "000000000000", "elsewhere"}, {}, {}}).ok());
  ASSERT_TRUE(driver.ask(CreateQueue{{"us-east-1", "000000000001", "others"}, {}, {}}).ok());
  const auto all = driver.ask(list());
  EXPECT_EQ(all->names, (Names{"B", "a", "a-b", "a_b", "ab", "b"}));
  EXPECT_FALSE(all->more);
  EXPECT_EQ(driver.ask(list("a"))->names, (Names{"a", "a-b", "a_b", "ab"}));
  EXPECT_EQ(driver.ask(list("A"))->names, Names{});  // Q34
}

TEST(ListQueues, PagesGoOnAfterTheLastName) {  // Q35
  EngineDriver driver;
  Names expected;
  for (int i = 0; i < 10; ++i) {
    expected.push_back("queue-" + std::to_string(i));
    driver.create(expected.back());
  }
  driver.create("a-first");
  driver.create("z-last");
  auto page = driver.ask(list("queue-", "", 2));
  EXPECT_EQ(page->names, (Names{"queue-0", "queue-1"}));
  EXPECT_TRUE(page->more);
  page = driver.ask(list("queue-", page->names.back(), 10));
  EXPECT_EQ(page->names, Names(expected.begin() + 2, expected.end()));
  EXPECT_FALSE(page->more);
  page = driver.ask(list("queue-", "", 10));
  EXPECT_EQ(page->names, expected);
  EXPECT_FALSE(page->more) << "a full page that is the last";
  EXPECT_EQ(driver.ask(list("queue-", "queue-9", 10))->names, Names{});
}

TEST(ListQueues, APlaceBeforeOrBehindThePrefixIsHarmless) {
  EngineDriver driver;
  for (const char* name : {"a", "p1", "p2", "z"}) driver.create(name);
  EXPECT_EQ(driver.ask(list("p", "a"))->names, (Names{"p1", "p2"}));
  EXPECT_EQ(driver.ask(list("p", "z"))->names, Names{});
  EXPECT_EQ(driver.ask(list("p", "p1x"))->names, Names{"p2"}) << "the queue named may be gone";
}

TEST(ListQueues, DeletedQueuesAreNotListed) {
  EngineDriver driver;
  driver.create("a");
  driver.create("b");
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("a")}).ok());
  EXPECT_EQ(driver.ask(list())->names, Names{"b"});
}

TEST(SetQueueAttributes, MergesAndStampsTheQueue) {  // Q24
  EngineDriver driver;
  AttributeChanges at_create;
  at_create.message_retention_period = 604'800;
  at_create.receive_message_wait_time_seconds = 10;
  at_create.visibility_timeout = 20;
  const QueueId queue = driver.create("q", at_create);
  EXPECT_EQ(driver.engine().receive_wait_time_seconds(queue), 10);
  const WallMs created = driver.now();
  driver.pass_s(5);
  AttributeChanges changes;
  changes.maximum_message_size = 2048;
  changes.visibility_timeout = 69;
  changes.delay_seconds = 420;
  ASSERT_TRUE(driver.set("q", changes).ok());
  const auto described = driver.ask(DescribeQueue{driver.address("q")});
  QueueAttributes expected;
  expected.message_retention_period = 604'800;
  expected.receive_message_wait_time_seconds = 10;
  expected.maximum_message_size = 2048;
  expected.visibility_timeout = 69;
  expected.delay_seconds = 420;
  EXPECT_EQ(described->attributes, expected);
  EXPECT_EQ(described->created, created);
  EXPECT_EQ(described->last_modified, driver.now());
}

TEST(SetQueueAttributes, ARefusedOneChangesNothing) {
  EngineDriver driver;
  driver.create("q");
  driver.pass_s(5);
  const std::string before = driver.engine().dump(driver.now());
  AttributeChanges changes = visibility(5);
  changes.content_based_deduplication = true;
  EXPECT_FALSE(driver.set("q", changes).ok());
  EXPECT_EQ(driver.engine().dump(driver.now()), before);
}

TEST(RedrivePolicy, ItsTargetMustExistAndBeOfTheSameType) {  // D9, 3.4
  EngineDriver driver;
  driver.create("standard");
  driver.create_fifo("other.fifo");
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("missing", 3);
  const std::string start = "Value {policy text} for parameter RedrivePolicy is invalid. Reason: ";
  const Error missing{ErrorCode::kInvalidParameterValue,
                      start + "Dead letter target does not exist."};
  const Error mixed{ErrorCode::kInvalidParameterValue,
                    start + "Dead-letter queue must be same type of queue as the source.."};
  EXPECT_EQ(error_of(driver.set("standard", changes)), missing);
  EXPECT_EQ(error_of(driver.ask(create("new", changes))), missing);
  changes.redrive_policy = EngineDriver::redrive_to("other.fifo", 3);
  EXPECT_EQ(error_of(driver.set("standard", changes)), mixed);
  changes.redrive_policy = EngineDriver::redrive_to("standard", 3);
  EXPECT_EQ(error_of(driver.set("other.fifo", changes)), mixed);
  EXPECT_TRUE(driver.ask(create("new", changes)).ok());
}

TEST(RedrivePolicy, IsCheckedOnlyWhenItIsSet) {
  EngineDriver driver;
  driver.create("dlq");
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("dlq", 3);
  driver.create("q", changes);
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("dlq")}).ok());
  EXPECT_TRUE(driver.set("q", visibility(1)).ok());
  EXPECT_TRUE(driver.attributes("q").redrive_policy.has_value());
  EXPECT_FALSE(driver.set("q", changes).ok());
}

TEST(Tags, AreMergedReplacedAndRemoved) {  // G1 to G6
  EngineDriver driver;
  const QueueAddress q = driver.address("q");
  ASSERT_TRUE(driver.ask(CreateQueue{q, {}, {{"tag1", "1"}, {"tag2", "2"}, {"tag3", ""}}}).ok());
  EXPECT_EQ(driver.ask(ListQueueTags{q})->tags, (Tags{{"tag1", "1"}, {"tag2", "2"}, {"tag3", ""}}));
  ASSERT_TRUE(driver.ask(TagQueue{q, {{"tag2", "two"}, {"Tag1", "upper"}}}).ok());
  EXPECT_EQ(driver.ask(ListQueueTags{q})->tags,
            (Tags{{"Tag1", "upper"}, {"tag1", "1"}, {"tag2", "two"}, {"tag3", ""}}));
  ASSERT_TRUE(driver.ask(UntagQueue{q, {"tag1", "tag3", "unknown"}}).ok());
  EXPECT_EQ(driver.ask(ListQueueTags{q})->tags, (Tags{{"Tag1", "upper"}, {"tag2", "two"}}));
  ASSERT_TRUE(driver.ask(UntagQueue{q, {"Tag1", "tag2"}}).ok());
  EXPECT_EQ(driver.ask(ListQueueTags{q})->tags, Tags{});
  EXPECT_EQ(error_of(driver.ask(ListQueueTags{driver.address("none")})), kNoQueue);
}

TEST(Tags, AnIdempotentCreateDoesNotTouchThem) {
  EngineDriver driver;
  const QueueAddress q = driver.address("q");
  ASSERT_TRUE(driver.ask(CreateQueue{q, {}, {{"a", "1"}}}).ok());
  EXPECT_FALSE(driver.ask(CreateQueue{q, {}, {{"a", "2"}, {"b", "3"}}})->created);
  EXPECT_EQ(driver.ask(ListQueueTags{q})->tags, (Tags{{"a", "1"}}));
}

TEST(Tags, FiftyAreTheMost) {
  EngineDriver driver;
  const QueueAddress q = driver.address("q");
  Tags fifty;
  for (int i = 0; i < 50; ++i) fifty["key" + std::to_string(i)] = "v";
  Tags more = fifty;
  more["one more"] = "v";
  const Error too_many{ErrorCode::kInvalidParameterValue, "Too many tags added for queue q."};
  EXPECT_EQ(error_of(driver.ask(CreateQueue{q, {}, more})), too_many);
  ASSERT_TRUE(driver.ask(CreateQueue{q, {}, fifty}).ok());
  EXPECT_EQ(error_of(driver.ask(TagQueue{q, {{"one more", "v"}}})), too_many);
  EXPECT_TRUE(driver.ask(TagQueue{q, {{"key7", "w"}}}).ok());
  EXPECT_EQ(driver.ask(ListQueueTags{q})->tags.size(), 50u);
}

TEST(PurgeQueue, TakesVisibleInFlightAndDelayedMessages) {  // P1, P2, P3
  EngineDriver driver;
  const QueueId queue = driver.create("q");
  driver.send(queue, "in flight");
  const std::string handle = driver.receive(queue, 1, 5).front().handle();
  driver.send(queue, "visible");
  SendEntry delayed = driver.entry("delayed");
  delayed.delay_seconds = 5;
  ASSERT_TRUE(driver.send(queue, delayed).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{1, 1, 1}));
  ASSERT_TRUE(driver.ask(PurgeQueue{driver.address("q")}).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{}));
  EXPECT_EQ(driver.engine().next_due(queue), std::nullopt);
  driver.pass_s(10);
  EXPECT_EQ(driver.contents(queue), Names{});
  EXPECT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_EQ(error_of(driver.change(queue, handle, 0)).code, ErrorCode::kInvalidParameterValue);
  driver.send(queue, "later");
  EXPECT_EQ(driver.contents(queue), Names{"later"});
}

TEST(PurgeQueue, OnlyOnceInSixtySeconds) {  // P4
  EngineDriver driver;
  const QueueId queue = driver.create("q");
  driver.create("other");
  ASSERT_TRUE(driver.ask(PurgeQueue{driver.address("q")}).ok());
  driver.send(queue, "m");
  driver.pass_ms(30'000);
  const Error in_progress{ErrorCode::kPurgeQueueInProgress,
                          "Only one PurgeQueue operation on q is allowed every 60 seconds."};
  EXPECT_EQ(error_of(driver.ask(PurgeQueue{driver.address("q")})), in_progress);
  EXPECT_TRUE(driver.ask(PurgeQueue{driver.address("other")}).ok());
  driver.pass_ms(29'999);
  EXPECT_EQ(error_of(driver.ask(PurgeQueue{driver.address("q")})), in_progress);
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 0}));
  driver.pass_ms(1);  // the failed calls did not extend it
  EXPECT_TRUE(driver.ask(PurgeQueue{driver.address("q")}).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{}));
}

TEST(PurgeQueue, WithoutCooldownsAgainAtOnce) {
  EngineDriver driver(EngineOptions{.cooldowns = false});
  driver.create("q");
  EXPECT_TRUE(driver.ask(PurgeQueue{driver.address("q")}).ok());
  EXPECT_TRUE(driver.ask(PurgeQueue{driver.address("q")}).ok());
}

TEST(PurgeQueue, TheSameFactOnceMoreLeavesWhatCameLater) {
  EngineDriver driver;
  const QueueId queue = driver.create_fifo("q.fifo");
  const SentMessage first = driver.send(queue, "g", "first");
  ASSERT_TRUE(driver.ask(PurgeQueue{driver.address("q.fifo")}).ok());
  driver.send(queue, "g", "later");
  const std::string before = driver.engine().dump(driver.now());
  driver.engine().apply(QueuePurged{queue, first.number}, driver.now(), {});
  EXPECT_EQ(driver.engine().dump(driver.now()), before);
  driver.send(queue, "g", "later");
  EXPECT_EQ(driver.contents(queue), Names{"later"});
}

TEST(PurgeQueue, ForgetsDeduplicationIds) {  // P5, F24
  EngineDriver driver;
  const QueueId queue = driver.create_fifo("q.fifo");
  driver.send(queue, "g", "m");
  ASSERT_TRUE(driver.ask(PurgeQueue{driver.address("q.fifo")}).ok());
  driver.send(queue, "g", "m");
  EXPECT_EQ(driver.contents(queue), Names{"m"});
}

TEST(Housekeeping, GivesBackPurgedAndDeletedMessagesBitByBitAndOnce) {
  EngineDriver driver;
  const QueueId purged = driver.create("purged");
  const QueueId deleted = driver.create("deleted");
  const int each = static_cast<int>(kReclaimPerSweep) / 2 + 500;
  for (int i = 0; i < each; ++i) {
    driver.send(purged, "p");
    driver.send(deleted, "d");
  }
  ASSERT_TRUE(driver.ask(PurgeQueue{driver.address("purged")}).ok());
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("deleted")}).ok());
  EXPECT_TRUE(driver.released().empty());
  EXPECT_FALSE(driver.sweep());
  EXPECT_GT(driver.released().size(), size_t{0});
  EXPECT_LE(driver.released().size(), size_t{kReclaimPerSweep});
  EXPECT_FALSE(driver.sweep());
  EXPECT_EQ(driver.released().size(), static_cast<size_t>(2 * each));
  EXPECT_TRUE(driver.sweep());
  std::vector<LogPosition> positions;
  for (const RecordPlace& place : driver.released()) positions.push_back(place.position);
  std::sort(positions.begin(), positions.end());
  EXPECT_EQ(std::unique(positions.begin(), positions.end()), positions.end());
  EXPECT_EQ(driver.rebuild()->dump(driver.now()), driver.engine().dump(driver.now()));
}

TEST(Housekeeping, GoesRoundAllQueuesInSmallSteps) {
  EngineDriver driver;
  for (int i = 0; i < 10; ++i) driver.send(driver.create("queue-" + std::to_string(i)), "m");
  EXPECT_FALSE(driver.sweep(4));
  EXPECT_FALSE(driver.sweep(4));
  EXPECT_TRUE(driver.sweep(4));
  driver.pass_s(345'600);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(driver.sweep(4)) << i;
  EXPECT_EQ(driver.released().size(), 10u);
  EXPECT_TRUE(driver.sweep(100));
}

TEST(Housekeeping, FreesDeduplicationIdsBitByBitAfterTheirWindow) {
  EngineDriver driver;
  const QueueId queue = driver.create_fifo("q.fifo");
  for (int i = 0; i < 2 * kWindowsPerSweep + 100; ++i) driver.send(queue, "g", std::to_string(i));
  EXPECT_TRUE(driver.sweep());
  driver.pass_ms(kDeduplicationWindowMs);
  const std::string before = driver.engine().dump(driver.now());
  EXPECT_EQ(before.find("deduplication"), std::string::npos) << "over is over, freed or not";
  EXPECT_FALSE(driver.sweep());
  EXPECT_FALSE(driver.sweep());
  EXPECT_TRUE(driver.sweep());
  EXPECT_EQ(driver.engine().dump(driver.now()), before);
}

TEST(Housekeeping, GivesBackTheGroupsOfADeletedQueueBitByBitToo) {
  const int groups = static_cast<int>(kReclaimPerSweep) - 96;
  const auto steps_to_reclaim = [&](EngineDriver& driver, const std::string& name, QueueId queue) {
    const bool fifo = driver.engine().is_fifo(queue);
    for (int i = 0; i < groups; ++i) {
      const std::string n = std::to_string(i);
      CHECK(driver.send(queue, driver.entry(n, "g" + n, fifo ? n : "")).ok());
    }
    CHECK(driver.ask(DeleteQueue{driver.address(name)}).ok());
    int steps = 0;
    while (!driver.sweep()) ++steps;
    return steps;
  };
  EngineDriver standard;
  EXPECT_EQ(steps_to_reclaim(standard, "q", standard.create("q")), 2) << "messages, tenants";
  EngineDriver fifo;
  EXPECT_EQ(steps_to_reclaim(fifo, "q.fifo", fifo.create_fifo("q.fifo")), 3)
      << "messages, deduplication ids, groups";
}

TEST(Housekeeping, ReportsDoneOnlyWhenNothingIsLeft) {
  EngineDriver driver;
  const QueueId first = driver.create("a");
  driver.create("b");
  const int count = 3 * kExpiredPerFact;
  for (int i = 0; i < count; ++i) {
    driver.send(first, "m");
    driver.pass_ms(1);
  }
  driver.pass_s(345'600);
  while (!driver.sweep(10)) {
  }
  EXPECT_EQ(driver.released().size(), static_cast<size_t>(count));
}

}  // namespace
}  // namespace forebay::engine
