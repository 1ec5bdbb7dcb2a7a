// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <forebay/sqs/queue_manager.h>
#include <forebay/testing/server.h>
#include <gtest/gtest.h>

namespace forebay::sqs {
namespace {

using forebay::testing::Fault;
using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

Client client_of(const forebay::testing::Server& server) {
  ClientOptions options{.region = server.region(), .endpoint_url = server.endpoint()};
  options.credentials = Credentials{.access_key_id = server.access_key_id(),
                                    .secret_access_key = server.secret_access_key()};
  options.retry.max_attempts = 1;
  auto client = Client::create(std::move(options));
  EXPECT_TRUE(client.ok());
  return *std::move(client);
}

class QueueManagerTest : public ::testing::Test {
 protected:
  EnsuredQueue ensure(const QueueDefinition& definition, const EnsureOptions& options = {}) {
    const auto ensured = manager_.ensure_queue(definition, options);
    EXPECT_TRUE(ensured.ok()) << ensured.error();
    return ensured.ok() ? ensured->back() : EnsuredQueue();
  }
  QueueAttributes attributes_of(std::string_view queue) {
    auto reply = client_.get_queue_attributes({.queue_url = server_.queue_url(queue)});
    EXPECT_TRUE(reply.ok());
    return reply.ok() ? reply->attributes : QueueAttributes();
  }
  Tags tags_of(std::string_view queue) {
    return client_.list_queue_tags({.queue_url = server_.queue_url(queue)})->tags;
  }
  /// Requests that change something.
  uint64_t writes() const {
    uint64_t sum = 0;
    for (const char* action :
         {"CreateQueue", "SetQueueAttributes", "TagQueue", "UntagQueue", "DeleteQueue"}) {
      sum += server_.request_count(action);
    }
    return sum;
  }
  std::string dead_letter_arn(std::string_view queue) {
    const auto policy = attributes_of(queue).redrive_policy;
    return policy ? policy->dead_letter_target_arn : "";
  }

