// SPDX-License-Identifier: Apache-2.0
#include "commands/queue_definition.h"

#include <gtest/gtest.h>

namespace forebay::commands {
namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "preset", .value = "NAME"},
    {.name = "fifo"},
    {.name = "attribute", .letter = 'a', .value = "X=Y", .repeats = true},
    {.name = "tag", .letter = 't', .value = "X=Y", .repeats = true},
    {.name = "dead-letter-queue", .value = "QUEUE"},
    {.name = "max-receive-count", .value = "N", .most = 1000},
    {.name = "no-dead-letter-queue"}};
constexpr CommandSpec kCommands[] = {
    {.path = "queue ensure", .options = kOptions, .arguments_most = 1}};
constexpr CommandTable kTable = {.commands = kCommands};

sqs::Result<std::vector<sqs::QueueDefinition>> definitions(
    const std::vector<std::string>& options) {
  std::vector<std::string> words = {"queue", "ensure", "jobs"};
  words.insert(words.end(), options.begin(), options.end());
  return queue_definitions(*CommandLine::parse(words, kTable));
}

TEST(QueueDefinitions, PutWhatIsNamedOverThePreset) {
  const auto found = definitions({"--preset", "batch", "-a", "VisibilityTimeout=77", "-a",
                                  "NewAttribute=x", "-t", "team=a=b", "--max-receive-count", "9"});
  ASSERT_TRUE(found.ok());
  const sqs::QueueDefinition& jobs = found.value().front();
  EXPECT_EQ(jobs.attributes.visibility_timeout, std::chrono::seconds(77));
  EXPECT_EQ(jobs.attributes.delay_seconds, std::chrono::seconds(300));
  EXPECT_EQ(jobs.attributes.others.at("NewAttribute"), "x");
  EXPECT_EQ(jobs.tags.at("team"), "a=b");
  EXPECT_EQ(jobs.dead_letter->queue_name, "jobs-dlq");
  EXPECT_EQ(jobs.dead_letter->max_receive_count, 9);
}

TEST(QueueDefinitions, AValueThatDoesNotFitGoesToTheServer) {
  const auto found = definitions({"--preset", "standard", "-a", "VisibilityTimeout=soon"});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(sqs::to_text(found.value().front().attributes).at("VisibilityTimeout"), "soon");
}

TEST(QueueDefinitions, OfThePriorityPresetAreThree) {
  EXPECT_EQ(definitions({"--preset", "priority"}).value().size(), 3u);
  EXPECT_FALSE(
      definitions({"--preset", "standard", "--no-dead-letter-queue"}).value().front().dead_letter);
  EXPECT_EQ(definitions({"--fifo"}).value().front().queue_name, "jobs.fifo");
}

TEST(QueueDefinitions, ThatContradictThemselvesAreRefused) {
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--max-receive-count", "3"},
                                             {"--no-dead-letter-queue", "--dead-letter-queue", "x"},
                                             {"-a", "VisibilityTimeout"},
                                             {"-t", "=x"},
                                             {"-a", "QueueArn=x"},
                                             {"-a", "ApproximateNumberOfMessages=1"}}) {
    EXPECT_FALSE(definitions(options).ok()) << options.front();
  }
}

}  // namespace
}  // namespace forebay::commands
