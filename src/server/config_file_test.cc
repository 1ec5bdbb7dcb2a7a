// SPDX-License-Identifier: Apache-2.0
#include "server/config_file.h"

#include <string>

#include <gtest/gtest.h>

#include "server/config_help.h"

namespace forebay::server {
namespace {

std::string refusal(std::string_view text) {
  const Result<ConfigFile> result = parse_config_file(text, "f.toml");
  if (result.ok()) return "";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidConfiguration);
  return result.error().message;
}

TEST(ConfigFile, GivesOptionsAsTextWithTheirPlace) {
  const auto file = parse_config_file(
      "# comment\nlisten = \"[::1]:1\"\nthreads = 4\nmemory = true\nlog_format = \"json\"\n",
      "f.toml");
  ASSERT_TRUE(file.ok()) << file.error().message;
  std::string all;
  for (const FileOption& option : (*file).options) {
    all += option.name + "=" + option.text + " (" + option.origin + ")\n";
  }
  EXPECT_NE(all.find("listen=[::1]:1 (f.toml:2: listen)"), std::string::npos) << all;
  EXPECT_NE(all.find("threads=4 (f.toml:3: threads)"), std::string::npos) << all;
  EXPECT_NE(all.find("memory=true (f.toml:4: memory)"), std::string::npos) << all;
  EXPECT_NE(all.find("log-format=json (f.toml:5: log-format)"), std::string::npos) << all;
}

TEST(ConfigFile, ReadsQueues) {
  const auto file = parse_config_file(R"(
[[queue]]
name = "orders.fifo"
dead_letter_queue = "dead.fifo"
[queue.attributes]
VisibilityTimeout = 60
ContentBasedDeduplication = true
Policy = "text"
[queue.tags]
team = "shop"
[[queue]]
name = "dead.fifo"
[[queue]]
name = "other"
dead_letter_queue = "third"
max_receive_count = 7
[[queue]]
name = "third"
)",
                                      "f.toml");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto& queues = (*file).queues;
  ASSERT_EQ(queues.size(), 4u);
  EXPECT_EQ(queues[0].name, "orders.fifo");
  EXPECT_EQ(queues[0].dead_letter_queue, "dead.fifo");
  EXPECT_EQ(queues[0].max_receive_count, 3);
  const std::vector<std::pair<std::string, std::string>> attributes = {
      {"ContentBasedDeduplication", "true"}, {"Policy", "text"}, {"VisibilityTimeout", "60"}};
  EXPECT_EQ(queues[0].attributes, attributes);
  EXPECT_EQ(queues[0].tags, (std::map<std::string, std::string>{{"team", "shop"}}));
  EXPECT_EQ(queues[1].max_receive_count, 0);
  EXPECT_EQ(queues[2].max_receive_count, 7);
}

TEST(ConfigFile, TheExampleInTheHelpIsValid) {
  const auto file = parse_config_file(config_file_example(), "example.toml");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ((*file).options.size(), 3u);
  EXPECT_EQ((*file).queues.size(), 2u);
  EXPECT_EQ((*file).access_keys.size(), 1u);
}

TEST(ConfigFile, AnEmptyFileSetsNothing) {
  const auto file = parse_config_file("", "f.toml");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file).options.empty());
}

TEST(ConfigFile, UnknownKeysAreErrorsThatNameTheNearest) {
  EXPECT_EQ(refusal("memory = true\nlisen = \"9324\"\n"),
            "f.toml:2: unknown key 'lisen'; did you mean 'listen'?");
  EXPECT_EQ(refusal("[[queues]]\nname = \"a\"\n"),
            "f.toml:1: unknown key 'queues'; did you mean 'queue'?");
  EXPECT_NE(refusal("password = \"x\"\n").find("unknown key 'password'; the keys are listen, "),
            std::string::npos);
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\nmax_recieve_count = 3\n"),
            "f.toml:3: unknown key 'max_recieve_count' in [[queue]]; did you mean "
            "'max_receive_count'?");
}