  forebay::testing::Server server_;
  Client client_ = client_of(server_);
  QueueManager manager_{client_};
};

TEST_F(QueueManagerTest, MakesWhatIsMissing) {
  QueueDefinition wanted{.queue_name = "jobs", .tags = {{"team", "shop"}}};
  wanted.attributes.visibility_timeout = minutes(2);
  const EnsuredQueue made = ensure(wanted);
  EXPECT_TRUE(made.created);
  EXPECT_EQ(made.queue_url, server_.queue_url("jobs"));
  EXPECT_EQ(made.changes,
            (std::vector<QueueChange>{
                {.name = "VisibilityTimeout", .new_value = "120"},
                {.kind = QueueChange::Kind::kTag, .name = "team", .new_value = "shop"}}));
  EXPECT_EQ(attributes_of("jobs").visibility_timeout, minutes(2));
  EXPECT_EQ(tags_of("jobs"), wanted.tags);
}

TEST_F(QueueManagerTest, ASecondTimeWritesNothing) {
  for (const QueueDefinition& wanted :
       {standard_queue("a"), fifo_queue("b"), batch_processing_queue("c")}) {
    ASSERT_TRUE(manager_.ensure_queue(wanted).ok());
    const uint64_t before = writes();
    const EnsuredQueue again = ensure(wanted);
    EXPECT_FALSE(again.changed()) << again.queue_name;
    EXPECT_EQ(writes(), before);
  }
}

TEST_F(QueueManagerTest, ConvergesAndTellsWhatWas) {
  QueueDefinition wanted{.queue_name = "jobs", .tags = {{"a", "1"}, {"b", "2"}}};
  wanted.attributes.visibility_timeout = seconds(30);
  wanted.attributes.delay_seconds = seconds(5);
  ensure(wanted);
  wanted.attributes.visibility_timeout = seconds(45);
  wanted.tags = {{"a", "one"}};
  wanted.only_these_tags = true;
  const EnsuredQueue ensured = ensure(wanted);
  EXPECT_FALSE(ensured.created);
  using enum QueueChange::Kind;
  EXPECT_EQ(
      ensured.changes,
      (std::vector<QueueChange>{{.name = "VisibilityTimeout", .old_value = "30", .new_value = "45"},
                                {.kind = kTag, .name = "a", .old_value = "1", .new_value = "one"},
                                {.kind = kTag, .name = "b", .old_value = "2"}}));
  EXPECT_EQ(attributes_of("jobs").visibility_timeout, seconds(45));
  EXPECT_EQ(attributes_of("jobs").delay_seconds, seconds(5));
  EXPECT_EQ(tags_of("jobs"), wanted.tags);
}

TEST_F(QueueManagerTest, TakesAPolicyAway) {
  ensure(standard_queue("jobs"));
  EXPECT_NE(dead_letter_arn("jobs"), "");
  QueueDefinition wanted{.queue_name = "jobs"};
  wanted.attributes.redrive_policy.emplace();
  EXPECT_EQ(ensure(wanted).changes.size(), 1u);
  EXPECT_EQ(dead_letter_arn("jobs"), "");
  EXPECT_FALSE(ensure(wanted).changed());
}

TEST_F(QueueManagerTest, ADryRunTellsTheSameAndWritesNothing) {
  QueueDefinition wanted = standard_queue("jobs");
  const uint64_t before = writes();
  const auto planned = manager_.ensure_queue(wanted, {.dry_run = true});
  ASSERT_TRUE(planned.ok());
  ASSERT_EQ(planned->size(), 2u);
  EXPECT_TRUE(planned->front().created);
  EXPECT_EQ(planned->front().queue_name, "jobs-dlq");
  EXPECT_EQ(planned->back().queue_url, "");
  EXPECT_EQ(writes(), before);
  EXPECT_FALSE(server_.message_count("jobs").exists());

  ensure(wanted);
  wanted.attributes.delay_seconds = seconds(9);
  EXPECT_EQ(
      ensure(wanted, {.dry_run = true}).changes,
      (std::vector<QueueChange>{{.name = "DelaySeconds", .old_value = "0", .new_value = "9"}}));
  EXPECT_EQ(attributes_of("jobs").delay_seconds, seconds(0));
}

TEST_F(QueueManagerTest, ThePresetsAreWhatTheySay) {
  ensure(standard_queue("s"));
  EXPECT_EQ(attributes_of("s").visibility_timeout, seconds(300));
  EXPECT_EQ(attributes_of("s").message_retention_period, days(14));
  EXPECT_EQ(attributes_of("s").receive_message_wait_time_seconds, seconds(20));
  EXPECT_EQ(attributes_of("s").redrive_policy->max_receive_count, 3);
  EXPECT_EQ(attributes_of("s-dlq").message_retention_period, days(14));
  ensure(high_performance_queue("h"));
  EXPECT_EQ(attributes_of("h").visibility_timeout, seconds(60));
  EXPECT_EQ(attributes_of("h").message_retention_period, days(4));
  EXPECT_EQ(attributes_of("h").redrive_policy->max_receive_count, 5);
  ensure(batch_processing_queue("b"));
  EXPECT_EQ(attributes_of("b").delay_seconds, seconds(300));
  EXPECT_EQ(attributes_of("b").redrive_policy->max_receive_count, 2);
  ensure(fifo_queue("f"));
  EXPECT_EQ(attributes_of("f.fifo").content_based_deduplication, true);
  EXPECT_EQ(attributes_of("f.fifo").fifo_throughput_limit, FifoThroughputLimit::kPerMessageGroupId);
  EXPECT_TRUE(dead_letter_arn("f.fifo").ends_with(":f-dlq.fifo"));
}

TEST_F(QueueManagerTest, APrioritySystemSharesItsDeadLetterQueue) {
  const std::vector<QueueDefinition> definitions = priority_queues("orders");
  for (const bool dry_run : {true, false}) {
    const auto ensured = manager_.ensure_queues(definitions, {.dry_run = dry_run});
    ASSERT_TRUE(ensured.ok()) << ensured.error();
    Names names;
    for (const EnsuredQueue& queue : *ensured) {
      EXPECT_TRUE(queue.created);
      names.push_back(queue.queue_name);
    }
    EXPECT_EQ(names, (Names{"orders-dlq", "orders-high-priority", "orders-normal-priority",
                            "orders-low-priority"}));
  }
  EXPECT_EQ(attributes_of("orders-high-priority").visibility_timeout, seconds(30));
  EXPECT_EQ(attributes_of("orders-low-priority").delay_seconds, seconds(60));
  EXPECT_EQ(dead_letter_arn("orders-low-priority"), dead_letter_arn("orders-high-priority"));
}

TEST_F(QueueManagerTest, ATypeIsInTheNameAndCannotChange) {
  QueueDefinition wanted{.queue_name = "jobs"};
  wanted.attributes.fifo_queue = true;
  EXPECT_EQ(manager_.ensure_queue(wanted).error().kind, ErrorKind::kInvalidRequest);
  wanted = {.queue_name = "jobs.fifo"};
  wanted.attributes.fifo_queue = false;
  EXPECT_EQ(manager_.ensure_queue(wanted).error().kind, ErrorKind::kInvalidRequest);
  EXPECT_EQ(server_.request_count(""), 0u);
}

TEST_F(QueueManagerTest, DeadLetterQueuesThatCannotBeAreRefused) {
  QueueDefinition wanted = standard_queue("jobs");
  for (const char* name : {"jobs", "dead.fifo"}) {
    wanted.dead_letter->queue_name = name;
    EXPECT_EQ(manager_.ensure_queue(wanted).error().kind, ErrorKind::kInvalidRequest) << name;
  }
  wanted = standard_queue("jobs");
  wanted.attributes.redrive_policy.emplace();
  EXPECT_EQ(manager_.ensure_queue(wanted).error().kind, ErrorKind::kInvalidRequest);
  EXPECT_EQ(server_.request_count(""), 0u);
}

TEST_F(QueueManagerTest, AnExistingDeadLetterQueueStaysAsItIs) {
  QueueDefinition dead{.queue_name = "dead"};
  dead.attributes.message_retention_period = days(2);
  ensure(dead);
  EXPECT_EQ(manager_.setup_dead_letter_queue("jobs", {.queue_name = "dead"}).error().kind,
            ErrorKind::kQueueNotFound);
  ensure({.queue_name = "jobs"});
  const auto set_up =
      manager_.setup_dead_letter_queue("jobs", {.queue_name = "dead", .max_receive_count = 7});
  ASSERT_TRUE(set_up.ok());
  EXPECT_FALSE(set_up->front().changed());
  ASSERT_EQ(set_up->back().changes.size(), 1u);
  EXPECT_EQ(set_up->back().changes[0].name, "RedrivePolicy");
  EXPECT_EQ(attributes_of("jobs").redrive_policy->max_receive_count, 7);
  EXPECT_EQ(attributes_of("dead").message_retention_period, days(2));
}

TEST_F(QueueManagerTest, SomebodyWhoCreatesTheQueueInBetweenIsConvergedWith) {
  ensure({.queue_name = "jobs"});
  QueueDefinition wanted{.queue_name = "jobs"};
  wanted.attributes.visibility_timeout = seconds(77);
  // As if the queue had not been there at the first look.
  server_.inject(Fault::error(400, "QueueDoesNotExist"), 1, "GetQueueUrl");
  const EnsuredQueue ensured = ensure(wanted);
  EXPECT_FALSE(ensured.created);
  EXPECT_EQ(ensured.changes.size(), 1u);
  EXPECT_EQ(attributes_of("jobs").visibility_timeout, seconds(77));
}

TEST_F(QueueManagerTest, DeletesASetAndGoesOnWhenOneFails) {
  for (const char* name : {"a", "b", "c"}) ensure({.queue_name = name});
  server_.inject(Fault::error(403, "AccessDenied"), 1, "DeleteQueue");
  const Names names = {"a", "absent", "b", "c"};
  const std::vector<DeletedQueue> deleted = manager_.delete_queues(names);
  ASSERT_EQ(deleted.size(), 4u);
  ASSERT_TRUE(deleted[0].error);
  EXPECT_EQ(deleted[0].error->kind, ErrorKind::kAuth);
  EXPECT_FALSE(deleted[1].existed);
  EXPECT_FALSE(deleted[1].error);
  EXPECT_TRUE(deleted[2].existed && deleted[3].existed);
  EXPECT_EQ(*manager_.list_queues(), Names{server_.queue_url("a")});
}

TEST_F(QueueManagerTest, AQueueThatWasJustDeletedIsAConflictUntilTheMinuteIsOver) {
  ensure({.queue_name = "jobs"});
  manager_.delete_queues(Names{"jobs"});
  EXPECT_EQ(manager_.ensure_queue({.queue_name = "jobs"}).error().kind, ErrorKind::kConflict);
  server_.advance(seconds(61));
  EXPECT_TRUE(ensure({.queue_name = "jobs"}).created);
}

TEST_F(QueueManagerTest, CountsMessages) {
  const std::string url = ensure({.queue_name = "jobs"}).queue_url;
  for (const int delay : {0, 0, 0, 60}) {
    ASSERT_TRUE(
        client_
            .send_message({.queue_url = url, .message_body = "x", .delay_seconds = seconds(delay)})
            .ok());
  }
  ASSERT_TRUE(client_.receive_message({.queue_url = url}).ok());
  const auto counts = manager_.message_counts(url);
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->visible, 2);
  EXPECT_EQ(counts->not_visible, 1);
  EXPECT_EQ(counts->delayed, 1);
  EXPECT_EQ(counts->total(), 4);
}

TEST_F(QueueManagerTest, ListsAllPages) {
  for (int i = 0; i < 1'005; ++i) {
    ASSERT_TRUE(client_.create_queue({.queue_name = "many-" + std::to_string(i)}).ok());
  }
  EXPECT_EQ(manager_.list_queues("many-")->size(), 1'005u);
  EXPECT_EQ(manager_.list_queues("many-100")->size(), 6u);
  EXPECT_GE(server_.request_count("ListQueues"), 3u);
}

TEST_F(QueueManagerTest, AStopEndsIt) {
  std::stop_source stop;
  stop.request_stop();
  const auto ensured = manager_.ensure_queue({.queue_name = "jobs"}, {.stop = stop.get_token()});
  EXPECT_EQ(ensured.error().kind, ErrorKind::kCancelled);
  EXPECT_FALSE(server_.message_count("jobs").exists());
}

TEST(QueueName, IsTheLastPartOfAUrlOrAnArn) {
  EXPECT_EQ(queue_name_of("http://127.0.0.1:9324/000000000000/jobs.fifo"), "jobs.fifo");
  EXPECT_EQ(queue_name_of("arn:aws:sqs:eu-west-1:000000000000:jobs"), "jobs");
  EXPECT_EQ(queue_name_of("jobs"), "jobs");
}

}  // namespace
}  // namespace forebay::sqs
