// SPDX-License-Identifier: Apache-2.0
// Each source of credentials against services as the test plays them; the chain; what is kept how
// long.
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "client/credentials_cache.h"
#include "client/credentials_fetcher.h"
#include "client/testing/fake_io.h"
#include "env/testing/temporary_directory.h"

namespace forebay::sqs {
namespace {

constexpr std::string_view kJson =
    R"({"Code":"Success","AccessKeyId":"json-id","SecretAccessKey":"s","Token":"t",)"
    R"("Expiration":"2023-11-14T23:13:20Z"})";
constexpr std::string_view kXml =
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>xml-id</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2023-11-14T23:13:20.123Z</Expiration>"
    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsContext context() {
    return {.surroundings = {.environment =
                                 [this](const std::string& name) {
                                   const auto found = variables_.find(name);
                                   return found == variables_.end() ? std::nullopt
                                                                    : std::optional(found->second);
                                 },
                             .files = env::posix_file_system()},
            .settings = {.region = "eu-west-1",
                         .endpoint = {},
                         .profile_name = "default",
                         .profile = profile_,
                         .ca_file = {},
                         .profiles = profiles_},
            .profile_chosen_in_program = chosen_,
            .io = io_,
            .clock = notes_.clock};
  }
  void fetch(std::unique_ptr<CredentialsFetcher> fetcher) {
    outcome_.reset();
    fetcher_ = std::move(fetcher);
    fetcher_->fetch([this](CredentialsOutcome outcome) { outcome_ = std::move(outcome); });
  }
  std::string id() const {
    const auto* credentials = outcome_ ? std::get_if<Credentials>(&*outcome_) : nullptr;
    return credentials == nullptr ? "none" : credentials->access_key_id;
  }
  std::string error() const {
    const auto* error = outcome_ ? std::get_if<Error>(&*outcome_) : nullptr;
    return error == nullptr ? "none" : error->message;
  }

