// SPDX-License-Identifier: Apache-2.0
#include "client/settings.h"

#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::sqs {
namespace {

constexpr std::string_view kConfig = R"(
# a comment
[default]
region = eu-west-1   # and another
max_attempts=5

[profile work]
region=eu-north-1
endpoint_url = http://work:1
ca_bundle = /nowhere.pem

[profile "two words"]
services = local
endpoint_url = http://not-this:1
s3 =
  endpoint_url = http://nested:1

[services local]
sqs =
  endpoint_url = http://service:2
s3 =
  endpoint_url = http://s3:3
no equals sign here
[broken
)";
constexpr std::string_view kCredentials = R"([work]
aws_access_key_id = id
aws_secret_access_key = se=cret
region = us-west-2
)";

class SettingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("config", kConfig);
    write("credentials", kCredentials);
    variables_["AWS_CONFIG_FILE"] = folder_ / "config";
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = folder_ / "credentials";
  }
  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
  }

  Result<Settings> resolve(const ClientOptions& options = {}) {
    return resolve_settings(options, {.environment =
                                          [this](const std::string& name) {
                                            const auto found = variables_.find(name);
                                            return found == variables_.end()
                                                       ? std::nullopt
                                                       : std::optional(found->second);
                                          },
                                      .files = env::posix_file_system()});
  }
  Settings settings(const ClientOptions& options = {}) {
    const Result<Settings> resolved = resolve(options);
    EXPECT_TRUE(resolved.ok()) << resolved.error();
    return *resolved;
  }

  env::TemporaryDirectory folder_;
  std::map<std::string, std::string> variables_;
};

TEST(ProfileFiles, AreReadAsTheSdksDo) {
  const Profiles files = read_profiles(kConfig, kCredentials);
  EXPECT_EQ(files.profiles.size(), 3u);
  EXPECT_EQ(files.profiles.at("default"),
            (ProfileKeys{{"region", "eu-west-1"}, {"max_attempts", "5"}}));
  EXPECT_EQ(find_key(files.profiles.at("work"), "aws_secret_access_key"), "se=cret");
  EXPECT_EQ(find_key(files.profiles.at("work"), "region"), "us-west-2");  // credentials win
  EXPECT_EQ(find_key(files.profiles.at("two words"), "s3.endpoint_url"), "http://nested:1");
  EXPECT_EQ(find_key(files.profiles.at("two words"), "s3"), std::nullopt);
  EXPECT_EQ(find_key(files.services.at("local"), "sqs.endpoint_url"), "http://service:2");
}

TEST(ProfileFiles, AnythingIsTaken) {
  EXPECT_TRUE(read_profiles("", "").profiles.empty());
  EXPECT_TRUE(read_profiles("[work]\nregion=x\n", "").profiles.empty());  // lacks "profile "
  EXPECT_TRUE(read_profiles("region = x\n[\n]\n==\n \t\n", "=\r\n").profiles.empty());
  EXPECT_EQ(read_profiles("", "[a]\r\nk = v\r\n").profiles.at("a").at("k"), "v");
}

TEST_F(SettingsTest, TheRegionComesFromTheFirstThatNamesOne) {
  EXPECT_EQ(settings().region, "eu-west-1");
  variables_["AWS_PROFILE"] = "work";
  EXPECT_EQ(settings({.ca_file = folder_ / "config"}).region, "us-west-2");
  variables_.erase("AWS_PROFILE");
  variables_["AWS_DEFAULT_REGION"] = "ap-1";
  EXPECT_EQ(settings().region, "ap-1");
  variables_["AWS_REGION"] = "ap-2";
  EXPECT_EQ(settings().region, "ap-2");
  EXPECT_EQ(settings({.region = "mars-1"}).region, "mars-1");
}

TEST_F(SettingsTest, TheEndpointComesFromTheFirstThatNamesOne) {
  EXPECT_EQ(settings().endpoint.url, "https://sqs.eu-west-1.amazonaws.com");
  EXPECT_EQ(settings({.region = "cn-north-1"}).endpoint.url,
            "https://sqs.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(settings({.profile = "two words"}).endpoint.url, "http://service:2");
  variables_["AWS_ENDPOINT_URL"] = "http://all:3/";
  EXPECT_EQ(settings({.profile = "two words"}).endpoint.url, "http://all:3");
  variables_["AWS_ENDPOINT_URL_SQS"] = "http://sqs:4";
  EXPECT_EQ(settings().endpoint.url, "http://sqs:4");
  EXPECT_EQ(settings({.endpoint_url = "http://said:5"}).endpoint.url, "http://said:5");
  variables_["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE";
  EXPECT_EQ(settings().endpoint.url, "https://sqs.eu-west-1.amazonaws.com");
  EXPECT_EQ(settings({.endpoint_url = "http://said:5"}).endpoint.url, "http://said:5");
}

TEST_F(SettingsTest, WithoutARegionAnEndpointWillDo) {
  variables_["AWS_CONFIG_FILE"] = folder_ / "nothing";
  const Result<Settings> none = resolve();
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::kConfiguration);
  EXPECT_EQ(settings({.endpoint_url = "http://h"}).region, "us-east-1");
}

TEST_F(SettingsTest, AProfileThatSomebodyChoseMustExist) {
  EXPECT_FALSE(resolve({.profile = "nobody"}).ok());
  variables_["AWS_PROFILE"] = "nobody";
  EXPECT_FALSE(resolve().ok());
}

TEST_F(SettingsTest, AttemptsComeFromProgramEnvironmentProfile) {
  EXPECT_EQ(settings().max_attempts, 5);
  variables_["AWS_MAX_ATTEMPTS"] = "7";
  EXPECT_EQ(settings().max_attempts, 7);
  EXPECT_EQ(settings({.retry = {.max_attempts = 1}}).max_attempts, 1);
  for (const char* bad : {"0", "-1", "many", "3x"}) {
    variables_["AWS_MAX_ATTEMPTS"] = bad;
    EXPECT_FALSE(resolve().ok()) << bad;
  }
}

TEST_F(SettingsTest, ACaFileMustBeThere) {
  EXPECT_FALSE(resolve({.profile = "work"}).ok());
  EXPECT_EQ(settings({.profile = "work", .ca_file = folder_ / "config"}).ca_file,
            folder_ / "config");
}

TEST(EndpointUrls, AreTakenApart) {
  const EndpointUrl plain = *parse_endpoint("http://localhost:9324/");
  EXPECT_EQ(plain.url, "http://localhost:9324");
  EXPECT_EQ(plain.host, "localhost:9324");
  EXPECT_EQ(plain.path, "/");
  const EndpointUrl tls = *parse_endpoint("https://h:443/a/b/");
  EXPECT_EQ(tls.url, "https://h:443/a/b");
  EXPECT_EQ(tls.host, "h");
  EXPECT_EQ(tls.path, "/a/b");
  EXPECT_EQ(parse_endpoint("http://[::1]:80")->host, "[::1]");
  for (const char* bad :
       {"", "h", "ftp://h", "http://", "http:///x", "http://h/?q", "http://a b", "http://user@h"}) {
    EXPECT_FALSE(parse_endpoint(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace forebay::sqs
