// SPDX-License-Identifier: Apache-2.0
#include "server/config_options.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace forebay::server {
namespace {

Error must_be(std::string_view allowed) {
  return Error{ErrorCode::kInvalidConfiguration, fmt::format("must be {}", allowed)};
}

bool all_of_class(std::string_view text, bool (*allowed)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A decimal number without sign, space or leftovers.
std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !all_of_class(text, is_digit)) return std::nullopt;
  return value;
}

Result<void> set_number(uint32_t& field, std::string_view text, uint32_t min, uint32_t max) {
  const std::optional<uint64_t> value = parse_number(text);
  if (!value || *value < min || *value > max) {
    return must_be(fmt::format("a whole number from {} to {}", min, max));
  }
  field = static_cast<uint32_t>(*value);
  return {};
}

Result<void> set_switch(bool& field, std::string_view text) {
  for (std::string_view on : {"on", "true", "yes", "1"}) {
    if (text == on) return field = true, Result<void>();
  }
  for (std::string_view off : {"off", "false", "no", "0"}) {
    if (text == off) return field = false, Result<void>();
  }
  return must_be("on or off (also true/false, yes/no, 1/0)");
}

bool is_ip_address(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_loopback(const std::string& text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

struct AddressAndPort {
  std::string_view address;  // empty: not given
  std::string_view port;     // empty: not given
};

/// Where the port begins, in "1.2.3.4:5", "[::1]:5", "[::1]", "::1", ":5" and "5".
AddressAndPort split_listen(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    const bool port_follows = end != std::string_view::npos && text.substr(end + 1, 1) == ":";
    if (end == 1) return {text, ""};  // nothing in the brackets: refused by the caller
    if (port_follows) return {text.substr(1, end - 1), text.substr(end + 2)};
    if (end == text.size() - 1) return {text.substr(1, end - 1), ""};
    return {text, ""};  // not an address either
  }
  if (all_of_class(text, is_digit)) return {"", text};
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon != text.rfind(':')) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Result<void> set_listen(Config& config, std::string_view text) {
  const Error wrong = must_be(
      "ADDRESS:PORT, ADDRESS or PORT, for example 127.0.0.1:9324, [::1]:9324, localhost:9324, "
      "0.0.0.0 or 9324; the port is 0 (any free one) to 65535");
  const AddressAndPort parts = split_listen(text);
  const bool port_expected = text.ends_with(':') || !parts.port.empty();
  const std::optional<uint64_t> port = parse_number(parts.port);
  if (port_expected && (!port || *port > std::numeric_limits<uint16_t>::max())) return wrong;
  const std::string address(parts.address == "localhost" ? "127.0.0.1" : parts.address);
  if (address.empty() ? !port_expected : !is_ip_address(address)) return wrong;
  const Config defaults;
  config.listen_address = address.empty() ? defaults.listen_address : address;
  config.port = port ? static_cast<uint16_t>(*port) : defaults.port;
  return {};
}

Result<void> set_data(Config& config, std::string_view text) {
  if (text.empty()) return must_be("the path of a directory");
  config.data_directory = text;
  return {};
}

Result<void> set_region(Config& config, std::string_view text) {
  auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  if (!all_of_class(text, allowed) || text.size() > 64) {
    return must_be("lower-case letters, digits and hyphens, for example us-east-1");
  }
  config.region = text;
  return {};
}

Result<void> set_account(Config& config, std::string_view text) {
  if (!all_of_class(text, is_digit) || text.size() != 12) return must_be("12 digits");
  config.account = text;
  return {};
}

Result<void> set_public_url(Config& config, std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  std::string_view rest;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) rest = text.substr(scheme.size());
  }
  auto printable = [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '@'; };
  if (rest.starts_with('/') || !all_of_class(rest, printable)) {
    return must_be(
        "http:// or https://, a host, and perhaps a port and a path, "
        "for example https://queue.example.com");
  }
  config.public_url = text;
  return {};
}

