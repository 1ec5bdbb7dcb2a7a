// SPDX-License-Identifier: Apache-2.0
#include "client/sts.h"

#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "auth/sigv4.h"

namespace forebay::sqs {
namespace {

constexpr int64_t kStsTimeoutMs = 10'000;
constexpr int kStsAttempts = 3;
constexpr std::string_view kContentType = "application/x-www-form-urlencoded";

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

CredentialsOutcome read_sts(const HttpResponse& response, const std::string& what) {
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
               .message = fmt::format("STS gives no credentials for {}: {}", what, why),
               .http_status = response.status,
               .request_id = element(response.body, "RequestId")};
}

/// Adds the headers of a signature by `credentials`.
void sign(HttpRequest& request, const EndpointUrl& endpoint, auth::Signer& signer, WallMs now) {
  const std::string date = auth::amz_date(now);
  const std::string& token = signer.credentials().session_token;
  std::array<auth::SignedHeader, 4> headers;
  size_t count = 0;
  headers[count++] = {"content-type", kContentType};
  headers[count++] = {"host", endpoint.host};
  headers[count++] = {"x-amz-date", date};
  if (!token.empty()) headers[count++] = {"x-amz-security-token", token};
  request.headers.add("X-Amz-Date", date);
  if (!token.empty()) request.headers.add("X-Amz-Security-Token", token);
  request.headers.add("Authorization",
                      signer.authorization({.method = "POST",
                                            .path = endpoint.path,
                                            .headers = std::span(headers).first(count),
                                            .body = request.body},
                                           date));
}

}  // namespace

Sts::Sts(const CredentialsContext& context)
    : surroundings_(context.surroundings),
      region_(context.settings.region),
      url_(sts_url(context.surroundings.environment, context.settings.region)),
      fetches_(context.io),
      clock_(context.clock) {}

std::string Sts::session_name(const std::string& chosen) const {
  return form_encoded(chosen.empty() ? fmt::format("forebay-{}", clock_.wall().value) : chosen);
}

void Sts::send(HttpRequest request, std::string what, CredentialsFetcher::Done done) {
  request.timeout_ms = kStsTimeoutMs;
  fetches_.start(std::move(request), kStsAttempts,
                 [what = std::move(what), done = std::move(done)](const HttpResponse& response) {
                   done(read_sts(response, what));
                 });
}

void Sts::assume(const WebIdentity& identity, CredentialsFetcher::Done done) {
  const std::optional<std::string> token = read_text(surroundings_.files, identity.token_file);
  if (!token) {
    return done(Error{
        .kind = ErrorKind::kAuth,
        .message = fmt::format("The web identity token {} cannot be read.", identity.token_file)});
  }
  HttpRequest request{.method = "POST", .url = url_};
  request.headers.add("Content-Type", kContentType);
  request.body = fmt::format(
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}"
      "&WebIdentityToken={}",
      form_encoded(identity.role_arn), session_name(identity.session_name),
      form_encoded(token->substr(0, token->find_last_not_of(" \r\n\t") + 1)));
  send(std::move(request), "the web identity", std::move(done));
}

void Sts::assume(const Role& role, const Credentials& credentials, CredentialsFetcher::Done done) {
  const Result<EndpointUrl> endpoint = parse_endpoint(url_);
  if (!endpoint.ok()) return done(endpoint.error());
  HttpRequest request{.method = "POST", .url = url_};
  request.headers.add("Content-Type", kContentType);
  request.body = fmt::format("Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName={}",
                             form_encoded(role.role_arn), session_name(role.session_name));
  if (!role.external_id.empty()) request.body += "&ExternalId=" + form_encoded(role.external_id);
  if (!role.duration_seconds.empty()) {
    request.body += "&DurationSeconds=" + form_encoded(role.duration_seconds);
  }
  auth::Signer signer({.access_key_id = credentials.access_key_id,
                       .secret_access_key = credentials.secret_access_key,
                       .session_token = credentials.session_token},
                      region_, "sts");
  sign(request, *endpoint, signer, clock_.wall());
  send(std::move(request), "the role " + role.role_arn, std::move(done));
}

}  // namespace forebay::sqs
