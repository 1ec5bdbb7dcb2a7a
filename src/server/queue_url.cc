// SPDX-License-Identifier: Apache-2.0
#include "server/queue_url.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

constexpr size_t kQueueNameMax = 80;
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

std::string base_url(const Config& config, const http::HttpRequest& request) {
  if (!config.public_url.empty()) {
    std::string_view base = config.public_url;
    while (!base.empty() && base.back() == '/') base.remove_suffix(1);
    return std::string(base);
  }
  const std::string_view proto = first_of_list(request.forwarded_proto);
  const std::string_view scheme = proto == "https" ? "https" : "http";
  const std::string_view host = client_host(request);
  if (!host.empty()) return fmt::format("{}://{}", scheme, host);
  const bool ipv6 = config.listen_address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, ipv6 ? "[" : "", config.listen_address,
                     ipv6 ? "]" : "", config.port);
}

}  // namespace

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
  const size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (!is_queue_name(name)) return queue_does_not_exist();
  if (bare) return engine::QueueAddress{scope.region, scope.account, std::string(name)};
  if (slash == std::string_view::npos) return queue_does_not_exist();

  const std::string_view before = path.substr(0, slash);
  const size_t slash_before = before.rfind('/');
  const bool is_first = slash_before == std::string_view::npos;
  const std::string_view owner = is_first ? before : before.substr(slash_before + 1);
  if (is_account_id(owner)) {
    return engine::QueueAddress{scope.region, std::string(owner), std::string(name)};
  }
  if (is_first && owner == "queue") {
    return engine::QueueAddress{scope.region, scope.account, std::string(name)};
  }
  return queue_does_not_exist();
}

std::string make_queue_url(const Config& config, const http::HttpRequest& request,
                           const engine::QueueAddress& queue) {
  return fmt::format("{}/{}/{}", base_url(config, request), queue.account, queue.name);
}

}  // namespace forebay::server
