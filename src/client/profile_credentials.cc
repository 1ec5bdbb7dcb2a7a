// SPDX-License-Identifier: Apache-2.0
// Credentials of a web identity, and of a profile: its keys, a program that prints some, or a role
// that is taken on with a web identity or with other credentials, perhaps another profile's.
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "client/credentials_fetcher.h"
#include "client/sts.h"

namespace forebay::sqs {
namespace {

class WebIdentityCredentials final : public CredentialsFetcher {
 public:
  explicit WebIdentityCredentials(const CredentialsContext& context)
      : environment_(context.surroundings.environment), sts_(context) {}

  void fetch(Done done) override {
    const auto token_file = environment_("AWS_WEB_IDENTITY_TOKEN_FILE");
    const auto role_arn = environment_("AWS_ROLE_ARN");
    if (!token_file || !role_arn) {
      return done(NoCredentials{"AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are not both set"});
    }
    sts_.assume({.role_arn = *role_arn,
                 .token_file = *token_file,
                 .session_name = environment_("AWS_ROLE_SESSION_NAME").value_or("")},
                std::move(done));
  }

 private:
  const Environment environment_;
  Sts sts_;
};

/// Takes a role on with the credentials of `source`.
class RoleCredentials final : public CredentialsFetcher {
 public:
  RoleCredentials(const CredentialsContext& context, Role role,
                  std::unique_ptr<CredentialsFetcher> source)
      : role_(std::move(role)), source_(std::move(source)), sts_(context) {}

  void fetch(Done done) override {
    source_->fetch([this, done = std::move(done)](CredentialsOutcome outcome) {
      if (const auto* credentials = std::get_if<Credentials>(&outcome)) {
        return sts_.assume(role_, *credentials, done);
      }
      if (const auto* none = std::get_if<NoCredentials>(&outcome)) {
        outcome = Error{.kind = ErrorKind::kAuth,
                        .message = fmt::format("Nothing to take the role {} on with: {}.",
                                               role_.role_arn, none->why)};
      }
      done(std::move(outcome));
    });
  }

 private:
  const Role role_;
  const std::unique_ptr<CredentialsFetcher> source_;
  Sts sts_;
};

class ProfileWebIdentity final : public CredentialsFetcher {
 public:
  ProfileWebIdentity(const CredentialsContext& context, WebIdentity identity)
      : identity_(std::move(identity)), sts_(context) {}
  void fetch(Done done) override { sts_.assume(identity_, std::move(done)); }

 private:
  const WebIdentity identity_;
  Sts sts_;
};

class NoProfileCredentials final : public CredentialsFetcher {
 public:
  explicit NoProfileCredentials(CredentialsOutcome why) : why_(std::move(why)) {}
  void fetch(Done done) override { done(why_); }

 private:
  const CredentialsOutcome why_;
};

/// Reads a profile, and those it names, into a fetcher.
class ProfileReader {
 public:
  explicit ProfileReader(const CredentialsContext& context) : context_(context) {}

  std::unique_ptr<CredentialsFetcher> read(const std::string& name, const ProfileKeys& keys) {
    Result<std::unique_ptr<CredentialsFetcher>> made = make(name, keys);
    if (made.ok()) return std::move(made).value();
    return std::make_unique<NoProfileCredentials>(std::move(made).error());
  }

 private:
  using Made = Result<std::unique_ptr<CredentialsFetcher>>;

  static Error error(const std::string& name, std::string_view what) {
    return {.kind = ErrorKind::kAuth, .message = fmt::format("Profile \"{}\": {}.", name, what)};
  }

  Made make(const std::string& name, const ProfileKeys& keys) {
    // One that names itself, or is named again, gives its own keys.
    const bool first_time = seen_.insert(name).second;
    if (first_time && find_key(keys, "role_arn")) return role(name, keys);
    for (const char* key : {"sso_session", "sso_start_url"}) {
      if (find_key(keys, key)) return error(name, fmt::format("{} is not supported", key));
    }
    const auto id = find_key(keys, "aws_access_key_id");
    const auto secret = find_key(keys, "aws_secret_access_key");
    if (id && !secret) return error(name, "aws_secret_access_key is missing");
    if (id) {
      return make_fixed_credentials(
          {.access_key_id = *id,
           .secret_access_key = *secret,
           .session_token = find_key(keys, "aws_session_token").value_or("")});
    }
    if (const auto process = find_key(keys, "credential_process")) {
      return make_process_credentials(name, *process, context_.io);
    }
    return std::unique_ptr<CredentialsFetcher>(
        std::make_unique<NoProfileCredentials>(NoCredentials{fmt::format(
            "the profile \"{}\" has no aws_access_key_id and no credential_process", name)}));
  }

  Made role(const std::string& name, const ProfileKeys& keys) {
    const auto text = [&](const char* key) { return find_key(keys, key).value_or(""); };
    const std::string token_file = text("web_identity_token_file");
    const std::string source_profile = text("source_profile");
    const std::string source = text("credential_source");
    const int sources = !token_file.empty() + !source_profile.empty() + !source.empty();
    if (sources != 1) {
      return error(name,
                   "role_arn needs one of source_profile, credential_source and "
                   "web_identity_token_file");
    }
    if (!text("mfa_serial").empty()) {
      return error(name, "mfa_serial is not supported: nobody is there to type the code");
    }
    if (!token_file.empty()) {
      return std::unique_ptr<CredentialsFetcher>(std::make_unique<ProfileWebIdentity>(
          context_, WebIdentity{.role_arn = text("role_arn"),
                                .token_file = token_file,
                                .session_name = text("role_session_name")}));
    }
    Role role{.role_arn = text("role_arn"),
              .session_name = text("role_session_name"),
              .external_id = text("external_id"),
              .duration_seconds = text("duration_seconds")};
    TRY_ASSIGN(std::unique_ptr<CredentialsFetcher> with,
               source.empty() ? of_profile(name, source_profile) : of_source(name, source));
    return std::unique_ptr<CredentialsFetcher>(
        std::make_unique<RoleCredentials>(context_, std::move(role), std::move(with)));
  }

  Made of_profile(const std::string& name, const std::string& source) {
    const auto found = context_.settings.profiles.find(source);
    if (found == context_.settings.profiles.end()) {
      return error(name, fmt::format("there is no source_profile \"{}\"", source));
    }
    return make(source, found->second);
  }

  Made of_source(const std::string& name, const std::string& source) {
    if (source == "Environment") return make_environment_credentials(context_);
    if (source == "Ec2InstanceMetadata") return make_instance_credentials(context_);
    if (source == "EcsContainer") return make_container_credentials(context_);
    return error(name, fmt::format("credential_source \"{}\" must be Environment, "
                                   "Ec2InstanceMetadata or EcsContainer",
                                   source));
  }

  const CredentialsContext& context_;
  std::set<std::string> seen_;
};

}  // namespace

std::unique_ptr<CredentialsFetcher> make_web_identity_credentials(
    const CredentialsContext& context) {
  return std::make_unique<WebIdentityCredentials>(context);
}

std::unique_ptr<CredentialsFetcher> make_profile_credentials(const CredentialsContext& context) {
  return ProfileReader(context).read(context.settings.profile_name, context.settings.profile);
}

}  // namespace forebay::sqs
