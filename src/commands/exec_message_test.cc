// SPDX-License-Identifier: Apache-2.0
#include "commands/exec_message.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace forebay::commands {
namespace {

using End = ExecResult::End;
using std::chrono::seconds;

constexpr const char* kUrl = "http://127.0.0.1:9324/000000000000/orders.fifo";

bool has(const std::vector<std::string>& variables, const std::string& variable) {
  return std::ranges::count(variables, variable) == 1;
}

TEST(ExecVariables, TellAboutTheMessage) {
  sqs::Message message;
  message.message_id = sqs::MessageId("id-1");
  message.attributes.approximate_receive_count = 3;
  message.attributes.message_group_id = "g 1";
  message.attributes.message_deduplication_id = "d";
  message.attributes.sequence_number = "17";
  message.attributes.sent_timestamp = sqs::Timestamp(std::chrono::milliseconds(1'700'000'000'123));
  const auto variables = exec_variables(message, kUrl);
  for (const char* variable :
       {"FOREBAY_MESSAGE_ID=id-1", "FOREBAY_RECEIVE_COUNT=3", "FOREBAY_MESSAGE_GROUP_ID=g 1",
        "FOREBAY_MESSAGE_DEDUPLICATION_ID=d", "FOREBAY_SEQUENCE_NUMBER=17",
        "FOREBAY_SENT_TIMESTAMP=1700000000123", "FOREBAY_QUEUE_NAME=orders.fifo"}) {
    EXPECT_TRUE(has(variables, variable)) << variable;
  }
  EXPECT_TRUE(has(variables, std::string("FOREBAY_QUEUE_URL=") + kUrl));
  EXPECT_EQ(variables.size(), 8u);
}

TEST(ExecVariables, OfAttributesHaveNamesThatShellsTake) {
  sqs::Message message;
  using Value = sqs::MessageAttributeValue;
  message.message_attributes = {{"LD_PRELOAD", Value::string("x")},
                                {"a-b", Value::string("second")},
                                {"a.b", Value::string("third")},
                                {"key", Value::binary(std::string("\0\1\xff", 3))},
                                {"long", Value::string(std::string(kVariableBytesMax + 1, 'x'))},
                                {"nul", Value::string(std::string("a\0b", 3))},
                                {"tries", Value::number(3)},
                                {"lines", Value::string("a\nb=c")}};
  const auto variables = exec_variables(message, kUrl);
  EXPECT_TRUE(has(variables, "FOREBAY_ATTRIBUTE_LD_PRELOAD=x"));
  EXPECT_TRUE(has(variables, "FOREBAY_ATTRIBUTE_A_B=second"));
  EXPECT_TRUE(has(variables, "FOREBAY_ATTRIBUTE_KEY=AAH/"));
  EXPECT_TRUE(has(variables, "FOREBAY_ATTRIBUTE_TRIES=3"));
  EXPECT_TRUE(has(variables, "FOREBAY_ATTRIBUTE_LINES=a\nb=c"));
  EXPECT_EQ(variables.size(), 4u + 5);  // neither the third, the long one nor the cut one
}

TEST(ExecOutcome, IsWhatTheExitCodeSays) {
  const auto outcome = [](int code) { return exec_outcome({.how = {.code = code}}, {}); };
  EXPECT_EQ(outcome(0), sqs::Outcome(sqs::Ack{}));
  EXPECT_EQ(outcome(kExecTryLater), sqs::Outcome(sqs::Retry{}));
  EXPECT_EQ(outcome(kExecDead), sqs::Outcome(sqs::Dead{"the command ended with exit code 100"}));
  for (const int code : {1, 2, 74, 76, 99, 101, 126, 127, 255}) {
    EXPECT_EQ(outcome(code), sqs::Outcome(sqs::Retry{})) << code;
  }
  EXPECT_EQ(exec_outcome({.how = {.signal = 9}}, {}), sqs::Outcome(sqs::Retry{}));
  EXPECT_EQ(exec_outcome({.how = {.code = 1}}, seconds(7)), sqs::Outcome(sqs::Retry{seconds(7)}));
}

TEST(ExecOutcome, OfACommandThatWasEndedIsNeverDoneOrDead) {
  for (const int code : {0, kExecDead}) {
    EXPECT_EQ(exec_outcome({.end = End::kTimedOut, .how = {.code = code}}, seconds(7)),
              sqs::Outcome(sqs::Retry{seconds(7)}));
    EXPECT_EQ(exec_outcome({.end = End::kStopped, .how = {.code = code}}, seconds(7)),
              sqs::Outcome(sqs::Retry{seconds(0)}));
  }
  EXPECT_EQ(exec_outcome({.end = End::kNotStarted}, {}), sqs::Outcome(sqs::Retry{}));
}

TEST(ExecEndText, SaysHowItEnded) {
  EXPECT_EQ(exec_end_text({.how = {.code = 3}}), "exit code 3");
  EXPECT_EQ(exec_end_text({.how = {.signal = 9}}), "signal 9");
  EXPECT_EQ(exec_end_text({.end = End::kTimedOut, .how = {.signal = 15}}),
            "signal 15 after its time was over");
  EXPECT_EQ(exec_end_text({.end = End::kStopped, .how = {.signal = 15}}),
            "signal 15 when it was stopped");
  EXPECT_EQ(exec_end_text({.end = End::kNotStarted, .error = "cannot run x: no"}),
            "cannot run x: no");
}

}  // namespace
}  // namespace forebay::commands
