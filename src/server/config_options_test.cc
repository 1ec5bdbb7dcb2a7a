// SPDX-License-Identifier: Apache-2.0
#include "server/config_options.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/config_help.h"
#include "server/nearest_name.h"

namespace forebay::server {
namespace {

Result<void> set(Config& config, std::string_view name, std::string_view text) {
  const ConfigOption* option = find_config_option(name);
  CHECK(option != nullptr);
  return option->set(config, text);
}

std::string refusal(std::string_view name, std::string_view text) {
  Config config;
  const Result<void> result = set(config, name, text);
  return result.ok() ? "" : result.error().message;
}

TEST(ConfigOptions, ListenTakesAddressAndPortOrOneOfThem) {
  struct Row {
    const char* text;
    const char* address;
    uint16_t port;
  };
  for (const Row& row : {
           Row{"127.0.0.1:1234", "127.0.0.1", 1234},
           Row{"0.0.0.0:9324", "0.0.0.0", 9324},
           Row{"localhost:80", "127.0.0.1", 80},
           Row{"localhost", "127.0.0.1", 9324},
           Row{"[::1]:9325", "::1", 9325},
           Row{"[::1]", "::1", 9324},
           Row{"::1", "::1", 9324},
           Row{"[::]:0", "::", 0},
           Row{":9325", "127.0.0.1", 9325},
           Row{"9325", "127.0.0.1", 9325},
           Row{"10.0.0.1", "10.0.0.1", 9324},
           Row{"65535", "127.0.0.1", 65535},
       }) {
    Config config;
    ASSERT_TRUE(set(config, "listen", row.text).ok()) << row.text;
    EXPECT_EQ(config.listen_address, row.address) << row.text;
    EXPECT_EQ(config.port, row.port) << row.text;
  }
}

TEST(ConfigOptions, ListenRefusesAnythingElseWithExamples) {
  for (const char* text :
       {"", ":", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "65536", "host", "host:80", "[::1",
        "[::1]x", "[]", "[]:80", "1.2.3:80", "::1]:80", "127.0.0.1:-1", "127.0.0.1: 80"}) {
    EXPECT_NE(refusal("listen", text).find("127.0.0.1:9324, [::1]:9324"), std::string::npos)
        << text;
  }
}

TEST(ConfigOptions, SwitchesTakeTheUsualWords) {
  for (const char* on : {"on", "true", "yes", "1"}) {
    Config config;
    ASSERT_TRUE(set(config, "memory", on).ok());
    EXPECT_TRUE(config.memory);
  }
  for (const char* off : {"off", "false", "no", "0"}) {
    Config config;
    ASSERT_TRUE(set(config, "cooldowns", off).ok());
    EXPECT_FALSE(config.cooldowns);
  }
  EXPECT_EQ(refusal("memory", "maybe"), "must be on or off (also true/false, yes/no, 1/0)");
}

TEST(ConfigOptions, DurabilityLevels) {
  Config config;
  ASSERT_TRUE(set(config, "durability", "interval=250").ok());
  EXPECT_EQ(config.sync_interval_ms, 250u);
  EXPECT_EQ(durability_name(config), "interval=250");
  ASSERT_TRUE(set(config, "durability", "memory").ok());
  EXPECT_TRUE(config.memory);
  EXPECT_EQ(durability_name(config), "memory");
  ASSERT_TRUE(set(config, "durability", "sync").ok());
  EXPECT_EQ(config.sync_interval_ms, 0u);
  EXPECT_FALSE(config.memory);
  EXPECT_EQ(durability_name(config), "sync");
  for (const char* text : {"interval=0", "interval=60001", "interval=", "interval=1s"}) {
    EXPECT_EQ(refusal("durability", text), "must be interval=<milliseconds from 1 to 60000>")
        << text;
  }
  EXPECT_EQ(refusal("durability", "async"), "must be sync, interval=<milliseconds> or memory");
}

TEST(ConfigOptions, EveryRangeIsSaid) {
  EXPECT_EQ(refusal("threads", "0"), "must be a whole number from 1 to 256");
  EXPECT_EQ(refusal("threads", "257"), "must be a whole number from 1 to 256");
  EXPECT_EQ(refusal("threads", "-1"), "must be a whole number from 1 to 256");
  EXPECT_EQ(refusal("threads", "1.5"), "must be a whole number from 1 to 256");
  EXPECT_EQ(refusal("threads", ""), "must be a whole number from 1 to 256");
  EXPECT_EQ(refusal("threads", "99999999999999999999"), "must be a whole number from 1 to 256");
  EXPECT_EQ(refusal("segment-mb", "1025"), "must be a whole number from 1 to 1024");
  EXPECT_EQ(refusal("cache-mb", "65537"), "must be a whole number from 0 to 65536");
  EXPECT_EQ(refusal("connections-max", "0"), "must be a whole number from 1 to 1000000");
  EXPECT_EQ(refusal("account", "12345678901"), "must be 12 digits");
  EXPECT_EQ(refusal("account", "12345678901x"), "must be 12 digits");
  EXPECT_EQ(refusal("region", "US East"),
            "must be lower-case letters, digits and hyphens, for example us-east-1");
  EXPECT_EQ(refusal("data", ""), "must be the path of a directory");
  EXPECT_EQ(refusal("log-format", "xml"), "must be text or json");
  EXPECT_EQ(refusal("log-level", "loud"), "must be debug, info, warn, error or off");
  for (const char* url : {"queue.example.com", "ftp://a", "http://", "https:///path", "http://a b",
                          "http://a?b", "http://a#b", "http://user@a", ""}) {
    EXPECT_NE(refusal("public-url", url).find("must be http:// or https://"), std::string::npos)
        << url;
  }
}

TEST(ConfigOptions, EachOptionSetsItsField) {
  Config config;
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"listen", "[::1]:1"},
           {"public-url", "https://queue.example.com:8443/sqs/"},
           {"allow-anonymous", "on"},
           {"data", "/data"},
           {"memory", "on"},
           {"segment-mb", "7"},
           {"cache-mb", "9"},
           {"region", "eu-central-1"},
           {"account", "123456789012"},
           {"attribute-aliases", "on"},
           {"cooldowns", "off"},
           {"threads", "3"},
           {"connections-max", "5"},
           {"log-format", "json"},
           {"log-level", "warn"},
           {"emulate-power-loss", "17"},
           {"emulate-disk-bytes", "50000000"},
           {"bench-path", "/bench"},
       }) {
    EXPECT_TRUE(set(config, name, text).ok()) << name;
  }
  EXPECT_EQ(config.listen_address, "::1");
  EXPECT_EQ(config.public_url, "https://queue.example.com:8443/sqs");
  EXPECT_TRUE(config.allow_anonymous);
  EXPECT_EQ(config.data_directory, "/data");
  EXPECT_TRUE(config.memory);
  EXPECT_EQ(config.segment_mb, 7u);
  EXPECT_EQ(config.cache_mb, 9u);
  EXPECT_EQ(config.region, "eu-central-1");
  EXPECT_EQ(config.account, "123456789012");
  EXPECT_TRUE(config.attribute_aliases);
  EXPECT_FALSE(config.cooldowns);
  EXPECT_EQ(config.threads, 3u);
  EXPECT_EQ(config.connections_max, 5u);
  EXPECT_EQ(config.log_format, LogFormat::kJson);
  EXPECT_EQ(config.log_level, LogLevel::kWarn);
  ASSERT_TRUE(config.emulated_power_loss.has_value());
  EXPECT_EQ(config.emulated_power_loss->seed, 17u);
  EXPECT_FALSE(config.emulated_power_loss->lying);
  EXPECT_EQ(config.emulated_disk_bytes, 50'000'000u);
  EXPECT_EQ(config.bench_path, "/bench");
}