TEST(ConfigFile, WrongTypesNameKeyLineAndWhatIsAllowed) {
  EXPECT_EQ(refusal("listen = 9324"), "f.toml:1: listen must be a string, in quotes");
  EXPECT_EQ(refusal("\nthreads = \"4\""),
            "f.toml:2: threads must be a whole number, without quotes");
  EXPECT_EQ(refusal("memory = \"on\""), "f.toml:1: memory must be true or false, without quotes");
  EXPECT_EQ(refusal("queue = 3"),
            "f.toml:1: queue must be tables, each under the heading [[queue]]");
  EXPECT_EQ(refusal("[queue]\nname = \"a\""),
            "f.toml:1: queue must be tables, each under the heading [[queue]]");
  EXPECT_EQ(refusal("[[queue]]\nname = 3"), "f.toml:2: name must be a string, in quotes");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\nattributes = 3"),
            "f.toml:3: attributes must be a table: [queue.attributes]");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\ntags = 3"),
            "f.toml:3: tags must be a table: [queue.tags]");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\n[queue.attributes]\nDelaySeconds = 1.5"),
            "f.toml:4: DelaySeconds must be a string, a whole number, true or false");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\n[queue.tags]\nteam = 1"),
            "f.toml:4: team must be a string, in quotes");
  for (const char* count : {"0", "1001", "\"3\"", "-1"}) {
    EXPECT_EQ(refusal(std::string("[[queue]]\nname = \"a\"\nmax_receive_count = ") + count),
              "f.toml:3: max_receive_count must be a whole number from 1 to 1000");
  }
}

TEST(ConfigFile, SyntaxErrorsNameTheLine) {
  EXPECT_TRUE(refusal("memory = true\nlisten = \n").starts_with("f.toml:2: not valid TOML: "));
  EXPECT_TRUE(refusal("memory = true\nmemory = false\n").starts_with("f.toml:2: not valid TOML: "));
}

TEST(ConfigFile, QueuesThatCannotBeAreRefused) {
  EXPECT_EQ(refusal("[[queue]]\n"), "f.toml:1: [[queue]] needs a name");
  for (const std::string& name : {std::string("a b"), std::string(".fifo"), std::string("a.b"),
                                  std::string(81, 'a'), std::string("a.fifo.fifo")}) {
    EXPECT_NE(refusal("[[queue]]\nname = \"" + name + "\"").find("must be 1 to 80 letters"),
              std::string::npos)
        << name;
  }
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\n[[queue]]\nname = \"a\""),
            "f.toml:3: queue 'a' is defined twice");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\nmax_receive_count = 3"),
            "f.toml:1: queue 'a' has max_receive_count without dead_letter_queue");
  EXPECT_EQ(refusal("[[queue]]\nname = \"orders\"\ndead_letter_queue = \"dead\"\n"),
            "f.toml:3: dead_letter_queue 'dead' of queue 'orders' is not a [[queue]] of this file; "
            "add one of that name");
  EXPECT_EQ(
      refusal("[[queue]]\nname = \"orders\"\ndead_letter_queue = \"order\"\n"),
      "f.toml:3: dead_letter_queue 'order' of queue 'orders' is not a [[queue]] of this file; "
      "did you mean 'orders'?");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\ndead_letter_queue = \"a\"\n"),
            "f.toml:3: queue 'a' is its own dead_letter_queue");
  EXPECT_EQ(
      refusal("[[queue]]\nname = \"a\"\ndead_letter_queue = \"b.fifo\"\n"
              "[[queue]]\nname = \"b.fifo\"\n"),
      "f.toml:3: dead_letter_queue 'b.fifo' of queue 'a' must be of the same type: both names "
      "end in .fifo, or none");
  EXPECT_EQ(refusal("[[queue]]\nname = \"b\"\n[[queue]]\nname = \"a\"\ndead_letter_queue = \"b\"\n"
                    "[queue.attributes]\nRedrivePolicy = \"{}\"\n"),
            "f.toml:3: queue 'a' has both dead_letter_queue and the attribute RedrivePolicy; keep "
            "one of them");
}

TEST(ConfigFile, ReadsAccessKeys) {
  const auto file = parse_config_file(R"(
[[access_key]]
id = "AKIAONE"
account = "111122223333"
[[access_key]]
id = "second-key_2"
account = "111122223333"
)",
                                      "f.toml");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ((*file).access_keys,
            (std::map<std::string, std::string, std::less<>>{{"AKIAONE", "111122223333"},
                                                             {"second-key_2", "111122223333"}}));
}

