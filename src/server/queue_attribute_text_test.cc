// SPDX-License-Identifier: Apache-2.0
#include "server/queue_attribute_text.h"

#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

using engine::AttributeChanges;

const engine::QueueAddress kQueue{"us-east-1", "000000000000", "q"};

Result<AttributeChanges> parse(const protocol::StringPairs& attributes, bool aliases = false) {
  return parse_attributes(attributes, {.queue = kQueue, .creating = true, .aliases = aliases});
}

Error refusal(const protocol::StringPairs& attributes, bool aliases = false) {
  const Result<AttributeChanges> result = parse(attributes, aliases);
  EXPECT_FALSE(result.ok());
  return result.ok() ? Error{} : result.error();
}

Error invalid_value(const std::string& name) {
  return {ErrorCode::kInvalidAttributeValue, "Invalid value for the parameter " + name + "."};
}

TEST(AttributeText, IntegersAreTakenWithinTheirRange) {
  struct Case {
    std::string name;
    std::optional<int32_t> AttributeChanges::* member;
    int32_t min, max;
  };
  const Case cases[] = {
      {"DelaySeconds", &AttributeChanges::delay_seconds, 0, 900},
      {"MaximumMessageSize", &AttributeChanges::maximum_message_size, 1024, 1048576},
      {"MessageRetentionPeriod", &AttributeChanges::message_retention_period, 60, 1209600},
      {"ReceiveMessageWaitTimeSeconds", &AttributeChanges::receive_message_wait_time_seconds, 0,
       20},
      {"VisibilityTimeout", &AttributeChanges::visibility_timeout, 0, 43200},
      {"KmsDataKeyReusePeriodSeconds", &AttributeChanges::kms_data_key_reuse_period_seconds, 60,
       86400},
  };
  for (const Case& c : cases) {
    for (const int32_t good : {c.min, c.max}) {
      const auto changes = parse({{c.name, std::to_string(good)}});
      ASSERT_TRUE(changes.ok()) << c.name;
      EXPECT_EQ(changes.value().*c.member, good);
    }
    for (const std::string& bad :
         {std::to_string(c.min - 1), std::to_string(c.max + 1), std::string(), std::string(" 60"),
          std::string("60 "), std::string("60.0"), std::string("abc"), std::string("+60"),
          std::string("-0"), std::string("99999999999999999999")}) {
      EXPECT_EQ(refusal({{c.name, bad}}), invalid_value(c.name)) << c.name << "=" << bad;
    }
  }
}

TEST(AttributeText, BooleansAreTakenInAnyCase) {
  struct Case {
    std::string name;
    std::optional<bool> AttributeChanges::* member;
  };
  const Case cases[] = {
      {"FifoQueue", &AttributeChanges::fifo_queue},
      {"ContentBasedDeduplication", &AttributeChanges::content_based_deduplication},
      {"SqsManagedSseEnabled", &AttributeChanges::sqs_managed_sse_enabled},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(parse({{c.name, "TrUe"}}).value().*c.member, true);
    EXPECT_EQ(parse({{c.name, "False"}}).value().*c.member, false);
    for (const char* bad : {"", "1", "yes", "true "}) {
      EXPECT_EQ(refusal({{c.name, bad}}), invalid_value(c.name));
    }
  }
}

TEST(AttributeText, EnumerationsAreCaseSensitive) {
  EXPECT_EQ(parse({{"DeduplicationScope", "messageGroup"}}).value().deduplication_scope,
            engine::DeduplicationScope::kMessageGroup);
  EXPECT_EQ(parse({{"DeduplicationScope", "queue"}}).value().deduplication_scope,
            engine::DeduplicationScope::kQueue);
  EXPECT_EQ(parse({{"FifoThroughputLimit", "perMessageGroupId"}}).value().fifo_throughput_limit,
            engine::FifoThroughputLimit::kPerMessageGroupId);
  EXPECT_EQ(parse({{"FifoThroughputLimit", "perQueue"}}).value().fifo_throughput_limit,
            engine::FifoThroughputLimit::kPerQueue);
  EXPECT_EQ(refusal({{"DeduplicationScope", "Queue"}}), invalid_value("DeduplicationScope"));
  EXPECT_EQ(refusal({{"FifoThroughputLimit", ""}}), invalid_value("FifoThroughputLimit"));
}

