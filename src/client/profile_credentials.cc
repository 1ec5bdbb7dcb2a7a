// SPDX-License-Identifier: Apache-2.0
// Credentials of a profile, and of a web identity: a token in a file that STS takes for a role's
// credentials (AssumeRoleWithWebIdentity, unsigned).
#include <string>
#include <utility>

#include <fmt/format.h>

#include "client/credentials_fetcher.h"

namespace forebay::sqs {
namespace {

constexpr int64_t kStsTimeoutMs = 10'000;
constexpr int kStsAttempts = 3;

struct WebIdentity {
  std::string role_arn;
  std::string token_file;
  std::string session_name;
};

std::string form_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

/// The text of the first element of this name; nothing of STS's credentials is ever escaped.
std::string element(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const size_t start = xml.find(open);
  if (start == xml.npos) return {};
  const size_t end = xml.find("</", start);
  if (end == xml.npos) return {};
  return std::string(xml.substr(start + open.size(), end - start - open.size()));
}

std::string sts_url(const Environment& environment, const std::string& region) {
  for (const char* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (auto url = environment(name)) return *url + (url->ends_with('/') ? "" : "/");
  }
  return fmt::format("https://sts.{}.{}/", region, dns_suffix(region));
}

CredentialsOutcome read_sts(const HttpResponse& response) {
  Credentials credentials{.access_key_id = element(response.body, "AccessKeyId"),
                          .secret_access_key = element(response.body, "SecretAccessKey"),
                          .session_token = element(response.body, "SessionToken"),
                          .expiration = read_iso_time(element(response.body, "Expiration"))};
  if (response.status == 200 && !credentials.access_key_id.empty()) return credentials;
  std::string why = element(response.body, "Message");
  if (why.empty()) {
    why = response.end == HttpEnd::kResponse ? fmt::format("HTTP status {}", response.status)
                                             : response.failure;
  }
  return Error{.kind = ErrorKind::kAuth,
               .code = element(response.body, "Code"),
               .message = fmt::format("STS gives no credentials for the web identity: {}", why),
               .http_status = response.status,
               .request_id = element(response.body, "RequestId")};
}

/// Asks STS; the token is read anew each time, because it is replaced before it expires.
class Sts {
 public:
  explicit Sts(const CredentialsContext& context)
      : surroundings_(context.surroundings),
        url_(sts_url(context.surroundings.environment, context.settings.region)),
        fetches_(context.io),
        clock_(context.clock) {}

  void assume(const WebIdentity& identity, CredentialsFetcher::Done done) {
    const std::optional<std::string> token = read_text(surroundings_.files, identity.token_file);
    if (!token) {
      return done(Error{.kind = ErrorKind::kAuth,
                        .message = fmt::format("The web identity token {} cannot be read.",
                                               identity.token_file)});
    }
    const std::string session = identity.session_name.empty()
                                    ? fmt::format("forebay-{}", clock_.wall().value)
                                    : identity.session_name;
    HttpRequest request{.method = "POST", .url = url_, .timeout_ms = kStsTimeoutMs};
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = fmt::format(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}"
        "&WebIdentityToken={}",
        form_encoded(identity.role_arn), form_encoded(session),
        form_encoded(token->substr(0, token->find_last_not_of(" \r\n\t") + 1)));
    fetches_.start(
        std::move(request), kStsAttempts,
        [done = std::move(done)](const HttpResponse& response) { done(read_sts(response)); });
  }

 private:
  const Surroundings surroundings_;
  const std::string url_;
  HttpFetches fetches_;
  const env::Clock& clock_;
};

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

class ProfileCredentials final : public CredentialsFetcher {
 public:
  explicit ProfileCredentials(const CredentialsContext& context)
      : name_(context.settings.profile_name), keys_(context.settings.profile), sts_(context) {}

  void fetch(Done done) override {
    const auto role_arn = find_key(keys_, "role_arn");
    const auto token_file = find_key(keys_, "web_identity_token_file");
    if (role_arn && token_file) {
      return sts_.assume({.role_arn = *role_arn,
                          .token_file = *token_file,
                          .session_name = find_key(keys_, "role_session_name").value_or("")},
                         std::move(done));
    }
    for (const char* key : {"role_arn", "sso_session", "sso_start_url", "credential_process"}) {
      if (find_key(keys_, key)) return done(error(fmt::format("{} is not supported", key)));
    }
    const auto id = find_key(keys_, "aws_access_key_id");
    const auto secret = find_key(keys_, "aws_secret_access_key");
    if (!id) {
      return done(NoCredentials{fmt::format("the profile \"{}\" has no aws_access_key_id", name_)});
    }
    if (!secret) return done(error("aws_secret_access_key is missing"));
    done(Credentials{.access_key_id = *id,
                     .secret_access_key = *secret,
                     .session_token = find_key(keys_, "aws_session_token").value_or("")});
  }

 private:
  Error error(std::string_view what) const {
    return {.kind = ErrorKind::kAuth, .message = fmt::format("Profile \"{}\": {}.", name_, what)};
  }

  const std::string name_;
  const ProfileKeys keys_;
  Sts sts_;
};

}  // namespace

std::unique_ptr<CredentialsFetcher> make_web_identity_credentials(
    const CredentialsContext& context) {
  return std::make_unique<WebIdentityCredentials>(context);
}

std::unique_ptr<CredentialsFetcher> make_profile_credentials(const CredentialsContext& context) {
  return std::make_unique<ProfileCredentials>(context);
}

}  // namespace forebay::sqs
