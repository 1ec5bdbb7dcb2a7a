// SPDX-License-Identifier: Apache-2.0
#include "bench/load/options.h"

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

Result<Options> parsed(std::vector<const char*> words) {
  return parse_options(words);
}

TEST(ParseOptions, ReadsFlagsAndStages) {
  const auto options = parsed({"--queue-url", "http://127.0.0.1:9324/000000000000/q-{}.fifo",
                               "--queues", "100", "--groups", "7", "--batch", "10", "--start",
                               "5000000000", "send=20000", "level=2.5s", "delete"});
  ASSERT_TRUE(options.ok()) << options.error().message;
  EXPECT_EQ(options.value().endpoint.host, "127.0.0.1");
  EXPECT_EQ(options.value().endpoint.port, 9324);
  EXPECT_EQ(options.value().form.host_header, "127.0.0.1:9324");
  EXPECT_EQ(options.value().queues, 100u);
  ASSERT_EQ(options.value().form.queue_urls.size(), 100u);
  EXPECT_EQ(options.value().form.queue_urls[42], "http://127.0.0.1:9324/000000000000/q-42.fifo");
  EXPECT_EQ(options.value().form.groups, 7u);
  EXPECT_EQ(options.value().batch, 10u);
  EXPECT_EQ(options.value().start, 5'000'000'000u);
  ASSERT_EQ(options.value().stages.size(), 3u);
  EXPECT_EQ(options.value().stages[0].count, 20'000u);
  EXPECT_EQ(options.value().stages[1].kind, StageKind::kLevel);
  EXPECT_EQ(options.value().stages[1].duration_ms, 2500);
  EXPECT_EQ(options.value().stages[2].kind, StageKind::kDelete);
}

TEST(ParseOptions, EveryStageHasItsName) {
  for (const char* name : {"send", "receive", "delete", "consume", "level"}) {
    const auto stage = parse_stage(std::string(name) + "=1");
    ASSERT_TRUE(stage.ok()) << name;
    EXPECT_EQ(stage_name(stage.value().kind), name);
  }
}

TEST(ParseOptions, RefusesWhatItDoesNotKnow) {
  const char* url = "http://127.0.0.1:1/0/q";
  EXPECT_FALSE(parsed({"send=1"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", url}).ok());
  EXPECT_FALSE(parsed({"--queue-url", url, "--batch", "11", "send=1"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", url, "--batch", "1x", "send=1"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", url, "--colour", "1", "send=1"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", url, "send=1", "--batch"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", url, "--queues", "2", "send=1"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", "http://127.0.0.1:1/0/q-{}", "send=1"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", "127.0.0.1:1/0/q", "send=1"}).ok());
  EXPECT_FALSE(parsed({"--queue-url", "http://127.0.0.1:1", "send=1"}).ok());
}

TEST(ParseStage, NeedsAnAmountThatCanBeReached) {
  for (const char* text : {"send", "send=", "send=0", "send=-1", "send=1m", "level=s", "level=0s",
                           "level=nans", "level=4000s", "sleep=1", ""}) {
    EXPECT_FALSE(parse_stage(text).ok()) << text;
  }
}

}  // namespace
}  // namespace forebay::load