TEST(AttributeText, AnEmptyTextRemovesTheJsonAndKeyAttributes) {
  const auto changes = parse(
      {{"Policy", ""}, {"RedrivePolicy", ""}, {"RedriveAllowPolicy", ""}, {"KmsMasterKeyId", ""}});
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes.value().policy, "");
  ASSERT_TRUE(changes.value().redrive_policy.has_value());
  EXPECT_FALSE(changes.value().redrive_policy->has_value());
  EXPECT_EQ(changes.value().redrive_allow_policy, "");
  EXPECT_EQ(changes.value().kms_master_key_id, "");
}

TEST(AttributeText, WhatIsNotNamedStaysUnset) {
  const auto changes = parse({{"VisibilityTimeout", "69"}, {"VisibilityTimeout", "70"}});
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes.value().visibility_timeout, 70);
  EXPECT_FALSE(changes.value().delay_seconds.has_value());
  EXPECT_FALSE(changes.value().redrive_policy.has_value());
}

TEST(AttributeText, UnknownAndReadOnlyNamesAreUnknownAttributes) {
  for (const std::string name :
       {"Foobar", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "QueueName", "All", "",
        "ApproximateNumberOfMessages", "visibilitytimeout", "VisibilityTimeoutSeconds",
        "MaxReceiveCount"}) {
    EXPECT_EQ(refusal({{name, "300"}}),
              (Error{ErrorCode::kInvalidAttributeName, "Unknown Attribute " + name + "."}));
  }
}

TEST(AttributeText, TheFirstUnknownNameBeatsEveryBadValue) {
  EXPECT_EQ(refusal({{"VisibilityTimeout", "x"}, {"B", "1"}, {"A", "1"}}).message,
            "Unknown Attribute B.");
  EXPECT_EQ(refusal({{"VisibilityTimeout", "x"}, {"DelaySeconds", "x"}}),
            invalid_value("VisibilityTimeout"));
}

TEST(AttributeAliases, NamesOfGuidesAreAcceptedWhenSwitchedOn) {
  const auto changes = parse({{"VisibilityTimeoutSeconds", "300"}, {"MaxReceiveCount", "3"}}, true);
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes.value().visibility_timeout, 300);
  EXPECT_EQ(changes.value().default_max_receive_count, 3);
  EXPECT_EQ(refusal({{"MaxReceiveCount", "0"}}, true), invalid_value("MaxReceiveCount"));
  EXPECT_EQ(refusal({{"MaxReceiveCount", "1001"}}, true), invalid_value("MaxReceiveCount"));
  EXPECT_EQ(refusal({{"VisibilityTimeoutSeconds", "43201"}}, true),
            invalid_value("VisibilityTimeoutSeconds"));
}

TEST(AttributeAliases, MakeTheCountOfARedrivePolicyOptional) {
  const std::string policy = R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dlq"})";
  const auto changes = parse({{"RedrivePolicy", policy}}, true);
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes.value().redrive_policy.value()->max_receive_count, 0);
  EXPECT_FALSE(parse({{"RedrivePolicy", policy}}).ok());
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// Lines that name the alias among what refusing it three times logs.
int warnings_of_three_refusals() {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) refusal({{"VisibilityTimeoutSeconds", "300"}});
  const std::string log = testing::internal::GetCapturedStderr();
  const bool helpful = count_of(log, "--attribute-aliases") == 1;
  return helpful ? static_cast<int>(count_of(log, "VisibilityTimeoutSeconds")) : 0;
}

TEST(AttributeAliasesDeathTest, ARefusedNameIsExplainedInTheLogOnceForTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";  // a fresh process
  EXPECT_EXIT(std::_Exit(warnings_of_three_refusals()), testing::ExitedWithCode(1), "");
}

engine::DescribeQueue::Reply description(bool fifo) {
  engine::DescribeQueue::Reply reply{};
  reply.attributes.fifo_queue = fifo;
  reply.created = WallMs(1'700'000'000'999);
  reply.last_modified = WallMs(1'700'000'100'000);
  reply.visible_count = 4;
  reply.not_visible_count = 2;
  reply.delayed_count = 1;
  return reply;
}