TEST(ConfigFile, AccessKeysThatCannotBeAreRefused) {
  const std::string key = "[[access_key]]\nid = \"AKIA\"\n";
  const std::string account = "account = \"111122223333\"\n";
  EXPECT_EQ(refusal(key + "account = \"11112222333\""),
            "f.toml:3: account must be 12 digits; it is '11112222333'");
  EXPECT_EQ(refusal(key + "account = 111122223333"),
            "f.toml:3: account must be a string, in quotes");
  EXPECT_EQ(refusal(key + account + key + account), "f.toml:4: access key 'AKIA' is defined twice");
  EXPECT_EQ(refusal(key), "f.toml:1: [[access_key]] needs an id and an account");
  EXPECT_EQ(refusal("[[access_key]]\n" + account),
            "f.toml:1: [[access_key]] needs an id and an account");
  EXPECT_EQ(refusal("[[access_key]]\nid = \"a/b\"\n" + account),
            "f.toml:1: access key id 'a/b' must be 1 to 128 letters, digits, hyphens and "
            "underscores");
  EXPECT_EQ(
      refusal("[[access_key]]\nid = \"" + std::string(129, 'A') + "\"\n" + account).substr(0, 24),
      "f.toml:1: access key id ");
  EXPECT_EQ(refusal(key + account + "acount = \"1\""),
            "f.toml:4: unknown key 'acount' in [[access_key]]; did you mean 'account'?");
  EXPECT_EQ(refusal("access_key = \"AKIA\""),
            "f.toml:1: access_key must be tables, each under the heading [[access_key]]");
  EXPECT_EQ(refusal("[[access_keys]]\nid = \"AKIA\""),
            "f.toml:1: unknown key 'access_keys'; did you mean 'access_key'?");
}

TEST(ConfigFile, QueuesMayBeOfAnotherAccountAndRegion) {
  const auto file = parse_config_file(R"(
[[queue]]
name = "q"
[[queue]]
name = "q"
account = "111122223333"
dead_letter_queue = "dead"
[[queue]]
name = "q"
account = "111122223333"
region = "eu-west-1"
[[queue]]
name = "dead"
account = "111122223333"
)",
                                      "f.toml");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto& queues = (*file).queues;
  ASSERT_EQ(queues.size(), 4u);
  EXPECT_EQ(queues[0].account, "");
  EXPECT_EQ(queues[0].region, "");
  EXPECT_EQ(queues[1].account, "111122223333");
  EXPECT_EQ(queues[2].region, "eu-west-1");
}

TEST(ConfigFile, ADeadLetterQueueIsOfTheSameAccountAndRegion) {
  const std::string first = "[[queue]]\nname = \"a\"\naccount = \"111122223333\"\n";
  EXPECT_EQ(refusal(first + "dead_letter_queue = \"dead\"\n"
                            "[[queue]]\nname = \"dead\"\naccount = \"444455556666\"\n"),
            "f.toml:4: dead_letter_queue 'dead' of queue 'a' is not a [[queue]] of this file in "
            "account 111122223333; add one of that name");
  EXPECT_EQ(refusal(first + "region = \"eu-west-1\"\ndead_letter_queue = \"dead\"\n"
                            "[[queue]]\nname = \"dead\"\nregion = \"us-east-1\"\n"),
            "f.toml:5: dead_letter_queue 'dead' of queue 'a' is not a [[queue]] of this file in "
            "region eu-west-1 and account 111122223333; add one of that name");
  // The configured account may be the very same.
  EXPECT_EQ(refusal(first + "dead_letter_queue = \"dead\"\n[[queue]]\nname = \"dead\"\n"), "");
  EXPECT_EQ(refusal(first + first), "f.toml:4: queue 'a' is defined twice");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\naccount = \"1\""),
            "f.toml:3: account must be 12 digits; it is '1'");
  EXPECT_EQ(refusal("[[queue]]\nname = \"a\"\nregion = \"EU\""),
            "f.toml:3: region must be lower-case letters, digits and hyphens, for example "
            "us-east-1; it is 'EU'");
}

TEST(ConfigFile, AFileThatCannotBeReadIsNamed) {
  const auto file = load_config_file("/nonexistent/forebay.toml");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_TRUE(file.error().message.starts_with(
      "Cannot read the configuration file /nonexistent/forebay.toml: "))
      << file.error().message;
}

}  // namespace
}  // namespace forebay::server
