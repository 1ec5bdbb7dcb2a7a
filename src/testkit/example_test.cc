// SPDX-License-Identifier: Apache-2.0
// The example of the README, as it stands there, and the proof that it does.
#include <fstream>
#include <iterator>
#include <string>

#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "testkit/testing/sqs_client.h"

using forebay::testkit::SqsClient;

// example begins
TEST(Checkout, AnOrderThatFailsThreeTimesIsADeadLetter) {
  forebay::testing::Server server(
      {.queues = {{.name = "failed"},
                  {.name = "orders", .dead_letter_queue = "failed", .max_receive_count = 3}}});
  SqsClient client(server);  // yours, with server.endpoint()
  client.send("orders", "one flat white");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.receive("orders").size(), 1u);  // and nobody deletes it
    server.advance(std::chrono::seconds(30));        // the visibility timeout ends
  }
  EXPECT_TRUE(client.receive("orders").empty());
  EXPECT_EQ(server.message_count("failed").visible, 1);
}
// example ends

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Readme, ShowsTheExampleAsItIsCompiled) {
  const std::string begin = "// example begins\n";
  const std::string source = text_of(FOREBAY_TESTKIT_SOURCE "/example_test.cc");
  const size_t from = source.find(begin) + begin.size();
  const std::string example = source.substr(from, source.find("// example ends") - from);
  EXPECT_GT(example.size(), 300u);
  EXPECT_NE(text_of(FOREBAY_TESTKIT_SOURCE "/README.md").find(example), std::string::npos);
}

}  // namespace
