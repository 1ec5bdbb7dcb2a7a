// SPDX-License-Identifier: Apache-2.0
// The whole way: flags, environment and file to a Config, or to a text on standard output.
#include "server/config.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/config_help.h"
#include "server/config_options.h"

namespace forebay::server {
namespace {

class CommandLineTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
  }

  void set_environment(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  std::string write_file(const std::string& text) {
    const std::string path = testing::TempDir() + "forebay_config_test.toml";
    std::ofstream(path) << text;
    return path;
  }
  static Result<CommandLine> parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "forebay");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return parse_command_line(static_cast<int>(argv.size()), argv.data());
  }
  static Config config(const std::vector<std::string>& arguments) {
    Result<CommandLine> line = parse(arguments);
    EXPECT_TRUE(line.ok()) << (line.ok() ? "" : line.error().message);
    if (!line.ok()) return {};
    EXPECT_EQ(line->kind, CommandLine::Kind::kServe);
    return line->config;
  }
  static std::string refusal(const std::vector<std::string>& arguments) {
    const Result<CommandLine> line = parse(arguments);
    EXPECT_FALSE(line.ok());
    if (line.ok()) return "";
    EXPECT_EQ(line.error().code, ErrorCode::kInvalidConfiguration);
    return line.error().message;
  }
  static std::string printed(const std::vector<std::string>& arguments) {
    testing::internal::CaptureStdout();
    Result<CommandLine> line = parse(arguments);
    std::string text = testing::internal::GetCapturedStdout();
    EXPECT_TRUE(line.ok());
    EXPECT_EQ(line->kind, CommandLine::Kind::kExit);
    EXPECT_EQ(line->exit_code, 0);
    return text;
  }

 private:
  std::vector<std::string> set_;
};

TEST_F(CommandLineTest, NothingMeansServeWithDefaults) {
  for (const auto& arguments : {std::vector<std::string>{}, std::vector<std::string>{"serve"}}) {
    const Config c = config(arguments);
    EXPECT_EQ(c.listen_address, "127.0.0.1");
    EXPECT_EQ(c.port, 9324);
    EXPECT_FALSE(c.memory);
    EXPECT_TRUE(c.queues.empty());
  }
}

TEST_F(CommandLineTest, FlagsComeInEveryUsualForm) {
  const Config c = config({"serve", "--listen", "[::1]:1", "--threads=2", "--memory",
                           "--cooldowns=off", "--log-level", "debug", "--log-level", "warn"});
  EXPECT_EQ(c.listen_address, "::1");
  EXPECT_EQ(c.port, 1);
  EXPECT_EQ(c.threads, 2u);
  EXPECT_TRUE(c.memory);
  EXPECT_FALSE(c.cooldowns);
  EXPECT_EQ(c.log_level, LogLevel::kWarn);
  EXPECT_EQ(config({"--listen", "[::1]"}).listen_address, "::1");
  EXPECT_EQ(config({"--listen", ":80"}).port, 80);
  EXPECT_FALSE(config({"--memory=off"}).memory);
}

TEST_F(CommandLineTest, AFlagBeatsTheEnvironmentBeatsTheFileBeatsTheDefault) {
  const std::string path = write_file("region = \"file-1\"\nthreads = 2\nsegment-mb = 8\n");
  set_environment("FOREBAY_REGION", "environment-1");
  set_environment("FOREBAY_THREADS", "3");
  const Config c = config({"--config", path, "--region", "flag-1"});
  EXPECT_EQ(c.region, "flag-1");
  EXPECT_EQ(c.threads, 3u);
  EXPECT_EQ(c.segment_mb, 8u);
  EXPECT_EQ(c.account, "000000000000");
}

TEST_F(CommandLineTest, TheEnvironmentCanNameTheFileAndAFlagAnother) {
  set_environment("FOREBAY_CONFIG", "/nonexistent.toml");
  EXPECT_NE(refusal({}).find("/nonexistent.toml"), std::string::npos);
  const std::string path = write_file("[[queue]]\nname = \"orders\"\n");
  const Config c = config({"--config", path});
  ASSERT_EQ(c.queues.size(), 1u);
  EXPECT_EQ(c.queues[0].name, "orders");
}

