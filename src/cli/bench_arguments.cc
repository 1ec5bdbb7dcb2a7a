// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "load/action.h"
#include "server/nearest_name.h"

namespace forebay::cli {
namespace {

constexpr int64_t kMsMax = 24 * 3600 * int64_t{1000};
constexpr double kRateMax = 10'000'000;
constexpr uint64_t kManyMax = 1'000'000'000'000;

Error usage_error(std::string_view text) {
  return Error{ErrorCode::kInvalidConfiguration,
               fmt::format("{} See 'forebay bench --help'.", text)};
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class Number>
Result<void> set_number(std::string_view name, std::string_view text, Number& field,
                        std::pair<Number, Number> range) {
  const std::optional<Number> number = whole<Number>(text);
  if (!number || *number < range.first || *number > range.second) {
    return usage_error(fmt::format("{} must be a whole number from {} to {}; it is '{}'.", name,
                                   range.first, range.second, text));
  }
  field = *number;
  return {};
}

/// "500ms", "2s", "1.5m"; without a unit seconds.
Result<void> set_duration(std::string_view name, std::string_view text, int64_t& field) {
  struct Unit {
    std::string_view name;
    double ms;
  };
  constexpr std::array<Unit, 4> kUnits = {{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"", 1000}}};
  const auto unit =
      std::ranges::find_if(kUnits, [&](const Unit& each) { return text.ends_with(each.name); });
  const std::optional<double> amount =
      whole<double>(text.substr(0, text.size() - unit->name.size()));
  if (!amount || !(*amount >= 0) || *amount * unit->ms > static_cast<double>(kMsMax)) {
    return usage_error(fmt::format(
        "{} must be a time such as 500ms, 10s or 2m, of a day at most; it is '{}'.", name, text));
  }
  field = std::llround(*amount * unit->ms);
  return {};
}

Result<void> set_rate(std::string_view text, double& field) {
  const std::optional<double> rate = whole<double>(text);
  if (!rate || !(*rate > 0) || *rate > kRateMax) {
    return usage_error(fmt::format("--rate must be requests a second, above 0; it is '{}'.", text));
  }
  field = *rate;
  return {};
}

Result<void> set_format(std::string_view text, BenchFormat& format) {
  constexpr std::array<std::pair<std::string_view, BenchFormat>, 3> kFormats = {
      {{"text", BenchFormat::kText}, {"json", BenchFormat::kJson}, {"csv", BenchFormat::kCsv}}};
  for (const auto& [name, value] : kFormats) {
    if (text == name) return format = value, Result<void>();
  }
  return usage_error(fmt::format("--format must be text, json or csv; it is '{}'.", text));
}

Result<void> set_text(std::string_view name, std::string_view text, std::string& field) {
  if (text.empty()) return usage_error(fmt::format("{} must not be empty.", name));
  field = text;
  return {};
}

/// What was named on the command line besides the values themselves.
struct Given {
  bool endpoint = false;
  bool duration = false;
};

/// Everything that takes a value.
class Setter {
 public:
  Setter(BenchArguments& parsed, Given& given) : parsed_(parsed), given_(given) {}

  Result<void> set(std::string_view name, std::string_view text) {
    for (const Option& option : kOptions) {
      if (option.name == name) return option.set(*this, name, text);
    }
    return unknown(name);
  }

  static std::vector<std::string> names() {
    std::vector<std::string> all = {"help", "quiet", "keep-queues"};
    for (const Option& option : kOptions) all.emplace_back(option.name.substr(2));
    return all;
  }

  static bool knows(std::string_view name) {
    return std::ranges::any_of(kOptions, [&](const Option& each) { return each.name == name; });
  }

  static Error unknown(std::string_view name) {
    const std::string_view bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
    const std::string nearest = server::nearest_name(bare, names());
    return usage_error(
        nearest.empty() ? fmt::format("Unknown option '{}'.", name)
                        : fmt::format("Unknown option '{}'; did you mean '--{}'?", name, nearest));
  }

 private:
  struct Option {
    std::string_view name;
    Result<void> (*set)(Setter& self, std::string_view name, std::string_view text);
  };

  template <uint32_t BenchArguments::* Field, uint32_t Min, uint32_t Max>
  static Result<void> small(Setter& self, std::string_view name, std::string_view text) {
    return set_number<uint32_t>(name, text, self.parsed_.*Field, {Min, Max});
  }
  template <uint64_t BenchArguments::* Field>
  static Result<void> large(Setter& self, std::string_view name, std::string_view text) {
    return set_number<uint64_t>(name, text, self.parsed_.*Field, {1, kManyMax});
  }

  Result<void> set_endpoint(std::string_view text) {
    const auto url = load::parse_server_url(text);
    if (!url.ok()) return usage_error("--endpoint " + url.error().message);
    if (url->path.size() > 1) {
      return usage_error(fmt::format(
          "--endpoint is a server without a path; for the queue '{}' there is --queue-url.", text));
    }
    parsed_.endpoint = url->endpoint;
    given_.endpoint = true;
    return {};
  }

  Result<void> set_queue_url(std::string_view text) {
    const auto url = load::parse_server_url(text);
    if (!url.ok()) return usage_error("--queue-url " + url.error().message);
    parsed_.queue_url = text;
    return {};
  }

