// SPDX-License-Identifier: Apache-2.0
#include "client/credentials_fetcher.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "env/executor.h"
#include "protocol/json_document.h"

namespace forebay::sqs {
namespace {

class FixedCredentials final : public CredentialsFetcher {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  void fetch(Done done) override { done(credentials_); }

 private:
  const Credentials credentials_;
};

class UsersCredentials final : public CredentialsFetcher {
 public:
  UsersCredentials(CredentialsSource source, Io& io)
      : source_(std::move(source)), worker_(env::make_thread_worker(io)) {}

  void fetch(Done done) override {
    const auto result = std::make_shared<std::optional<Result<Credentials>>>();
    worker_->submit([this, result] { result->emplace(source_()); },
                    [result, done = std::move(done)] {
                      const Result<Credentials>& got = **result;
                      done(got.ok() ? CredentialsOutcome(*got) : CredentialsOutcome(got.error()));
                    });
  }

 private:
  const CredentialsSource source_;
  const std::unique_ptr<env::Worker> worker_;
};

class EnvironmentCredentials final : public CredentialsFetcher {
 public:
  explicit EnvironmentCredentials(Environment environment) : environment_(std::move(environment)) {}

  void fetch(Done done) override {
    const std::optional<std::string> id = environment_("AWS_ACCESS_KEY_ID");
    if (!id) return done(NoCredentials{"AWS_ACCESS_KEY_ID is not set"});
    const std::optional<std::string> secret = environment_("AWS_SECRET_ACCESS_KEY");
    if (!secret) {
      return done(Error{.kind = ErrorKind::kAuth,
                        .message = "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not."});
    }
    done(Credentials{.access_key_id = *id,
                     .secret_access_key = *secret,
                     .session_token = environment_("AWS_SESSION_TOKEN").value_or("")});
  }

 private:
  const Environment environment_;
};

class Chain final : public CredentialsFetcher {
 public:
  explicit Chain(std::vector<std::unique_ptr<CredentialsFetcher>> fetchers)
      : fetchers_(std::move(fetchers)) {}

  void fetch(Done done) override {
    done_ = std::move(done);
    reasons_.clear();
    ask(0);
  }

 private:
  void ask(size_t i) {
    if (i == fetchers_.size()) {
      return end(Error{.kind = ErrorKind::kAuth, .message = "No credentials: " + reasons_ + "."});
    }
    fetchers_[i]->fetch([this, i](CredentialsOutcome outcome) {
      const auto* none = std::get_if<NoCredentials>(&outcome);
      if (none == nullptr) return end(std::move(outcome));
      reasons_.append(reasons_.empty() ? "" : "; ").append(none->why);
      ask(i + 1);
    });
  }
  void end(CredentialsOutcome outcome) {
    const Done done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }

  const std::vector<std::unique_ptr<CredentialsFetcher>> fetchers_;
  Done done_;
  std::string reasons_;
};

}  // namespace

std::unique_ptr<CredentialsFetcher> make_fixed_credentials(Credentials credentials) {
  return std::make_unique<FixedCredentials>(std::move(credentials));
}

std::unique_ptr<CredentialsFetcher> make_users_credentials(CredentialsSource source, Io& io) {
  return std::make_unique<UsersCredentials>(std::move(source), io);
}

std::unique_ptr<CredentialsFetcher> make_environment_credentials(
    const CredentialsContext& context) {
  return std::make_unique<EnvironmentCredentials>(context.surroundings.environment);
}

std::unique_ptr<CredentialsFetcher> make_credentials_chain(
    std::vector<std::unique_ptr<CredentialsFetcher>> fetchers) {
  return std::make_unique<Chain>(std::move(fetchers));
}

std::unique_ptr<CredentialsFetcher> make_default_chain(const CredentialsContext& context) {
  std::vector<std::unique_ptr<CredentialsFetcher>> fetchers;
  if (!context.profile_chosen_in_program) {
    fetchers.push_back(make_environment_credentials(context));
    fetchers.push_back(make_web_identity_credentials(context));
  }
  fetchers.push_back(make_profile_credentials(context));
  fetchers.push_back(make_container_credentials(context));
  fetchers.push_back(make_instance_credentials(context));
  return make_credentials_chain(std::move(fetchers));
}

std::unique_ptr<CredentialsFetcher> make_chosen_credentials(const CredentialsContext& context,
                                                            const CredentialsChoice& choice) {
  if (std::holds_alternative<UnsignedRequests>(choice)) return nullptr;
  if (const auto* fixed = std::get_if<Credentials>(&choice)) return make_fixed_credentials(*fixed);
  if (const auto* source = std::get_if<CredentialsSource>(&choice)) {
    return make_users_credentials(*source, context.io);
  }
  return make_default_chain(context);
}

std::optional<Credentials> read_credentials_json(std::string_view json,
                                                 std::string_view token_name) {
  const auto members = protocol::json_members(json);
  if (!members) return std::nullopt;
  const auto text = [&](std::string_view name) {
    const protocol::JsonMember* member = protocol::find_member(*members, name);
    return member == nullptr ? "" : protocol::json_string(member->value).value_or("");
  };
  Credentials credentials{.access_key_id = text("AccessKeyId"),
                          .secret_access_key = text("SecretAccessKey"),
                          .session_token = text(token_name),
                          .expiration = read_iso_time(text("Expiration"))};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return std::nullopt;
  }
  return credentials;
}

}  // namespace forebay::sqs
