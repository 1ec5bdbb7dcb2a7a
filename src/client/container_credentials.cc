// SPDX-License-Identifier: Apache-2.0
// Credentials of a container (ECS, EKS pod identity) and of an instance (IMDSv2), from the HTTP
// services beside them.
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "client/credentials_fetcher.h"

namespace forebay::sqs {
namespace {

constexpr int64_t kTimeoutMs = 1'000;  // these services are on the same machine, or not there
constexpr int kAttempts = 2;

Error fetch_error(std::string_view what, const HttpResponse& response) {
  const std::string why = response.end == HttpEnd::kResponse
                              ? fmt::format("HTTP status {}", response.status)
                              : response.failure;
  return {.kind = ErrorKind::kAuth, .message = fmt::format("{}: {}.", what, why)};
}

class ContainerCredentials final : public CredentialsFetcher {
 public:
  explicit ContainerCredentials(const CredentialsContext& context)
      : surroundings_(context.surroundings), fetches_(context.io) {}

  void fetch(Done done) override {
    const auto relative = surroundings_.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto full = surroundings_.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full) {
      return done(
          NoCredentials{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set"});
    }
    const std::string url = relative ? "http://169.254.170.2" + *relative : *full;
    if (!is_allowed(url)) {
      return done(Error{.kind = ErrorKind::kAuth,
                        .message = "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or name this "
                                   "machine or the container service."});
    }
    HttpRequest request{.method = "GET", .url = url, .timeout_ms = kTimeoutMs};
    request.headers.add("Accept", "application/json");
    const std::optional<std::string> token = authorization();
    if (token) request.headers.add("Authorization", *token);
    fetches_.start(
        std::move(request), kAttempts, [done = std::move(done)](const HttpResponse& response) {
          const auto credentials = read_credentials_json(response.body);
          const bool good = response.status == 200 && credentials;
          done(good ? CredentialsOutcome(*credentials)
                    : CredentialsOutcome(fetch_error("Container credentials", response)));
        });
  }

 private:
  /// Without TLS the secret may travel only where nobody listens.
  static bool is_allowed(std::string_view url) {
    if (url.starts_with("https://")) return true;
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) return false;
    const std::string_view rest = url.substr(kScheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    constexpr auto kHosts = std::to_array<std::string_view>(
        {"127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"});
    for (const std::string_view host : kHosts) {
      if (!authority.starts_with(host)) continue;
      if (authority.size() == host.size() || authority[host.size()] == ':') return true;
    }
    return false;
  }

  std::optional<std::string> authorization() const {
    if (const auto path = surroundings_.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      std::optional<std::string> text = read_text(surroundings_.files, *path);
      while (text && (text->ends_with('\n') || text->ends_with('\r'))) text->pop_back();
      return text;
    }
    return surroundings_.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  }

  const Surroundings surroundings_;
  HttpFetches fetches_;
};

/// Three steps: a session token, the role's name, the role's credentials.
class InstanceCredentials final : public CredentialsFetcher {
 public:
  explicit InstanceCredentials(const CredentialsContext& context)
      : environment_(context.surroundings.environment), fetches_(context.io) {}

  void fetch(Done done) override {
    if (says_true(environment_("AWS_EC2_METADATA_DISABLED"))) {
      return done(NoCredentials{"the instance's metadata service is disabled"});
    }
    done_ = std::move(done);
    base_ = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
    while (base_.ends_with('/')) base_.pop_back();
    HttpRequest request{
        .method = "PUT", .url = base_ + "/latest/api/token", .timeout_ms = kTimeoutMs};
    request.headers.add("X-aws-ec2-metadata-token-ttl-seconds", "21600");
    // One attempt: most machines are no instances, and their users wait for this.
    fetches_.start(std::move(request), 1, [this](const HttpResponse& response) {
      if (response.end != HttpEnd::kResponse || response.status != 200) {
        return end(NoCredentials{"no metadata service of an instance answers"});
      }
      token_ = response.body;
      ask_for_role();
    });
  }

 private:
  static constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";

  void ask(const std::string& path, HttpFetches::Done done) {
    HttpRequest request{.method = "GET", .url = base_ + path, .timeout_ms = kTimeoutMs};
    request.headers.add("X-aws-ec2-metadata-token", token_);
    fetches_.start(std::move(request), kAttempts, std::move(done));
  }

  void ask_for_role() {
    ask(std::string(kRoles), [this](const HttpResponse& response) {
      if (response.status == 404) return end(NoCredentials{"the instance has no role"});
      if (response.status != 200) return end(fetch_error("Instance credentials", response));
      // One role to a line; an instance has one.
      ask_for_credentials(response.body.substr(0, response.body.find('\n')));
    });
  }

  void ask_for_credentials(const std::string& role) {
    ask(std::string(kRoles) + role, [this](const HttpResponse& response) {
      const auto credentials = read_credentials_json(response.body);
      if (response.status == 200 && credentials) return end(*credentials);
      end(fetch_error("Instance credentials", response));
    });
  }

  void end(CredentialsOutcome outcome) {
    const Done done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }

  const Environment environment_;
  std::string base_;
  std::string token_;
  Done done_;
  HttpFetches fetches_;
};

}  // namespace

std::unique_ptr<CredentialsFetcher> make_container_credentials(const CredentialsContext& context) {
  return std::make_unique<ContainerCredentials>(context);
}

std::unique_ptr<CredentialsFetcher> make_instance_credentials(const CredentialsContext& context) {
  return std::make_unique<InstanceCredentials>(context);
}

}  // namespace forebay::sqs