  Result<void> set_mix(std::string_view text) {
    auto mix = load::parse_mix(text);
    if (!mix.ok()) return usage_error("--mix " + mix.error().message);
    parsed_.mix = *std::move(mix);
    return {};
  }

  static const std::array<Option, 18> kOptions;

  BenchArguments& parsed_;
  Given& given_;
};

using Text = std::string_view;
using Arguments = BenchArguments;

constexpr uint32_t kGroupsMax = 100'000'000;
constexpr uint32_t kBodyBytesMax = 1 << 20;

const std::array<Setter::Option, 18> Setter::kOptions = {{
    {"--endpoint", [](Setter& self, Text, Text text) { return self.set_endpoint(text); }},
    {"--queue-url", [](Setter& self, Text, Text text) { return self.set_queue_url(text); }},
    {"--raw-target", [](Setter& self, Text name,
                        Text text) { return set_text(name, text, self.parsed_.raw_target); }},
    {"--mix", [](Setter& self, Text, Text text) { return self.set_mix(text); }},
    {"--batch", small<&Arguments::batch, 1, load::kBatchMax>},
    {"--body-bytes", small<&Arguments::body_bytes, 1, kBodyBytesMax>},
    {"--queues", small<&Arguments::queues, 1, 10'000>},
    {"--groups", small<&Arguments::groups, 0, kGroupsMax>},
    {"--wait-seconds", small<&Arguments::wait_s, 0, 20>},
    {"--preload", large<&Arguments::preload>},
    {"--connections", small<&Arguments::connections, 1, 1000>},
    {"--threads", small<&Arguments::threads, 1, 64>},
    {"--rate", [](Setter& self, Text, Text text) { return set_rate(text, self.parsed_.rate); }},
    {"--warm-up", [](Setter& self, Text name,
                     Text text) { return set_duration(name, text, self.parsed_.warm_up_ms); }},
    {"--duration",
     [](Setter& self, Text name, Text text) {
       self.given_.duration = true;
       return set_duration(name, text, self.parsed_.duration_ms);
     }},
    {"--requests", large<&Arguments::requests>},
    {"--format",
     [](Setter& self, Text, Text text) { return set_format(text, self.parsed_.format); }},
    {"--output",
     [](Setter& self, Text name, Text text) { return set_text(name, text, self.parsed_.output); }},
}};

/// Options that belong together, or do not.
Result<void> check_target(const BenchArguments& parsed) {
  if (!parsed.raw_target.empty()) {
    if (!parsed.queue_url.empty()) {
      return usage_error("--raw-target and --queue-url exclude each other.");
    }
    const bool path =
        parsed.raw_target.starts_with('/') &&
        std::ranges::all_of(parsed.raw_target, [](char c) { return c > ' ' && c < 0x7f; });
    if (!path) return usage_error("--raw-target must be a path, for example /fixed.");
    if (parsed.mix.kind != load::Mix::Kind::kSend || parsed.preload > 0) {
      return usage_error("--raw-target is no queue: it can only be sent to (--mix send).");
    }
  }
  if (!parsed.queue_url.empty()) {
    if (parsed.queues > 1)
      return usage_error("--queue-url is one queue; --queues is for made ones.");
    const bool fifo = parsed.queue_url.ends_with(".fifo");
    if (fifo && parsed.groups == 0) {
      return usage_error("A FIFO queue needs message groups: add --groups 100, for example.");
    }
    if (!fifo && parsed.groups > 0) {
      return usage_error("--groups is for FIFO queues; this --queue-url does not end in .fifo.");
    }
  }
  return {};
}

Result<void> check(BenchArguments& parsed, const Given& given) {
  TRY(check_target(parsed));
  if (!parsed.queue_url.empty() && !given.endpoint) {
    TRY_ASSIGN(const load::ServerUrl url, load::parse_server_url(parsed.queue_url));
    parsed.endpoint = url.endpoint;
  }
  if (parsed.connections < parsed.threads) {
    return usage_error("--connections must be at least as many as --threads.");
  }
  if (parsed.requests > 0) {
    if (given.duration) return usage_error("--requests and --duration exclude each other.");
    parsed.duration_ms = 0;
  } else if (parsed.duration_ms == 0) {
    return usage_error("--duration must be longer than 0.");
  }
  return {};
}

}  // namespace

Result<BenchArguments> parse_bench_arguments(const std::vector<std::string>& arguments) {
  BenchArguments parsed;
  Given given;
  Setter setter(parsed, given);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (word == "--help" || word == "-h") {
      parsed.help = true;
    } else if (word == "--quiet" || word == "-q") {
      parsed.quiet = true;
    } else if (word == "--keep-queues") {
      parsed.keep_queues = true;
    } else if (!word.starts_with('-')) {
      return usage_error(fmt::format("Unexpected argument '{}'.", word));
    } else if (!Setter::knows(name)) {
      return Setter::unknown(name);
    } else if (equals != std::string_view::npos) {
      TRY(setter.set(name, word.substr(equals + 1)));
    } else if (++i < arguments.size()) {
      TRY(setter.set(name, arguments[i]));
    } else {
      return usage_error(fmt::format("{} needs a value.", name));
    }
  }
  if (!parsed.help) TRY(check(parsed, given));
  return parsed;
}

}  // namespace forebay::cli