TEST_F(CommandLineTest, AnEmptyVariableCountsAsNotSet) {
  set_environment("FOREBAY_THREADS", "");
  set_environment("FOREBAY_CONFIG", "");
  EXPECT_EQ(config({}).threads, 1u);
}

TEST_F(CommandLineTest, EveryOptionCanBeSetByItsVariable) {
  for (const ConfigOption& option : config_options()) {
    set_environment(environment_name(option.name), "\x01");
    const Result<CommandLine> line = parse({});
    if (option.name == "data") {
      EXPECT_TRUE(line.ok());  // any name is a directory's
    } else {
      ASSERT_FALSE(line.ok()) << option.name;
      EXPECT_TRUE(line.error().message.starts_with(environment_name(option.name) + " must be "))
          << line.error().message;
    }
    ::unsetenv(environment_name(option.name).c_str());
  }
}

TEST_F(CommandLineTest, EveryOptionCanBeSetByItsFlagAndInTheFile) {
  for (const ConfigOption& option : config_options()) {
    const std::string flag = "--" + std::string(option.name);
    const std::string initial =
        option.name == "public-url" ? "https://a" : std::string(option.initial);
    EXPECT_TRUE(parse({flag + "=" + initial}).ok()) << flag;
    std::string text = initial;
    if (option.kind == OptionKind::kText) text = "\"" + initial + "\"";
    if (option.kind == OptionKind::kSwitch) text = initial == "on" ? "true" : "false";
    const std::string path = write_file(std::string(option.name) + " = " + text + "\n");
    EXPECT_TRUE(parse({"--config", path}).ok()) << text;
  }
}

TEST_F(CommandLineTest, AWrongValueIsNamedWithItsOrigin) {
  EXPECT_EQ(refusal({"--threads", "many"}),
            "--threads must be a whole number from 1 to 256; it is 'many'.");
  set_environment("FOREBAY_ACCOUNT", "1");
  EXPECT_EQ(refusal({}), "FOREBAY_ACCOUNT must be 12 digits; it is '1'.");
  const std::string path = write_file("memory = true\nthreads = 0\n");
  EXPECT_EQ(refusal({"--config", path}),
            path + ":2: threads must be a whole number from 1 to 256; it is '0'.");
}

TEST_F(CommandLineTest, UnknownCommandsAndOptionsAreErrors) {
  EXPECT_EQ(refusal({"--lisen", "1"}),
            "Unknown option '--lisen'; did you mean '--listen'? See 'forebay serve --help'.");
  EXPECT_EQ(refusal({"--thread=2"}),
            "Unknown option '--thread=2'; did you mean '--threads'? See 'forebay serve --help'.");
  EXPECT_EQ(refusal({"serve", "--password"}),
            "Unknown option '--password'. See 'forebay serve --help'.");
  EXPECT_EQ(refusal({"serve", "now"}), "Unexpected argument 'now'. See 'forebay serve --help'.");
  EXPECT_EQ(refusal({"serf"}), "Unknown command 'serf'. See 'forebay --help'.");
  EXPECT_EQ(refusal({"--listen"}), "--listen needs a value. See 'forebay serve --help'.");
}

TEST_F(CommandLineTest, AnAddressThatOthersCanReachNeedsConsent) {
  EXPECT_TRUE(refusal({"--listen", "0.0.0.0:9324"}).starts_with("Refusing to listen on 0.0.0.0: "));
  EXPECT_EQ(config({"--listen", "0.0.0.0:9324", "--allow-anonymous"}).listen_address, "0.0.0.0");
}

TEST_F(CommandLineTest, HelpAndVersionArePrinted) {
  EXPECT_EQ(printed({"--help"}), overview_help());
  EXPECT_EQ(printed({"help"}), overview_help());
  EXPECT_EQ(printed({"serve", "--help"}), serve_help());
  EXPECT_EQ(printed({"serve", "-h", "--memory"}), serve_help());
  EXPECT_EQ(printed({"help", "serve"}), serve_help());
  EXPECT_EQ(printed({"--version"}), version_line() + "\n");
  EXPECT_EQ(printed({"version"}), version_line() + "\n");
  EXPECT_TRUE(version_line().starts_with("forebay "));
  EXPECT_GT(version_line().size(), std::string("forebay ").size());
}

}  // namespace
}  // namespace forebay::server
