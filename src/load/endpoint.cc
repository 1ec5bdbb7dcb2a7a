// SPDX-License-Identifier: Apache-2.0
#include "load/endpoint.h"

#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "load/connection.h"

namespace forebay::load {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr uint16_t kHttpPort = 80;

struct FreeAddresses {
  void operator()(addrinfo* first) const { ::freeaddrinfo(first); }
};

Error wrong(std::string text) {
  return Error{ErrorCode::kInvalidConfiguration, std::move(text)};
}

Result<uint16_t> parse_port(std::string_view url, std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return wrong(fmt::format("'{}' has no port from 1 to 65535 behind the colon.", url));
  }
  return port;
}

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

}  // namespace

std::string Endpoint::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<ServerUrl> parse_server_url(std::string_view url) {
  if (url.starts_with(kHttps)) {
    return wrong(fmt::format(
        "'{}': this program does not speak TLS, which would cost it more than the requests "
        "themselves. Name the server's plain http:// port, or put a proxy in between that speaks "
        "TLS to the server, for example: socat TCP-LISTEN:9324,fork,reuseaddr OPENSSL:HOST:443",
        url));
  }
  if (!url.starts_with(kHttp)) return wrong(fmt::format("'{}' must begin with http://.", url));
  if (!std::ranges::all_of(url, is_plain)) {
    return wrong(fmt::format("'{}' has a character that no URL has.", url));
  }
  std::string_view rest = url.substr(kHttp.size());
  const size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  ServerUrl parsed{.endpoint = {}, .path = std::string(rest.substr(slash))};
  rest = rest.substr(0, slash);
  const size_t host_end =
      rest.starts_with('[') ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (host_end == std::string_view::npos) return wrong(fmt::format("'{}' has no ']'.", url));
  const size_t colon = rest.starts_with('[') ? host_end + 1 : host_end;
  parsed.endpoint.host =
      rest.starts_with('[') ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  parsed.endpoint.port = kHttpPort;
  if (parsed.endpoint.host.empty()) return wrong(fmt::format("'{}' names no host.", url));
  if (colon < rest.size()) {
    if (rest[colon] != ':') return wrong(fmt::format("'{}' has no port behind ']'.", url));
    TRY_ASSIGN(parsed.endpoint.port, parse_port(url, rest.substr(colon + 1)));
  }
  return parsed;
}

Result<SocketAddress> find_server(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int code =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &first);
  const std::unique_ptr<addrinfo, FreeAddresses> owned(first);
  if (code != 0) {
    return Error{ErrorCode::kServiceUnavailable,
                 fmt::format("cannot find {}: {}", endpoint.host, ::gai_strerror(code))};
  }
  Error last{ErrorCode::kServiceUnavailable, "the name has no address"};
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    SocketAddress address;
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    const Result<Connection> connection = Connection::open(address);
    if (connection.ok()) return address;
    last = connection.error();
  }
  last.message = fmt::format("{}: {}", endpoint.authority(), last.message);
  return last;
}

}  // namespace forebay::load
