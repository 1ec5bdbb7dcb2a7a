// SPDX-License-Identifier: Apache-2.0
// Contract sections 2.1, 2.7, 3.3, 3.4, 3.6.
#include "engine/queue_attributes.h"

#include <functional>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace forebay::engine {
namespace {

constexpr const char* kOneEncryption =
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS "
    "SSE or SQS SSE.";

AttributeChanges changing(const std::function<void(AttributeChanges&)>& change) {
  AttributeChanges changes;
  change(changes);
  return changes;
}
QueueAttributes fifo_attributes() {
  QueueAttributes attributes;
  attributes.fifo_queue = true;
  return attributes;
}
void expect_error(const Result<QueueAttributes>& result, ErrorCode code, const std::string& text) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error(), (Error{code, text}));
}

TEST(QueueAttributes, DefaultsAreAwss) {
  const auto standard = with_changes({}, {}, true);
  ASSERT_TRUE(standard.ok());
  EXPECT_FALSE(standard->fifo_queue);
  EXPECT_EQ(standard->delay_seconds, 0);
  EXPECT_EQ(standard->maximum_message_size, 1'048'576);
  EXPECT_EQ(standard->message_retention_period, 345'600);
  EXPECT_EQ(standard->receive_message_wait_time_seconds, 0);
  EXPECT_EQ(standard->visibility_timeout, 30);
  EXPECT_EQ(standard->kms_data_key_reuse_period_seconds, 300);
  EXPECT_TRUE(standard->sqs_managed_sse_enabled);
  const auto fifo = with_changes({}, EngineDriver::fifo(), true);
  ASSERT_TRUE(fifo.ok());
  EXPECT_TRUE(fifo->fifo_queue);
  EXPECT_FALSE(fifo->content_based_deduplication);
  EXPECT_EQ(fifo->deduplication_scope, DeduplicationScope::kQueue);
  EXPECT_EQ(fifo->fifo_throughput_limit, FifoThroughputLimit::kPerQueue);
}

TEST(QueueAttributes, EveryNamedValueIsTakenAndNoOther) {
  QueueAttributes expected = fifo_attributes();
  AttributeChanges changes = EngineDriver::fifo();
  changes.delay_seconds = expected.delay_seconds = 420;
  changes.maximum_message_size = expected.maximum_message_size = 2048;
  changes.message_retention_period = expected.message_retention_period = 604'800;
  changes.receive_message_wait_time_seconds = expected.receive_message_wait_time_seconds = 10;
  changes.visibility_timeout = expected.visibility_timeout = 69;
  changes.policy = expected.policy = "{policy}";
  changes.redrive_policy = expected.redrive_policy = EngineDriver::redrive_to("dlq.fifo", 7);
  changes.redrive_allow_policy = expected.redrive_allow_policy = "{allow}";
  changes.content_based_deduplication = expected.content_based_deduplication = true;
  changes.deduplication_scope = expected.deduplication_scope = DeduplicationScope::kMessageGroup;
  changes.fifo_throughput_limit = expected.fifo_throughput_limit =
      FifoThroughputLimit::kPerMessageGroupId;
  changes.sqs_managed_sse_enabled = expected.sqs_managed_sse_enabled = false;
  const auto created = with_changes({}, changes, true);
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(*created, expected);
  const auto unchanged = with_changes(*created, {}, false);
  ASSERT_TRUE(unchanged.ok());
  EXPECT_EQ(*unchanged, expected);
}

TEST(QueueAttributes, FifoAttributesAreUnknownOnStandardQueues) {
  for (const bool creating : {true, false}) {
    // Q14, Q25.
    expect_error(with_changes({}, changing([](auto& c) { c.fifo_queue = false; }), creating),
                 ErrorCode::kInvalidAttributeName, "Unknown Attribute FifoQueue.");
    // Q15.
    expect_error(with_changes({}, changing([](auto& c) { c.content_based_deduplication = false; }),
                              creating),
                 ErrorCode::kInvalidAttributeName, "Unknown Attribute ContentBasedDeduplication.");
    // Q16.
    expect_error(with_changes({}, changing([](auto& c) {
                                c.deduplication_scope = DeduplicationScope::kQueue;
                              }),
                              creating),
                 ErrorCode::kInvalidAttributeName,
                 "You can specify the DeduplicationScope only when FifoQueue is set to true.");
    // Q17.
    expect_error(with_changes({}, changing([](auto& c) {
                                c.fifo_throughput_limit = FifoThroughputLimit::kPerQueue;
                              }),
                              creating),
                 ErrorCode::kInvalidAttributeName,
                 "You can specify the FifoThroughputLimit only when FifoQueue is set to true.");
  }
  expect_error(with_changes({}, EngineDriver::fifo(), false), ErrorCode::kInvalidAttributeName,
               "Unknown Attribute FifoQueue.");
}

TEST(QueueAttributes, TheTypeOfAQueueCannotBeChanged) {  // Q26
  EXPECT_TRUE(with_changes(fifo_attributes(), EngineDriver::fifo(), false).ok());
  expect_error(
      with_changes(fifo_attributes(), changing([](auto& c) { c.fifo_queue = false; }), false),
      ErrorCode::kInvalidAttributeValue,
      "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.");
}

TEST(QueueAttributes, PerMessageGroupIdNeedsTheMessageGroupScope) {  // Q41, 3.3
  const std::string text =
      "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to "
      "perMessageGroupId, "
      "the DeduplicationScope must be messageGroup.";
  const auto limit =
      changing([](auto& c) { c.fifo_throughput_limit = FifoThroughputLimit::kPerMessageGroupId; });
  expect_error(with_changes(fifo_attributes(), limit, false), ErrorCode::kInvalidAttributeValue,
               text);
  QueueAttributes grouped = fifo_attributes();
  grouped.deduplication_scope = DeduplicationScope::kMessageGroup;
  const auto both = with_changes(grouped, limit, false);
  ASSERT_TRUE(both.ok());
  auto back = changing([](auto& c) { c.deduplication_scope = DeduplicationScope::kQueue; });
  expect_error(with_changes(*both, back, false), ErrorCode::kInvalidAttributeValue, text);
  back.fifo_throughput_limit = FifoThroughputLimit::kPerQueue;
  EXPECT_TRUE(with_changes(*both, back, false).ok());
}

TEST(QueueAttributes, AKeySwitchesManagedEncryptionOffForGood) {  // Q31, Q32
  auto with_key = with_changes({}, changing([](auto& c) {
                                 c.kms_master_key_id = "testKeyId";
                                 c.kms_data_key_reuse_period_seconds = 6000;
                               }),
                               false);
  ASSERT_TRUE(with_key.ok());
  EXPECT_EQ(with_key->kms_master_key_id, "testKeyId");
  EXPECT_EQ(with_key->kms_data_key_reuse_period_seconds, 6000);
  EXPECT_FALSE(with_key->sqs_managed_sse_enabled);
  auto removed =
      with_changes(*with_key, changing([](auto& c) { c.kms_master_key_id = ""; }), false);
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(removed->kms_master_key_id, "");
  EXPECT_FALSE(removed->sqs_managed_sse_enabled);
  auto managed =
      with_changes(*removed, changing([](auto& c) { c.sqs_managed_sse_enabled = true; }), false);
  ASSERT_TRUE(managed.ok());
  EXPECT_TRUE(managed->sqs_managed_sse_enabled);
}

TEST(QueueAttributes, ManagedEncryptionCannotBeAddedToAKey) {  // Q33
  QueueAttributes with_key;
  with_key.kms_master_key_id = "k";
  with_key.sqs_managed_sse_enabled = false;
  const auto managed = changing([](auto& c) { c.sqs_managed_sse_enabled = true; });
  expect_error(with_changes(with_key, managed, false), ErrorCode::kInvalidAttributeName,
               kOneEncryption);
  auto both = managed;
  both.kms_master_key_id = "k";
  expect_error(with_changes({}, both, true), ErrorCode::kInvalidAttributeName, kOneEncryption);
  auto swapped = managed;
  swapped.kms_master_key_id = "";
  EXPECT_TRUE(with_changes(with_key, swapped, false).ok());
}

TEST(QueueAttributes, EmptyTextRemovesPolicies) {  // Q28, Q29, Q30
  QueueAttributes full;
  full.policy = "{p}";
  full.redrive_allow_policy = "{a}";
  full.redrive_policy = EngineDriver::redrive_to("dlq", 3);
  const auto remove = changing([](auto& c) {
    c.policy = "";
    c.redrive_allow_policy = "";
    c.redrive_policy.emplace(std::nullopt);
  });
  for (const QueueAttributes& before : {full, QueueAttributes{}}) {
    const auto after = with_changes(before, remove, false);
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(*after, QueueAttributes{});
  }
}

TEST(QueueAttributes, ARedrivePolicyWithoutItsOwnCountTakesTheDefaultOrIsRefused) {
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("dlq", 0);
  expect_error(with_changes({}, changes, true), ErrorCode::kInvalidParameterValue,
               "Value {policy text} for parameter RedrivePolicy is invalid. Reason: Redrive policy "
               "does not contain "
               "mandatory attribute: maxReceiveCount.");
  changes.default_max_receive_count = 3;
  const auto completed = with_changes({}, changes, true);
  ASSERT_TRUE(completed.ok());
  EXPECT_EQ(completed->redrive_policy->max_receive_count, 3);
  EXPECT_EQ(
      completed->redrive_policy->text,
      R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dlq","maxReceiveCount":3})");
}

TEST(QueueAttributes, ArnsNameTheRegionsPartition) {
  EXPECT_EQ(queue_arn({"us-east-1", "000000000000", "q"}), "arn:aws:sqs:us-east-1:000000000000:q");
  EXPECT_EQ(queue_arn({"cn-north-1", "1", "q"}), "arn:aws-cn:sqs:cn-north-1:1:q");
  EXPECT_EQ(queue_arn({"us-gov-west-1", "1", "q.fifo"}),
            "arn:aws-us-gov:sqs:us-gov-west-1:1:q.fifo");
}

TEST(QueueAttributes, TheFirstDifferenceIsNamedForEveryAttribute) {
  const QueueAttributes current;
  const auto named = [&](const std::function<void(AttributeChanges&)>& change) {
    return first_difference(current, changing(change));
  };
  EXPECT_EQ(named([](auto&) {}), "");
  EXPECT_EQ(named([](auto& c) { c.fifo_queue = true; }), "FifoQueue");
  EXPECT_EQ(named([](auto& c) { c.delay_seconds = 1; }), "DelaySeconds");
  EXPECT_EQ(named([](auto& c) { c.maximum_message_size = 1024; }), "MaximumMessageSize");
  EXPECT_EQ(named([](auto& c) { c.message_retention_period = 60; }), "MessageRetentionPeriod");
  EXPECT_EQ(named([](auto& c) { c.receive_message_wait_time_seconds = 1; }),
            "ReceiveMessageWaitTimeSeconds");
  EXPECT_EQ(named([](auto& c) { c.visibility_timeout = 1; }), "VisibilityTimeout");
  EXPECT_EQ(named([](auto& c) { c.policy = "{}"; }), "Policy");
  EXPECT_EQ(named([](auto& c) { c.redrive_policy = EngineDriver::redrive_to("d", 1); }),
            "RedrivePolicy");
  EXPECT_EQ(named([](auto& c) { c.redrive_allow_policy = "{}"; }), "RedriveAllowPolicy");
  EXPECT_EQ(named([](auto& c) { c.kms_master_key_id = "k"; }), "KmsMasterKeyId");
  EXPECT_EQ(named([](auto& c) { c.kms_data_key_reuse_period_seconds = 60; }),
            "KmsDataKeyReusePeriodSeconds");
  EXPECT_EQ(named([](auto& c) { c.sqs_managed_sse_enabled = false; }), "SqsManagedSseEnabled");
  EXPECT_EQ(named([](auto& c) { c.content_based_deduplication = true; }),
            "ContentBasedDeduplication");
  EXPECT_EQ(named([](auto& c) { c.deduplication_scope = DeduplicationScope::kMessageGroup; }),
            "DeduplicationScope");
  EXPECT_EQ(
      named([](auto& c) { c.fifo_throughput_limit = FifoThroughputLimit::kPerMessageGroupId; }),
      "FifoThroughputLimit");
}

TEST(QueueAttributes, ExplicitDefaultsAreNoDifference) {  // Q4
  const auto defaults = changing([](auto& c) {
    c.delay_seconds = 0;
    c.maximum_message_size = 1'048'576;
    c.message_retention_period = 345'600;
    c.receive_message_wait_time_seconds = 0;
    c.visibility_timeout = 30;
    c.policy = "";
    c.redrive_policy.emplace(std::nullopt);
    c.sqs_managed_sse_enabled = true;
  });
  EXPECT_EQ(first_difference({}, defaults), "");
}

TEST(QueueAttributes, RedrivePoliciesAreComparedByMeaning) {
  QueueAttributes current;
  current.redrive_policy = EngineDriver::redrive_to("dlq", 3);
  RedrivePolicy spelled_otherwise = EngineDriver::redrive_to("dlq", 3);
  spelled_otherwise.text = "{  }";
  EXPECT_EQ(
      first_difference(current, changing([&](auto& c) { c.redrive_policy = spelled_otherwise; })),
      "");
  EXPECT_EQ(first_difference(current, changing([](auto& c) {
                               c.redrive_policy = EngineDriver::redrive_to("dlq", 4);
                             })),
            "RedrivePolicy");
  EXPECT_EQ(first_difference(current, changing([](auto& c) {
                               c.redrive_policy = EngineDriver::redrive_to("other", 3);
                             })),
            "RedrivePolicy");
  EXPECT_EQ(
      first_difference(current, changing([](auto& c) { c.redrive_policy.emplace(std::nullopt); })),
      "RedrivePolicy");
}

}  // namespace
}  // namespace forebay::engine
