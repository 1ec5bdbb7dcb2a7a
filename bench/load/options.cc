// SPDX-License-Identifier: Apache-2.0
#include "bench/load/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace forebay::load {
namespace {

constexpr std::array<std::pair<std::string_view, StageKind>, 5> kStages = {{
    {"send", StageKind::kSend},
    {"receive", StageKind::kReceive},
    {"delete", StageKind::kDelete},
    {"consume", StageKind::kConsume},
    {"level", StageKind::kLevel},
}};

constexpr double kSecondsMax = 3600;

struct NumberFlag {
  std::string_view name;
  uint32_t& (*field)(Options&);
  uint32_t min;
  uint32_t max;
};

template <uint32_t Options::* Member>
uint32_t& option(Options& options) {
  return options.*Member;
}
template <uint32_t RequestForm::* Member>
uint32_t& of_form(Options& options) {
  return options.form.*Member;
}

constexpr NumberFlag kNumbers[] = {
    {"--queues", option<&Options::queues>, 1, 100'000},
    {"--groups", of_form<&RequestForm::groups>, 0, 100'000'000},
    {"--batch", option<&Options::batch>, 1, kBatchMax},
    {"--keep", option<&Options::keep>, 0, kBatchMax},
    {"--body-bytes", of_form<&RequestForm::body_bytes>, 1, 1 << 20},
    {"--connections", option<&Options::connections>, 1, 1000},
    {"--window-ms", option<&Options::window_ms>, 0, 60'000},
};

Error wrong(std::string text) {
  return Error{ErrorCode::kInvalidConfiguration, std::move(text)};
}

/// The number that is all of `text`.
template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Result<void> set_queue_url(Options& options, std::string_view url) {
  TRY_ASSIGN(const ServerUrl parsed, parse_server_url(url));
  if (parsed.path.size() < 2) {
    return wrong(fmt::format("--queue-url {}: must be http://ADDRESS:PORT/ACCOUNT/NAME", url));
  }
  options.queue_url = url;
  options.endpoint = parsed.endpoint;
  options.form.host_header = parsed.endpoint.authority();
  return {};
}

Result<void> set_flag(Options& options, std::string_view name, std::string_view value) {
  if (name == "--queue-url") return set_queue_url(options, value);
  if (name == "--run") return options.form.run = value, Result<void>();
  if (name == "--start") {
    if (parse(value, options.start)) return {};
    return wrong(fmt::format("{} {}: must be a whole number", name, value));
  }
  const auto* flag = std::find_if(std::begin(kNumbers), std::end(kNumbers),
                                  [&](const NumberFlag& known) { return known.name == name; });
  if (flag == std::end(kNumbers)) return wrong(fmt::format("unknown flag {}", name));
  uint32_t& field = flag->field(options);
  if (parse(value, field) && field >= flag->min && field <= flag->max) return {};
  return wrong(fmt::format("{} {}: must be a whole number from {} to {}", name, value, flag->min,
                           flag->max));
}

Result<void> check(const Options& options) {
  if (options.queue_url.empty()) return wrong("--queue-url is missing");
  if (options.stages.empty()) return wrong("no stage: say for example send=1000 or level=2s");
  const bool numbered = options.queue_url.find("{}") != std::string::npos;
  if (numbered != (options.queues > 1)) {
    return wrong("--queues above 1 and {} in --queue-url belong together");
  }
  return {};
}

/// The URLs that "{}" stands for.
std::vector<std::string> queue_urls(const Options& options) {
  const size_t number = options.queue_url.find("{}");
  if (number == std::string::npos) return {options.queue_url};
  std::vector<std::string> urls;
  for (uint32_t i = 0; i < options.queues; ++i) {
    urls.push_back(std::string(options.queue_url).replace(number, 2, std::to_string(i)));
  }
  return urls;
}

}  // namespace

std::string_view stage_name(StageKind kind) {
  return kStages[static_cast<size_t>(kind)].first;
}

Result<Stage> parse_stage(std::string_view text) {
  const size_t equals = text.find('=');
  const auto* found = std::find_if(kStages.begin(), kStages.end(), [&](const auto& known) {
    return known.first == text.substr(0, equals);
  });
  const Error error = wrong(fmt::format(
      "{}: a stage is send, receive, delete, consume or level, with =MESSAGES or =SECONDSs", text));
  if (found == kStages.end()) return error;
  Stage stage{.kind = found->second};
  if (equals == std::string_view::npos) {
    return stage.kind == StageKind::kDelete ? Result<Stage>(stage) : error;
  }
  std::string_view amount = text.substr(equals + 1);
  if (!amount.ends_with('s')) {
    return parse(amount, stage.count) && stage.count > 0 ? Result<Stage>(stage) : error;
  }
  amount.remove_suffix(1);
  double seconds = 0;
  if (!parse(amount, seconds) || !(seconds > 0) || seconds > kSecondsMax) return error;
  stage.duration_ms = std::max<int64_t>(1, std::llround(seconds * 1000));
  return stage;
}

Result<Options> parse_options(std::span<const char* const> words) {
  Options options;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with("--")) {
      TRY_ASSIGN(const Stage stage, parse_stage(word));
      options.stages.push_back(stage);
      continue;
    }
    if (++i == words.size()) return wrong(fmt::format("{} needs a value", word));
    TRY(set_flag(options, word, words[i]));
  }
  TRY(check(options));
  options.form.queue_urls = queue_urls(options);
  return options;
}

}  // namespace forebay::load