TEST(ConfigOptions, ABenchPathShadowsNothingElse) {
  Config config;
  for (const char* path : {"", "bench", "/", "/health", "/a b", "/a?b", "/a#b"}) {
    EXPECT_EQ(refusal("bench-path", path),
              "must be a path that nothing else is served on, for example /bench, or off")
        << path;
  }
  ASSERT_TRUE(set(config, "bench-path", "/bench").ok());
  ASSERT_TRUE(set(config, "bench-path", "off").ok());
  EXPECT_EQ(config.bench_path, "");
}

TEST(ConfigOptions, ALyingDiskIsEmulatedWhenAskedFor) {
  Config config;
  ASSERT_TRUE(set(config, "emulate-power-loss", "lying-disk").ok());
  EXPECT_TRUE(config.emulated_power_loss->lying);
  ASSERT_TRUE(set(config, "emulate-power-loss", "off").ok());
  EXPECT_FALSE(config.emulated_power_loss.has_value());
  EXPECT_EQ(refusal("emulate-power-loss", "on"),
            "must be a seed (a whole number), lying-disk, or off");
  EXPECT_EQ(refusal("emulate-disk-bytes", "1G"),
            "must be a number of bytes, 0 for the real disk's");
}

/// Setting an option to the default that the help names must change nothing.
TEST(ConfigOptions, TheDefaultsInTheHelpAreTheDefaults) {
  const Config defaults;
  Config config;
  for (const ConfigOption& option : config_options()) {
    if (option.name == "public-url") continue;  // its default is a rule, not a value
    ASSERT_TRUE(option.set(config, option.initial).ok()) << option.name;
  }
  EXPECT_EQ(config.listen_address, defaults.listen_address);
  EXPECT_EQ(config.port, defaults.port);
  EXPECT_EQ(config.allow_anonymous, defaults.allow_anonymous);
  EXPECT_EQ(config.data_directory, defaults.data_directory);
  EXPECT_EQ(config.memory, defaults.memory);
  EXPECT_EQ(config.segment_mb, defaults.segment_mb);
  EXPECT_EQ(config.cache_mb, defaults.cache_mb);
  EXPECT_EQ(config.sync_interval_ms, defaults.sync_interval_ms);
  EXPECT_EQ(config.region, defaults.region);
  EXPECT_EQ(config.account, defaults.account);
  EXPECT_EQ(config.attribute_aliases, defaults.attribute_aliases);
  EXPECT_EQ(config.cooldowns, defaults.cooldowns);
  EXPECT_EQ(config.threads, defaults.threads);
  EXPECT_EQ(config.connections_max, defaults.connections_max);
  EXPECT_EQ(config.log_format, defaults.log_format);
  EXPECT_EQ(config.log_level, defaults.log_level);
  EXPECT_EQ(config.emulated_power_loss.has_value(), defaults.emulated_power_loss.has_value());
  EXPECT_EQ(config.emulated_disk_bytes, defaults.emulated_disk_bytes);
  EXPECT_EQ(config.bench_path, defaults.bench_path);
}