/// Says also whether there is a disk at all, so that the level given last counts.
Result<void> set_durability(Config& config, std::string_view text) {
  constexpr std::string_view kInterval = "interval=";
  uint32_t interval_ms = 0;
  if (text.starts_with(kInterval)) {
    if (!set_number(interval_ms, text.substr(kInterval.size()), 1, 60'000).ok()) {
      return must_be("interval=<milliseconds from 1 to 60000>");
    }
  } else if (text != "sync" && text != "memory") {
    return must_be("sync, interval=<milliseconds> or memory");
  }
  config.sync_interval_ms = interval_ms;
  config.memory = text == "memory";
  return {};
}

Result<void> set_log_format(Config& config, std::string_view text) {
  if (text != "text" && text != "json") return must_be("text or json");
  config.log_format = text == "json" ? LogFormat::kJson : LogFormat::kText;
  return {};
}

Result<void> set_log_level(Config& config, std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kLevels = {{
      {"debug", LogLevel::kDebug},
      {"info", LogLevel::kInfo},
      {"warn", LogLevel::kWarn},
      {"error", LogLevel::kError},
      {"off", LogLevel::kOff},
  }};
  for (const auto& [name, level] : kLevels) {
    if (text == name) return config.log_level = level, Result<void>();
  }
  return must_be("debug, info, warn, error or off");
}

Result<void> set_emulated_power_loss(Config& config, std::string_view text) {
  const std::optional<uint64_t> seed = parse_number(text);
  const bool lying = text == "lying-disk";
  if (text == "off") return config.emulated_power_loss.reset(), Result<void>();
  if (!seed && !lying) return must_be("a seed (a whole number), lying-disk, or off");
  config.emulated_power_loss = EmulatedPowerLoss{.lying = lying, .seed = seed.value_or(0)};
  return {};
}

Result<void> set_emulated_disk_bytes(Config& config, std::string_view text) {
  const std::optional<uint64_t> bytes = parse_number(text);
  if (!bytes) return must_be("a number of bytes, 0 for the real disk's");
  config.emulated_disk_bytes = *bytes;
  return {};
}

Result<void> set_bench_path(Config& config, std::string_view text) {
  auto allowed = [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; };
  const bool is_path = text.starts_with('/') && text != "/" && text != "/health";
  if (text == "off") return config.bench_path.clear(), Result<void>();
  if (!is_path || !all_of_class(text, allowed)) {
    return must_be("a path that nothing else is served on, for example /bench, or off");
  }
  config.bench_path = text;
  return {};
}

using Text = std::string_view;
constexpr auto kText = OptionKind::kText;
constexpr auto kInteger = OptionKind::kInteger;
constexpr auto kSwitch = OptionKind::kSwitch;

constexpr Text kNetwork = "Network";
constexpr Text kStorage = "Storage";
constexpr Text kIdentity = "Identity";
constexpr Text kBehaviour = "Behaviour";
constexpr Text kResources = "Resources";
constexpr Text kLogging = "Logging";
constexpr Text kNotInHelp = "";

// clang-format off
constexpr ConfigOption kOptions[] = {
  {"listen", kText, "ADDRESS:PORT", "127.0.0.1:9324", kNetwork,
   "Where to accept HTTP. IPv6 in brackets: [::1]:9324. A port alone (9324 or :9324) keeps "
   "127.0.0.1; an address alone keeps 9324; port 0 takes a free one. 0.0.0.0 is every IPv4 "
   "address, [::] every address.",
   set_listen},
  {"public-url", kText, "URL", "from each request's Host header", kNetwork,
   "Beginning of the queue URLs that are given to clients, when they reach the server by "
   "another name.",
   set_public_url},
  {"allow-anonymous", kSwitch, "", "off", kNetwork,
   "Serve clients without checking who they are, on addresses that other machines can reach.",
   [](Config& c, Text t) { return set_switch(c.allow_anonymous, t); }},

  {"data", kText, "DIRECTORY", "./forebay-data", kStorage,
   "Where queues and messages are kept. Created when missing; one server at a time uses it.",
   set_data},
  {"memory", kSwitch, "", "off", kStorage,
   "Keep everything in memory only: nothing survives the end of the process. For tests.",
   [](Config& c, Text t) { return set_switch(c.memory, t); }},
  {"durability", kText, "LEVEL", "sync", kStorage,
   "What an answer promises. sync: on disk, survives power failure. interval=<ms>: survives the "
   "end of the process; a power failure may take back the last <ms> milliseconds. memory: as "
   "--memory.",
   set_durability},
  {"segment-mb", kInteger, "MB", "64", kStorage,
   "Size of a journal file, in megabytes (1 to 1024).",
   [](Config& c, Text t) { return set_number(c.segment_mb, t, 1, 1024); }},
  {"cache-mb", kInteger, "MB", "32", kStorage,
   "Memory for the messages sent last, so that reading them needs no disk (0 to 65536).",
   [](Config& c, Text t) { return set_number(c.cache_mb, t, 0, 65'536); }},

  {"region", kText, "NAME", "us-east-1", kIdentity,
   "AWS region of a request whose credentials and host name (sqs.<region>.<domain>) say none.",
   set_region},
  {"account", kText, "ID", "000000000000", kIdentity,
   "AWS account of a request whose access key is neither 12 digits nor in an [[access_key]] "
   "table of the file: 12 digits.",
   set_account},

  {"attribute-aliases", kSwitch, "", "off", kBehaviour,
   "Also accept two queue attributes that AWS rejects: VisibilityTimeoutSeconds (means "
   "VisibilityTimeout) and MaxReceiveCount (default of a later RedrivePolicy that has none).",
   [](Config& c, Text t) { return set_switch(c.attribute_aliases, t); }},
  {"cooldowns", kSwitch, "on|off", "on", kBehaviour,
   "Refuse, as AWS does, a second PurgeQueue and the re-creation of a deleted queue for 60 "
   "seconds.",
   [](Config& c, Text t) { return set_switch(c.cooldowns, t); }},

  {"threads", kInteger, "N", "1", kResources,
   "Threads that serve HTTP (1 to 256).",
   [](Config& c, Text t) { return set_number(c.threads, t, 1, 256); }},
  {"connections-max", kInteger, "N", "16000", kResources,
   "Open connections (1 to 1000000); further ones are answered with 503 and closed.",
   [](Config& c, Text t) { return set_number(c.connections_max, t, 1, 1'000'000); }},

  {"log-format", kText, "text|json", "text", kLogging,
   "Log lines on standard error: for people or for machines.",
   set_log_format},
  {"log-level", kText, "LEVEL", "info", kLogging,
   "Least important lines to log: debug, info, warn, error, or off for none.",
   set_log_level},

  {"emulate-power-loss", kText, "SEED", "off", kNotInHelp,
   "The end of the process is a power failure: what is not synced is lost.",
   set_emulated_power_loss},
  {"emulate-disk-bytes", kInteger, "BYTES", "0", kNotInHelp,
   "The data directory is on a disk of this size.",
   set_emulated_disk_bytes},
  {"bench-path", kText, "PATH", "off", kNotInHelp,
   "Answer requests for this path with a reply like SendMessage's, without doing anything.",
   set_bench_path},
};
// clang-format on

}  // namespace

std::span<const ConfigOption> config_options() {
  return kOptions;
}

const ConfigOption* find_config_option(std::string_view name) {
  const auto* found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                   [&](const ConfigOption& option) { return option.name == name; });
  return found == std::end(kOptions) ? nullptr : found;
}

std::vector<std::string> config_option_names() {
  std::vector<std::string> names;
  for (const ConfigOption& option : kOptions) names.emplace_back(option.name);
  return names;
}

std::string environment_name(std::string_view option_name) {
  std::string name = "FOREBAY_";
  for (char c : option_name) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Result<void> check_config(const Config& config) {
  if (config.allow_anonymous || is_loopback(config.listen_address)) return {};
  return Error{ErrorCode::kInvalidConfiguration,
               fmt::format("Refusing to listen on {}: this server does not check who its clients "
                           "are, so anybody who can "
                           "reach that address could read, send and delete every message. Either "
                           "listen on this machine "
                           "only (--listen 127.0.0.1:{}), or, when the network itself keeps "
                           "strangers out, say so with "
                           "--allow-anonymous.",
                           config.listen_address, config.port)};
}

}  // namespace forebay::server