  testing::FakeIo::Notes notes_;
  testing::FakeIo io_{notes_};
  env::TemporaryDirectory folder_;
  std::map<std::string, std::string> variables_;
  ProfileKeys profile_;
  std::map<std::string, ProfileKeys, std::less<>> profiles_;
  bool chosen_ = false;
  std::unique_ptr<CredentialsFetcher> fetcher_;
  std::optional<CredentialsOutcome> outcome_;
};

TEST_F(CredentialsTest, TheEnvironmentGoesFirst) {
  variables_ = {
      {"AWS_ACCESS_KEY_ID", "env-id"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};
  profile_ = {{"aws_access_key_id", "profile-id"}, {"aws_secret_access_key", "s"}};
  fetch(make_default_chain(context()));
  EXPECT_EQ(id(), "env-id");
  EXPECT_EQ(std::get<Credentials>(*outcome_).session_token, "t");
  chosen_ = true;  // a profile that the program names goes before it
  fetch(make_default_chain(context()));
  EXPECT_EQ(id(), "profile-id");
}

TEST_F(CredentialsTest, HalfAKeyIsAnError) {
  variables_ = {{"AWS_ACCESS_KEY_ID", "env-id"}};
  fetch(make_default_chain(context()));
  EXPECT_NE(error().find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
  variables_.clear();
  profile_ = {{"aws_access_key_id", "profile-id"}};
  fetch(make_default_chain(context()));
  EXPECT_NE(error().find("aws_secret_access_key"), std::string::npos);
}

TEST_F(CredentialsTest, AWebIdentityIsTakenToSts) {
  std::ofstream(folder_ / "token") << "a+b/c=\n";
  variables_ = {{"AWS_WEB_IDENTITY_TOKEN_FILE", folder_ / "token"},
                {"AWS_ROLE_ARN", "arn:aws:iam::1:role/r"},
                {"AWS_ROLE_SESSION_NAME", "me"}};
  fetch(make_default_chain(context()));
  EXPECT_EQ(notes_.last_url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(io_.request().body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3A"
            "role%2Fr&RoleSessionName=me&WebIdentityToken=a%2Bb%2Fc%3D");
  io_.answer(503, "");  // tried again
  io_.answer(200, std::string(kXml));
  EXPECT_EQ(id(), "xml-id");
  EXPECT_EQ(std::get<Credentials>(*outcome_).expiration,
            Timestamp(std::chrono::seconds(1'700'003'600)));
}

TEST_F(CredentialsTest, WhatStsRefusesEndsTheChain) {
  std::ofstream(folder_ / "token") << "t";
  profile_ = {{"role_arn", "r"}, {"web_identity_token_file", folder_ / "token"}};
  variables_ = {{"AWS_ENDPOINT_URL_STS", "http://sts:1"}};
  fetch(make_default_chain(context()));
  EXPECT_EQ(notes_.last_url, "http://sts:1/");
  io_.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>");
  EXPECT_EQ(std::get<Error>(*outcome_).code, "AccessDenied");
  EXPECT_NE(error().find("no"), std::string::npos);
  EXPECT_TRUE(notes_.waiting.empty());
}

TEST_F(CredentialsTest, ProfilesThatNeedMoreAreRefused) {
  for (const char* key : {"sso_session", "sso_start_url"}) {
    profile_ = {{key, "x"}};
    fetch(make_profile_credentials(context()));
    EXPECT_NE(error().find(key), std::string::npos);
  }
  const std::pair<ProfileKeys, const char*> cases[] = {
      {{{"role_arn", "r"}}, "needs one of"},
      {{{"role_arn", "r"}, {"source_profile", "a"}, {"credential_source", "b"}}, "needs one of"},
      {{{"role_arn", "r"}, {"source_profile", "nobody"}}, "no source_profile \"nobody\""},
      {{{"role_arn", "r"}, {"credential_source", "Moon"}}, "\"Moon\" must be"},
      {{{"role_arn", "r"}, {"source_profile", "a"}, {"mfa_serial", "m"}}, "mfa_serial"}};
  for (const auto& [keys, text] : cases) {
    profile_ = keys;
    fetch(make_profile_credentials(context()));
    EXPECT_NE(error().find(text), std::string::npos) << error();
  }
  EXPECT_EQ(notes_.started, 0);
}

TEST_F(CredentialsTest, ARoleIsTakenOnWithAnotherProfilesKeys) {
  profile_ = {{"role_arn", "arn:aws:iam::1:role/r"},
              {"source_profile", "base"},
              {"role_session_name", "me"},
              {"external_id", "a b"},
              {"duration_seconds", "900"}};
  profiles_ = {{"base", {{"aws_access_key_id", "base-id"}, {"aws_secret_access_key", "s"}}}};
  fetch(make_default_chain(context()));
  EXPECT_EQ(notes_.last_url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(io_.request().body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
            "RoleSessionName=me&ExternalId=a%20b&DurationSeconds=900");
  EXPECT_NE(notes_.last_head.find("X-Amz-Date: 20231114T221320Z\n"), std::string::npos);
  // What botocore's SigV4Auth gives for this request, date and key.
  EXPECT_NE(notes_.last_head.find(
                "Authorization: AWS4-HMAC-SHA256 Credential=base-id/20231114/"
                "eu-west-1/sts/aws4_request, SignedHeaders=content-type;host;"
                "x-amz-date, "
                "Signature=4d114324a9d9fc6ee9b3ce8e892298c1e2143ce583cf019593afdd781e7b1682\n"),
            std::string::npos)
      << notes_.last_head;
  EXPECT_EQ(notes_.last_head.find("X-Amz-Security-Token"), std::string::npos);
  io_.answer(200, std::string(kXml));
  EXPECT_EQ(id(), "xml-id");
}

TEST_F(CredentialsTest, RolesMayBeTakenOnOneAfterTheOther) {
  profile_ = {{"role_arn", "outer"}, {"source_profile", "middle"}};
  profiles_ = {{"middle", {{"role_arn", "inner"}, {"credential_source", "Environment"}}}};
  variables_ = {
      {"AWS_ACCESS_KEY_ID", "env-id"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t0"}};
  fetch(make_profile_credentials(context()));
  EXPECT_NE(io_.request().body.find("RoleArn=inner&"), std::string::npos);
  EXPECT_NE(notes_.last_head.find("Credential=env-id/"), std::string::npos);
  EXPECT_NE(notes_.last_head.find("X-Amz-Security-Token: t0\n"), std::string::npos);
  io_.answer(200, std::string(kXml));
  EXPECT_NE(io_.request().body.find("RoleArn=outer&"), std::string::npos);
  EXPECT_NE(notes_.last_head.find("Credential=xml-id/"), std::string::npos);
  EXPECT_NE(notes_.last_head.find("X-Amz-Security-Token: t\n"), std::string::npos);
  io_.answer(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
  EXPECT_EQ(error(), "STS gives no credentials for the role outer: no");
}

TEST_F(CredentialsTest, AProfileMayBeItsOwnSource) {
  profile_ = {{"role_arn", "r"},
              {"source_profile", "default"},
              {"aws_access_key_id", "own-id"},
              {"aws_secret_access_key", "s"}};
  profiles_ = {{"default", profile_}};
  fetch(make_profile_credentials(context()));
  EXPECT_NE(notes_.last_head.find("Credential=own-id/"), std::string::npos);
  profile_ = {{"role_arn", "r"}, {"source_profile", "other"}};
  profiles_ = {{"other", {{"role_arn", "q"}, {"source_profile", "default"}}},
               {"default", profile_}};
  fetch(make_profile_credentials(context()));  // in a circle, and nobody has keys
  EXPECT_NE(error().find("no aws_access_key_id"), std::string::npos) << error();
}

TEST_F(CredentialsTest, ARolesSourceMayBeTheInstanceOrTheContainer) {
  profile_ = {{"role_arn", "r"}, {"credential_source", "EcsContainer"}};
  variables_ = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"}};
  fetch(make_profile_credentials(context()));
  EXPECT_EQ(notes_.last_url, "http://169.254.170.2/v2/x");
  io_.answer(200, std::string(kJson));
  EXPECT_NE(notes_.last_head.find("Credential=json-id/"), std::string::npos);
  profile_ = {{"role_arn", "r"}, {"credential_source", "Ec2InstanceMetadata"}};
  fetch(make_profile_credentials(context()));
  EXPECT_EQ(notes_.last_url, "http://169.254.169.254/latest/api/token");
}

TEST_F(CredentialsTest, AProgramMayPrintThem) {
  const auto print = [&](const std::string& line) {
    profile_ = {{"credential_process", line}};
    fetch(make_default_chain(context()));
    io_.run_until([&] { return outcome_.has_value(); });
  };
  const std::string keys = R"("AccessKeyId":"process-id","SecretAccessKey":"s")";
  const std::string rest = R"("SessionToken":"t","Expiration":"2023-11-14T23:13:20+00:00")";
  print("echo '{\"Version\":1," + keys + "," + rest + "}'");
  EXPECT_EQ(id(), "process-id") << error();
  EXPECT_EQ(std::get<Credentials>(*outcome_).session_token, "t");
  EXPECT_EQ(std::get<Credentials>(*outcome_).expiration,
            Timestamp(std::chrono::seconds(1'700'003'600)));
  print("echo '{\"Version\":2," + keys + "}'");
  EXPECT_NE(error().find("Version 1"), std::string::npos) << error();
  print("echo '{" + keys + "}'");
  EXPECT_NE(error().find("Version 1"), std::string::npos) << error();
  print("echo '{\"Version\":1," + keys + "}'; echo 'log in first' >&2; exit 4");
  EXPECT_NE(error().find("exit code 4: log in first"), std::string::npos) << error();
  // Keys go before it.
  profile_ = {{"credential_process", "exit 1"},
              {"aws_access_key_id", "profile-id"},
              {"aws_secret_access_key", "s"}};
  fetch(make_default_chain(context()));
  EXPECT_EQ(id(), "profile-id");
}

TEST_F(CredentialsTest, AContainerGivesThem) {
  std::ofstream(folder_ / "token") << "file-token\n";
  variables_ = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:7/creds"},
                {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "token"},
                {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder_ / "token"}};
  fetch(make_default_chain(context()));
  EXPECT_EQ(notes_.last_url, "http://127.0.0.1:7/creds");
  EXPECT_NE(notes_.last_head.find("Authorization: file-token\n"), std::string::npos);
  io_.answer(200, std::string(kJson));
  EXPECT_EQ(id(), "json-id");
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
  fetch(make_container_credentials(context()));
  EXPECT_EQ(notes_.last_url, "http://169.254.170.2/v2/x");
  io_.answer(200, "no json");
  EXPECT_NE(error(), "none");
}

TEST_F(CredentialsTest, AContainersSecretGoesNowhereElse) {
  for (const char* bad : {"http://example.com/", "http://127.0.0.1.example.com/",
                          "ftp://127.0.0.1/", "http://169.254.170.2.evil/"}) {
    variables_ = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", bad}};
    fetch(make_container_credentials(context()));
    EXPECT_NE(error(), "none") << bad;
  }
  EXPECT_EQ(notes_.started, 0);
}

TEST_F(CredentialsTest, AnInstanceGivesThemByVersionTwo) {
  fetch(make_default_chain(context()));
  EXPECT_EQ(notes_.last_url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(io_.request().method, "PUT");
  io_.answer(200, "session");
  EXPECT_NE(notes_.last_head.find("X-aws-ec2-metadata-token: session\n"), std::string::npos);
  io_.answer(200, "my-role\n");
  EXPECT_EQ(notes_.last_url,
            "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
  io_.answer(200, std::string(kJson));
  EXPECT_EQ(id(), "json-id");
}

TEST_F(CredentialsTest, WithNoneTheErrorNamesWhereWeLooked) {
  fetch(make_default_chain(context()));
  io_.fail(HttpEnd::kNoConnection);
  EXPECT_NE(error().find("AWS_ACCESS_KEY_ID is not set"), std::string::npos);
  EXPECT_NE(error().find("no metadata service"), std::string::npos);
  variables_ = {{"AWS_EC2_METADATA_DISABLED", "true"}};
  fetch(make_default_chain(context()));
  EXPECT_NE(error().find("is disabled"), std::string::npos);
  EXPECT_EQ(notes_.started, 1);
}

TEST_F(CredentialsTest, AUsersFunctionMayBlock) {
  fetch(make_users_credentials(
      [] { return Credentials{.access_key_id = "user-id", .secret_access_key = "s"}; }, io_));
  io_.run_until([&] { return outcome_.has_value(); });
  EXPECT_EQ(id(), "user-id");
}

// ---- The cache ----

/// Keeps what is asked until the test answers.
class HeldFetcher final : public CredentialsFetcher {
 public:
  explicit HeldFetcher(std::vector<Done>& asked) : asked_(asked) {}
  void fetch(Done done) override { asked_.push_back(std::move(done)); }

 private:
  std::vector<Done>& asked_;
};

class CredentialsCacheTest : public ::testing::Test {
 protected:
  static constexpr int64_t kMinuteMs = 60'000;

  void give(const std::string& id, int64_t good_for_ms) {
    const auto done = std::move(asked_.back());
    asked_.pop_back();
    const int64_t at = clock_.wall().value + good_for_ms;
    done(Credentials{.access_key_id = id,
                     .secret_access_key = "s",
                     .expiration = Timestamp(std::chrono::milliseconds(at))});
  }
  std::string id() {
    auth::Signer* const signer = cache_.signer();
    return signer == nullptr ? "none" : signer->credentials().access_key_id;
  }

  testing::FakeClock clock_;
  std::vector<CredentialsFetcher::Done> asked_;
  CredentialsCache cache_{std::make_unique<HeldFetcher>(asked_), clock_, "r", "sqs"};
};

TEST_F(CredentialsCacheTest, ManyWaitForOneFetch) {
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    cache_.wait([&](const Result<void>& result) { told += result.ok() ? 1 : 0; });
  }
  EXPECT_EQ(asked_.size(), 1u);
  give("a", 60 * kMinuteMs);
  EXPECT_EQ(told, 3);
  EXPECT_EQ(id(), "a");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(CredentialsCacheTest, NewOnesAreFetchedBeforeTheOldExpire) {
  cache_.wait([](const auto&) {});
  give("a", 60 * kMinuteMs);
  clock_.ms += 54 * kMinuteMs;
  EXPECT_EQ(id(), "a");
  EXPECT_TRUE(asked_.empty());
  clock_.ms += kMinuteMs;
  EXPECT_EQ(id(), "a");  // still good, while new ones are on their way
  EXPECT_EQ(id(), "a");
  EXPECT_EQ(asked_.size(), 1u);
  give("b", 60 * kMinuteMs);
  EXPECT_EQ(id(), "b");
}

TEST_F(CredentialsCacheTest, AFailedRefreshIsTriedAgainAfterAPause) {
  cache_.wait([](const auto&) {});
  give("a", 4 * kMinuteMs);
  EXPECT_EQ(id(), "a");
  asked_.back()(Error{.kind = ErrorKind::kAuth});
  asked_.clear();
  EXPECT_EQ(id(), "a");
  EXPECT_TRUE(asked_.empty());
  clock_.ms += kMinuteMs / 2;
  EXPECT_EQ(id(), "a");
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(CredentialsCacheTest, WhatIsAboutToExpireSignsNothing) {
  cache_.wait([](const auto&) {});
  give("a", kMinuteMs);
  EXPECT_EQ(id(), "none");
  std::optional<Result<void>> told;
  cache_.wait([&](const Result<void>& result) { told = result; });
  asked_.back()(Error{.kind = ErrorKind::kAuth, .message = "no more"});
  EXPECT_EQ(told->error().message, "no more");
}

}  // namespace
}  // namespace forebay::sqs