TEST(ConfigHelp, NamesEveryOptionWithItsDefaultAndVariable) {
  const std::string help = serve_help();
  for (const ConfigOption& option : config_options()) {
    const size_t at = help.find("\n  --" + std::string(option.name));
    if (option.group.empty()) {
      EXPECT_EQ(at, std::string::npos) << option.name;
      continue;
    }
    ASSERT_NE(at, std::string::npos) << option.name;
    std::string entry = help.substr(at + 1, help.find("\n  --", at + 1) - at);
    EXPECT_NE(entry.find(environment_name(option.name)), std::string::npos) << entry;
    EXPECT_NE(entry.find("Default: " + std::string(option.initial.substr(0, 12))),
              std::string::npos)
        << entry;
    EXPECT_NE(help.find("\n" + std::string(option.group) + ":\n"), std::string::npos);
  }
  for (const char* text : {"--listen ADDRESS:PORT", "--cooldowns=on|off", "--config FILE", "--help",
                           "--version", "[[queue]]", "Usage:"}) {
    EXPECT_NE(help.find(text), std::string::npos) << text;
  }
}

TEST(ConfigHelp, FitsATerminal) {
  for (const std::string& help : {overview_help(), serve_help()}) {
    size_t start = 0;
    for (size_t end = 0; (end = help.find('\n', start)) != std::string::npos; start = end + 1) {
      EXPECT_LE(end - start, 92u) << help.substr(start, end - start);
    }
    EXPECT_EQ(start, help.size());
  }
}

TEST(ConfigOptions, OnlyALoopbackAddressIsServedToStrangersUnasked) {
  for (const char* loopback : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(check_config(Config{.listen_address = loopback}).ok()) << loopback;
  }
  for (const char* open : {"0.0.0.0", "10.0.0.1", "::", "::ffff:10.0.0.1", "fe80::1"}) {
    const Result<void> result = check_config(Config{.listen_address = open});
    ASSERT_FALSE(result.ok()) << open;
    EXPECT_NE(result.error().message.find(std::string("Refusing to listen on ") + open),
              std::string::npos);
    EXPECT_NE(result.error().message.find("read, send and delete every message"),
              std::string::npos);
    EXPECT_NE(result.error().message.find("--allow-anonymous"), std::string::npos);
    EXPECT_TRUE(check_config(Config{.listen_address = open, .allow_anonymous = true}).ok());
  }
}

TEST(NearestName, FindsWhatWasMeantAndNothingElse) {
  const std::vector<std::string> names = {"listen", "data", "log-format", "log-level"};
  EXPECT_EQ(nearest_name("lisen", names), "listen");
  EXPECT_EQ(nearest_name("lsiten", names), "listen");
  EXPECT_EQ(nearest_name("dat", names), "data");
  EXPECT_EQ(nearest_name("logformat", names), "log-format");
  EXPECT_EQ(nearest_name("log-leve1", names), "log-level");
  EXPECT_EQ(nearest_name("password", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace forebay::server
