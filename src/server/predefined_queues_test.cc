// SPDX-License-Identifier: Apache-2.0
#include "server/predefined_queues.h"

#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "server/testing/fake_router.h"

namespace forebay::server {
namespace {

using testing::FakeRouter;

class PredefinedQueues : public ::testing::Test {
 protected:
  PredefinedQueue& add(std::string name) {
    PredefinedQueue& queue = config_.queues.emplace_back();
    queue.name = std::move(name);
    return queue;
  }

  /// Runs to its end, which the prepared answers must allow.
  Result<void> make() {
    std::optional<Result<void>> outcome;
    make_predefined_queues(config_, router_, [&](Result<void> result) {
      EXPECT_FALSE(outcome.has_value());
      outcome.emplace(std::move(result));
    });
    CHECK(outcome.has_value());
    return *std::move(outcome);
  }

  Error refusal() {
    const Result<void> result = make();
    EXPECT_FALSE(result.ok());
    return result.ok() ? Error{} : result.error();
  }

  void will_create() { router_.will_reply(engine::CreateQueue::Reply{true}); }
  void will_find_it_there() { router_.will_reply(engine::CreateQueue::Reply{false}); }

  Config config_;
  FakeRouter router_;
};

TEST_F(PredefinedQueues, NoneIsDoneAtOnce) {
  EXPECT_TRUE(make().ok());
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(PredefinedQueues, DeadLetterQueuesAreCreatedFirst) {
  add("jobs").dead_letter_queue = "jobs-failed";
  PredefinedQueue& failed = add("jobs-failed");
  failed.dead_letter_queue = "graveyard";
  failed.max_receive_count = 7;
  add("graveyard");
  will_create();
  will_create();
  will_create();
  ASSERT_TRUE(make().ok());
  ASSERT_EQ(router_.requests.size(), 3u);
  EXPECT_EQ(router_.request<engine::CreateQueue>(0).address.name, "graveyard");
  EXPECT_TRUE(router_.request<engine::CreateQueue>(0).predefined);
  const auto& second = router_.request<engine::CreateQueue>(1);
  EXPECT_EQ(second.address, (engine::QueueAddress{"us-east-1", "000000000000", "jobs-failed"}));
  EXPECT_EQ(second.attributes.redrive_policy.value()->max_receive_count, 7);
  EXPECT_EQ(second.attributes.redrive_policy.value()->text,
            R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:graveyard",)"
            R"("maxReceiveCount":7})");
  const auto& third = router_.request<engine::CreateQueue>(2);
  EXPECT_EQ(third.attributes.redrive_policy.value()->max_receive_count, 3);
}

TEST_F(PredefinedQueues, AFifoNameMakesAFifoQueue) {
  add("q.fifo").attributes = {{"VisibilityTimeout", "60"}};
  will_create();
  ASSERT_TRUE(make().ok());
  EXPECT_EQ(router_.request<engine::CreateQueue>().attributes.fifo_queue, true);
  EXPECT_EQ(router_.request<engine::CreateQueue>().attributes.visibility_timeout, 60);
}

TEST_F(PredefinedQueues, TheSameNameInAnotherAccountOrRegionIsAnotherQueue) {
  add("q");
  PredefinedQueue& other_account = add("q");
  other_account.account = "111122223333";
  other_account.dead_letter_queue = "dead";
  PredefinedQueue& other_region = add("q");
  other_region.region = "eu-west-1";
  add("dead").account = "111122223333";
  will_create();
  will_create();
  will_create();
  will_create();
  ASSERT_TRUE(make().ok());
  std::set<engine::QueueAddress> made;
  for (size_t i = 0; i < 4; ++i) made.insert(router_.request<engine::CreateQueue>(i).address);
  const engine::QueueAddress dead{"us-east-1", "111122223333", "dead"};
  EXPECT_EQ(made, (std::set<engine::QueueAddress>{{"us-east-1", "000000000000", "q"},
                                                  {"us-east-1", "111122223333", "q"},
                                                  {"eu-west-1", "000000000000", "q"},
                                                  dead}));
  const auto& last = router_.request<engine::CreateQueue>(3);
  EXPECT_EQ(last.address, (engine::QueueAddress{"us-east-1", "111122223333", "q"}));
  EXPECT_EQ(last.attributes.redrive_policy.value()->dead_letter_target, dead);
}

TEST_F(PredefinedQueues, TheConfiguredAccountByNameIsTheSameQueue) {
  add("q");
  add("q").account = config_.account;
  EXPECT_EQ(refusal().message, "queue \"q\": is defined twice");
}

TEST_F(PredefinedQueues, StartingAgainUnchangedOnlyLooks) {
  PredefinedQueue& queue = add("q");
  queue.tags = {{"a", "1"}};
  will_find_it_there();
  router_.will_reply(engine::ListQueueTags::Reply{{{"a", "1"}, {"set by hand", "2"}}});
  ASSERT_TRUE(make().ok());
  ASSERT_EQ(router_.requests.size(), 2u);
  router_.request<engine::ListQueueTags>(1);
}

TEST_F(PredefinedQueues, ChangedAttributesAndTagsAreSet) {
  PredefinedQueue& queue = add("q.fifo");
  queue.attributes = {{"VisibilityTimeout", "60"}};
  queue.tags = {{"a", "1"}};
  router_.will_fail(ErrorCode::kQueueNameExists, "differs");
  router_.will_reply(engine::SetQueueAttributes::Reply{});
  router_.will_reply(engine::ListQueueTags::Reply{{{"a", "0"}}});
  router_.will_reply(engine::TagQueue::Reply{});
  ASSERT_TRUE(make().ok());
  const auto& set = router_.request<engine::SetQueueAttributes>(1);
  EXPECT_EQ(set.attributes.visibility_timeout, 60);
  EXPECT_FALSE(set.attributes.fifo_queue.has_value());
  EXPECT_EQ(router_.request<engine::TagQueue>(3).tags, (engine::Tags{{"a", "1"}}));
}

TEST_F(PredefinedQueues, ACycleIsRefusedBeforeAnythingIsMade) {
  add("a").dead_letter_queue = "b";
  add("b").dead_letter_queue = "a";
  add("c");
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kInvalidConfiguration);
  EXPECT_EQ(error.message,
            "queue \"a\": dead-letter queues form a cycle: follow dead_letter_queue from here");
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(PredefinedQueues, AQueueIsNotItsOwnDeadLetterQueue) {
  add("a").dead_letter_queue = "a";
  EXPECT_EQ(refusal().code, ErrorCode::kInvalidConfiguration);
}

TEST_F(PredefinedQueues, FaultsNameTheQueue) {
  struct Case {
    PredefinedQueue queue;
    std::string message;
  };
  PredefinedQueue bad_name;
  bad_name.name = "a b";
  PredefinedQueue bad_attribute;
  bad_attribute.name = "q";
  bad_attribute.attributes = {{"Foobar", "1"}};
  PredefinedQueue bad_tag;
  bad_tag.name = "q";
  bad_tag.tags = {{"", "x"}};
  PredefinedQueue count_alone;
  count_alone.name = "q";
  count_alone.max_receive_count = 3;
  PredefinedQueue twice;
  twice.name = "q";
  twice.dead_letter_queue = "d";
  twice.attributes = {{"RedrivePolicy", ""}};
  PredefinedQueue bad_target;
  bad_target.name = "q";
  bad_target.dead_letter_queue = "a\"b";
  const Case cases[] = {
      {bad_name,
       "queue \"a b\": Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 "
       "in length"},
      {bad_attribute, "queue \"q\": Unknown Attribute Foobar."},
      {bad_tag, "queue \"q\": Tag keys must be between 1 and 128 characters in length."},
      {count_alone, "queue \"q\": max_receive_count needs dead_letter_queue"},
      {twice, "queue \"q\": give either dead_letter_queue or RedrivePolicy, not both"},
      {bad_target, "queue \"q\": dead_letter_queue \"a\"b\" is not a queue name"},
  };
  for (const Case& c : cases) {
    config_.queues = {c.queue};
    EXPECT_EQ(refusal(), (Error{ErrorCode::kInvalidConfiguration, c.message}));
  }
  config_.queues.clear();
  add("q");
  add("q");
  EXPECT_EQ(refusal().message, "queue \"q\": is defined twice");
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(PredefinedQueues, TheEnginesRefusalNamesTheQueueAndStops) {
  add("q").dead_letter_queue = "nowhere";
  add("r").dead_letter_queue = "q";
  router_.will_fail(ErrorCode::kInvalidParameterValue, "Dead letter target does not exist.");
  EXPECT_EQ(refusal(), (Error{ErrorCode::kInvalidConfiguration,
                              "queue \"q\": Dead letter target does not exist."}));
  EXPECT_EQ(router_.requests.size(), 1u);
}

TEST_F(PredefinedQueues, FailuresOfTheStorageStayWhatTheyAre) {
  add("q");
  router_.will_fail(ErrorCode::kStorageFull, "no space");
  EXPECT_EQ(refusal(), (Error{ErrorCode::kStorageFull, "no space"}));
}

}  // namespace
}  // namespace forebay::server
