// SPDX-License-Identifier: Apache-2.0
#include "server/request_scope.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "protocol/query_parameters.h"
#include "server/split.h"

namespace forebay::server {
namespace {

constexpr size_t kAccountDigits = 12;
constexpr size_t kRegionMax = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// What may stand in a credential's scope: whoever signs has chosen it.
bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= kRegionMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

/// "us-east-1", "us-gov-west-1". Stricter, for a part of a host name may be anything: a server at
/// sqs.prod.example.com is not in the region "prod".
bool looks_like_aws_region(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '-');
  if (parts.size() < 3 || text.size() > kRegionMax) return false;
  const std::string_view number = parts.back();
  return !number.empty() && std::all_of(number.begin(), number.end(), is_digit) &&
         std::all_of(parts.begin(), parts.end() - 1, [](std::string_view part) {
           return part.size() >= 2 && std::all_of(part.begin(), part.end(), is_lower);
         });
}

/// A host and perhaps a port, as it may stand in a URL.
bool is_host(std::string_view text) {
  constexpr std::string_view kPunctuation = "-._:[]";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

/// "<access key>/<date>/<region>/<service>/aws4_request"; empty when the header has none.
std::string_view header_credential(std::string_view authorization) {
  constexpr std::string_view kCredential = "Credential=";
  const size_t start = authorization.find(kCredential);
  if (start == std::string_view::npos) return {};
  const std::string_view credential = authorization.substr(start + kCredential.size());
  return credential.substr(0, credential.find_first_of(", "));
}

/// The same, of a presigned URL.
std::string query_credential(std::string_view target) {
  constexpr std::string_view kName = "X-Amz-Credential";
  const size_t query = target.find('?');
  // Most requests have none, and need not be taken apart for it.
  if (query == std::string_view::npos || target.find(kName, query) == std::string_view::npos) {
    return {};
  }
  const auto parameters = protocol::QueryParameters::parse(target.substr(query + 1), {});
  return parameters.ok() ? std::string((*parameters)->find(kName).value_or("")) : std::string();
}

/// Nothing when the host does not name one.
std::optional<std::string> host_region(std::string_view host) {
  if (std::ranges::count(host, '.') < 2) return std::nullopt;
  std::string name(host.substr(0, host.find(':')));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::vector<std::string_view> labels = split(name, '.');
  // sqs.<region>.<domain>, also behind further labels, as of a VPC endpoint.
  for (size_t i = 0; i + 2 < labels.size(); ++i) {
    if (labels[i] == "sqs" && looks_like_aws_region(labels[i + 1])) {
      return std::string(labels[i + 1]);
    }
  }
  // The names of old SDKs: <region>.queue.amazonaws.com, and without a region the first one.
  if (labels.size() > 2 && labels[1] == "queue" && looks_like_aws_region(labels[0])) {
    return std::string(labels[0]);
  }
  if (name == "queue.amazonaws.com") return "us-east-1";
  return std::nullopt;
}

std::string account_of(const Config& config, std::string_view access_key_id) {
  const auto known = config.access_keys.find(access_key_id);
  if (known != config.access_keys.end()) return known->second;
  return is_account_id(access_key_id) ? std::string(access_key_id) : config.account;
}

}  // namespace

RequestScope request_scope(const Config& config, const http::HttpRequest& request) {
  std::string_view credential = header_credential(request.authorization);
  std::string in_query;
  if (credential.empty()) credential = in_query = query_credential(request.target);
  // Access key, date, region, service, "aws4_request".
  const auto parts = split_into<5>(credential, '/');
  RequestScope scope{config.region, config.account};
  if (parts) scope.account = account_of(config, (*parts)[0]);
  if (parts && is_region((*parts)[2])) {
    scope.region = (*parts)[2];
  } else if (std::optional<std::string> region = host_region(client_host(request))) {
    scope.region = *std::move(region);
  }
  return scope;
}

std::string_view client_host(const http::HttpRequest& request) {
  const std::string_view forwarded = first_of_list(request.forwarded_host);
  if (is_host(forwarded)) return forwarded;
  return is_host(request.host) ? request.host : std::string_view();
}

std::string_view first_of_list(std::string_view header) {
  std::string_view first = header.substr(0, header.find(','));
  while (!first.empty() && first.back() == ' ') first.remove_suffix(1);
  return first;
}

bool is_account_id(std::string_view text) {
  return text.size() == kAccountDigits && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace forebay::server
