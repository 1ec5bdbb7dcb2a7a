// SPDX-License-Identifier: Apache-2.0
#include "server/queue_url.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

constexpr size_t kQueueNameMax = 80;
constexpr size_t kAccountDigits = 12;
constexpr size_t kRegionMax = 32;
constexpr std::string_view kFifoSuffix = ".fifo";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= kRegionMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

/// A host and perhaps a port, as it may stand in a URL.
bool is_host(std::string_view text) {
  constexpr std::string_view kPunctuation = "-._:[]";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The first of several proxies' values.
std::string_view first_of_list(std::string_view header) {
  std::string_view first = header.substr(0, header.find(','));
  while (!first.empty() && first.back() == ' ') first.remove_suffix(1);
  return first;
}

std::string base_url(const Config& config, const HttpRequest& request) {
  if (!config.public_url.empty()) {
    std::string_view base = config.public_url;
    while (!base.empty() && base.back() == '/') base.remove_suffix(1);
    return std::string(base);
  }
  const std::string_view proto = first_of_list(request.forwarded_proto);
  const std::string_view scheme = proto == "https" ? "https" : "http";
  const std::string_view forwarded_host = first_of_list(request.forwarded_host);
  if (is_host(forwarded_host)) return fmt::format("{}://{}", scheme, forwarded_host);
  if (is_host(request.host)) return fmt::format("{}://{}", scheme, request.host);
  const bool ipv6 = config.listen_address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, ipv6 ? "[" : "", config.listen_address,
                     ipv6 ? "]" : "", config.port);
}

}  // namespace

RequestScope request_scope(const Config& config, std::string_view authorization) {
  RequestScope scope{config.region, config.account};
  constexpr std::string_view kCredential = "Credential=";
  const size_t start = authorization.find(kCredential);
  if (start == std::string_view::npos) return scope;
  std::string_view credential = authorization.substr(start + kCredential.size());
  credential = credential.substr(0, credential.find_first_of(", "));
  // <access key>/<date>/<region>/<service>/aws4_request
  const std::vector<std::string_view> parts = split(credential, '/');
  if (parts.size() != 5) return scope;
  if (is_account_id(parts[0])) scope.account = parts[0];
  if (is_region(parts[2])) scope.region = parts[2];
  return scope;
}

bool is_account_id(std::string_view text) {
  return text.size() == kAccountDigits && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_fifo_name(std::string_view name) {
  return name.ends_with(kFifoSuffix);
}

bool is_queue_name(std::string_view name) {
  if (name.size() > kQueueNameMax) return false;
  if (is_fifo_name(name)) name.remove_suffix(kFifoSuffix.size());
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '-' || c == '_';
  });
}

Result<engine::QueueAddress> parse_queue_url(const RequestScope& scope,
                                             std::string_view queue_url) {
  std::string_view path = queue_url;
  if (const size_t scheme = path.find("://"); scheme != std::string_view::npos) {
    path.remove_prefix(scheme + 3);
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return queue_does_not_exist();
    path.remove_prefix(slash);
  }
  const bool bare = path.find('/') == std::string_view::npos;
  if (!bare && path.front() == '/') path.remove_prefix(1);
  const std::vector<std::string_view> segments = split(path, '/');
  const std::string_view name = segments.back();
  if (!is_queue_name(name)) return queue_does_not_exist();
  if (bare) return engine::QueueAddress{scope.region, scope.account, std::string(name)};
  if (segments.size() < 2) return queue_does_not_exist();

  const std::string_view owner = segments[segments.size() - 2];
  if (is_account_id(owner)) {
    return engine::QueueAddress{scope.region, std::string(owner), std::string(name)};
  }
  if (segments.size() == 2 && owner == "queue") {
    return engine::QueueAddress{scope.region, scope.account, std::string(name)};
  }
  return queue_does_not_exist();
}

std::string make_queue_url(const Config& config, const HttpRequest& request,
                           const engine::QueueAddress& queue) {
  return fmt::format("{}/{}/{}", base_url(config, request), queue.account, queue.name);
}

}  // namespace forebay::server
