// SPDX-License-Identifier: Apache-2.0
#include "server/queue_name_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

const std::string kStandardText =
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
const std::string kFifoText =
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
    "must end with .fifo suffix and be 1 to 80 in length.";

std::string verdict(const protocol::OptionalString& name,
                    const protocol::StringPairs& attributes = {}) {
  const Result<void> result = check_new_queue_name(name, attributes);
  if (result.ok()) return "ok";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidParameterValue);
  return result.error().message;
}

TEST(NewQueueName, MissingAndEmptyHaveTheirOwnTexts) {
  EXPECT_EQ(verdict(std::nullopt),
            "Value for parameter QueueName is invalid. Reason: Must specify a queue name.");
  EXPECT_EQ(verdict(""), "Queue name cannot be empty");
}

TEST(NewQueueName, OfAStandardQueue) {
  for (const std::string& good : {std::string("q"), std::string("aZ-_09"), std::string(80, 'q')}) {
    EXPECT_EQ(verdict(good), "ok");
  }
  for (const std::string& bad : {std::string("a/b"), std::string("a b"), std::string("ä"),
                                 std::string(81, 'q'), std::string("q.fifo"), std::string("q.x")}) {
    EXPECT_EQ(verdict(bad), kStandardText) << bad;
  }
  EXPECT_EQ(verdict("q.fifo", {{"FifoQueue", "false"}}), kStandardText);
}

TEST(NewQueueName, OfAFifoQueue) {
  const protocol::StringPairs fifo = {{"FifoQueue", "True"}};
  EXPECT_EQ(verdict("q.fifo", fifo), "ok");
  EXPECT_EQ(verdict(std::string(75, 'q') + ".fifo", fifo), "ok");
  for (const std::string& bad : {std::string("q"), std::string(".fifo"), std::string("a b.fifo"),
                                 std::string(76, 'q') + ".fifo"}) {
    EXPECT_EQ(verdict(bad, fifo), kFifoText) << bad;
  }
}

}  // namespace
}  // namespace forebay::server
