// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_arguments.h"

#include <gtest/gtest.h>

#include "cli/bench_help.h"

namespace forebay::cli {
namespace {

BenchArguments parsed(const std::vector<std::string>& arguments) {
  Result<BenchArguments> result = parse_bench_arguments(arguments);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? *std::move(result) : BenchArguments{};
}

std::string refusal(const std::vector<std::string>& arguments) {
  const Result<BenchArguments> result = parse_bench_arguments(arguments);
  EXPECT_FALSE(result.ok()) << (arguments.empty() ? "" : arguments.back());
  if (result.ok()) return "";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidConfiguration);
  return result.error().message;
}

TEST(BenchArguments, AllHaveDefaults) {
  const BenchArguments arguments = parsed({});
  EXPECT_EQ(arguments.endpoint.authority(), "127.0.0.1:9324");
  EXPECT_EQ(arguments.mix.kind, load::Mix::Kind::kSend);
  EXPECT_EQ(arguments.duration_ms, 10'000);
  EXPECT_EQ(arguments.requests, 0u);
  EXPECT_EQ(arguments.rate, 0);
  EXPECT_EQ(arguments.format, BenchFormat::kText);
}

TEST(BenchArguments, AreReadWithAndWithoutEqualsSign) {
  const BenchArguments arguments = parsed({"--endpoint",
                                           "http://sqs.local:1/",
                                           "--mix=roundtrip",
                                           "--batch",
                                           "10",
                                           "--body-bytes=2048",
                                           "--queues",
                                           "3",
                                           "--groups=7",
                                           "--connections",
                                           "64",
                                           "--threads",
                                           "2",
                                           "--warm-up=500ms",
                                           "--duration",
                                           "1.5m",
                                           "--rate",
                                           "0.5",
                                           "--preload",
                                           "100000",
                                           "--wait-seconds",
                                           "20",
                                           "--format",
                                           "json",
                                           "--output",
                                           "figures.json",
                                           "--keep-queues",
                                           "-q"});
  EXPECT_EQ(arguments.endpoint, (load::Endpoint{"sqs.local", 1}));
  EXPECT_EQ(arguments.mix.kind, load::Mix::Kind::kRoundtrip);
  EXPECT_EQ(arguments.batch, 10u);
  EXPECT_EQ(arguments.body_bytes, 2048u);
  EXPECT_EQ(arguments.queues, 3u);
  EXPECT_EQ(arguments.groups, 7u);
  EXPECT_EQ(arguments.connections, 64u);
  EXPECT_EQ(arguments.threads, 2u);
  EXPECT_EQ(arguments.warm_up_ms, 500);
  EXPECT_EQ(arguments.duration_ms, 90'000);
  EXPECT_EQ(arguments.rate, 0.5);
  EXPECT_EQ(arguments.preload, 100'000u);
  EXPECT_EQ(arguments.wait_s, 20u);
  EXPECT_EQ(arguments.format, BenchFormat::kJson);
  EXPECT_EQ(arguments.output, "figures.json");
  EXPECT_TRUE(arguments.keep_queues);
  EXPECT_TRUE(arguments.quiet);
}

TEST(BenchArguments, WeightsHaveEqualsSignsOfTheirOwn) {
  EXPECT_EQ(parsed({"--mix=send=2,receive=1"}).mix.weights[0], 2u);
  EXPECT_EQ(parsed({"--mix", "send=2,receive=1"}).mix.weights[1], 1u);
}

TEST(BenchArguments, RequestsTakeThePlaceOfADuration) {
  const BenchArguments arguments = parsed({"--requests", "1000"});
  EXPECT_EQ(arguments.requests, 1000u);
  EXPECT_EQ(arguments.duration_ms, 0);
}

TEST(BenchArguments, AQueueUrlNamesItsServer) {
  EXPECT_EQ(parsed({"--queue-url", "http://a:1/0/q"}).endpoint, (load::Endpoint{"a", 1}));
  EXPECT_EQ(parsed({"--queue-url", "http://a:1/0/q", "--endpoint", "http://b:2"}).endpoint,
            (load::Endpoint{"b", 2}));
}

TEST(BenchArguments, HttpsIsRefusedWithAnAdvice) {
  const std::string text = refusal({"--endpoint", "https://sqs.eu-west-1.amazonaws.com"});
  EXPECT_NE(text.find("proxy"), std::string::npos) << text;
}

TEST(BenchArguments, AWrongOneIsNamed) {
  EXPECT_EQ(refusal({"--conections", "5"}),
            "Unknown option '--conections'; did you mean '--connections'? See 'forebay bench "
            "--help'.");
  EXPECT_EQ(refusal({"--batch"}), "--batch needs a value. See 'forebay bench --help'.");
  EXPECT_EQ(refusal({"--batch", "11"}),
            "--batch must be a whole number from 1 to 10; it is '11'. See 'forebay bench --help'.");
  EXPECT_EQ(refusal({"fast"}), "Unexpected argument 'fast'. See 'forebay bench --help'.");
}

TEST(BenchArguments, ValuesOutOfRangeAreRefused) {
  const std::vector<std::vector<std::string>> all = {{"--batch", "0"},
                                                     {"--batch", "1x"},
                                                     {"--batch", ""},
                                                     {"--connections", "1001"},
                                                     {"--connections", "0"},
                                                     {"--threads", "0"},
                                                     {"--body-bytes", "0"},
                                                     {"--body-bytes", "1048577"},
                                                     {"--rate", "0"},
                                                     {"--rate", "fast"},
                                                     {"--rate", "-1"},
                                                     {"--duration", "0s"},
                                                     {"--duration", "10x"},
                                                     {"--duration", "s"},
                                                     {"--duration", "nan"},
                                                     {"--duration", "25000m"},
                                                     {"--warm-up", "-1s"},
                                                     {"--requests", "0"},
                                                     {"--requests", "-5"},
                                                     {"--mix", "all"},
                                                     {"--format", "xml"},
                                                     {"--output", ""},
                                                     {"--wait-seconds", "21"},
                                                     {"--queues", "0"},
                                                     {"--endpoint", "x"},
                                                     {"--endpoint", "http://h/0/q"},
                                                     {"--raw-target", "health"},
                                                     {"--raw-target", "/a b"}};
  for (const auto& arguments : all) EXPECT_NE(refusal(arguments), "") << arguments[1];
}

TEST(BenchArguments, WhatDoesNotBelongTogetherIsRefused) {
  refusal({"--requests", "5", "--duration", "5s"});
  refusal({"--threads", "5", "--connections", "4"});
  refusal({"--raw-target", "/x", "--queue-url", "http://h:1/0/q"});
  refusal({"--raw-target", "/x", "--mix", "roundtrip"});
  refusal({"--raw-target", "/x", "--preload", "5"});
  refusal({"--queue-url", "http://h:1/0/q", "--queues", "2"});
  refusal({"--queue-url", "http://h:1/0/q", "--groups", "2"});
  refusal({"--queue-url", "http://h:1/0/q.fifo"});
}

TEST(BenchArguments, HelpIsForEveryOption) {
  EXPECT_TRUE(parsed({"--help"}).help);
  EXPECT_TRUE(parsed({"-h"}).help);
  for (const char* option :
       {"--endpoint", "--queue-url",   "--raw-target", "--keep-queues", "--mix",
        "--batch",    "--body-bytes",  "--queues",     "--groups",      "--wait-seconds",
        "--preload",  "--connections", "--threads",    "--rate",        "--warm-up",
        "--duration", "--requests",    "--format",     "--output",      "--quiet",
        "--help"}) {
    EXPECT_NE(bench_help().find(std::string(" ") + option + " "), std::string_view::npos) << option;
  }
  for (size_t begin = 0; begin < bench_help().size();) {
    const size_t end = bench_help().find('\n', begin);
    EXPECT_LE(end - begin, 92u) << bench_help().substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace forebay::cli