std::map<std::string, std::string> texts(const engine::DescribeQueue::Reply& reply,
                                         const std::vector<std::string>& names) {
  const auto result = attribute_texts(kQueue, reply, names);
  EXPECT_TRUE(result.ok());
  return {result.value().begin(), result.value().end()};
}

TEST(AttributeTexts, AllOfANewStandardQueueAreExactlyTwelve) {
  const std::map<std::string, std::string> expected = {
      {"ApproximateNumberOfMessages", "4"},
      {"ApproximateNumberOfMessagesDelayed", "1"},
      {"ApproximateNumberOfMessagesNotVisible", "2"},
      {"CreatedTimestamp", "1700000000"},
      {"DelaySeconds", "0"},
      {"LastModifiedTimestamp", "1700000100"},
      {"MaximumMessageSize", "1048576"},
      {"MessageRetentionPeriod", "345600"},
      {"QueueArn", "arn:aws:sqs:us-east-1:000000000000:q"},
      {"ReceiveMessageWaitTimeSeconds", "0"},
      {"SqsManagedSseEnabled", "true"},
      {"VisibilityTimeout", "30"},
  };
  EXPECT_EQ(texts(description(false), {"VisibilityTimeout", "All"}), expected);
}

TEST(AttributeTexts, AFifoQueueHasFourMore) {
  const auto all = texts(description(true), {"All"});
  EXPECT_EQ(all.size(), 16u);
  EXPECT_EQ(all.at("FifoQueue"), "true");
  EXPECT_EQ(all.at("ContentBasedDeduplication"), "false");
  EXPECT_EQ(all.at("DeduplicationScope"), "queue");
  EXPECT_EQ(all.at("FifoThroughputLimit"), "perQueue");
}

TEST(AttributeTexts, OptionalAttributesAppearWhenSet) {
  engine::DescribeQueue::Reply reply = description(false);
  reply.attributes.policy = "{\"Statement\":[]}";
  reply.attributes.redrive_policy = engine::RedrivePolicy{"{ policy }", kQueue, 7};
  reply.attributes.redrive_allow_policy = "{}";
  reply.attributes.kms_master_key_id = "testKeyId";
  reply.attributes.kms_data_key_reuse_period_seconds = 6000;
  reply.attributes.sqs_managed_sse_enabled = false;
  const auto all = texts(reply, {"All"});
  EXPECT_EQ(all.size(), 17u);
  EXPECT_EQ(all.at("Policy"), "{\"Statement\":[]}");
  EXPECT_EQ(all.at("RedrivePolicy"), "{ policy }");
  EXPECT_EQ(all.at("RedriveAllowPolicy"), "{}");
  EXPECT_EQ(all.at("KmsMasterKeyId"), "testKeyId");
  EXPECT_EQ(all.at("KmsDataKeyReusePeriodSeconds"), "6000");
  EXPECT_EQ(all.at("SqsManagedSseEnabled"), "false");
}

TEST(AttributeTexts, KnownNamesWithoutAValueAreLeftOut) {
  EXPECT_TRUE(texts(description(false), {}).empty());
  EXPECT_TRUE(texts(description(false),
                    {"Policy", "RedrivePolicy", "FifoQueue", "KmsMasterKeyId", "DeduplicationScope",
                     "FifoThroughputLimit", "ContentBasedDeduplication", "RedriveAllowPolicy",
                     "KmsDataKeyReusePeriodSeconds"})
                  .empty());
  EXPECT_EQ(texts(description(false), {"QueueArn", "QueueArn"}).size(), 1u);
}

TEST(AttributeTexts, AnUnknownNameIsRefused) {
  const auto unknown = attribute_texts(kQueue, description(false), {"All", "Foobar", ""});
  EXPECT_EQ(unknown.error(),
            (Error{ErrorCode::kInvalidAttributeName, "Unknown Attribute Foobar."}));
  EXPECT_EQ(attribute_texts(kQueue, description(false), {""}).error().message,
            "Unknown Attribute .");
}

}  // namespace
}  // namespace forebay::server
