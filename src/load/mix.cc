// SPDX-License-Identifier: Apache-2.0
#include "load/mix.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace forebay::load {
namespace {

constexpr uint32_t kWeightMax = 1'000'000;
constexpr std::array<std::pair<std::string_view, Mix::Kind>, 3> kNames = {{
    {"send", Mix::Kind::kSend},
    {"receive-delete", Mix::Kind::kReceiveDelete},
    {"roundtrip", Mix::Kind::kRoundtrip},
}};

Error wrong(std::string_view text, std::string_view why) {
  return Error{ErrorCode::kInvalidConfiguration,
               fmt::format("'{}' is no mix: {} There are send, receive-delete, roundtrip, and "
                           "weights such as send=2,receive=1,delete=1.",
                           text, why)};
}

Result<void> add_weight(std::string_view text, std::string_view part, Mix& mix) {
  const size_t equals = part.find('=');
  const auto* const name = std::ranges::find(kActionNames, part.substr(0, equals));
  if (name == kActionNames.end() || equals == std::string_view::npos) {
    return wrong(text, fmt::format("'{}' is not an action with a weight.", part));
  }
  uint32_t& weight = mix.weights[static_cast<size_t>(name - kActionNames.begin())];
  const std::string_view number = part.substr(equals + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
  if (error != std::errc() || end != number.data() + number.size() || weight > kWeightMax) {
    return wrong(text, fmt::format("'{}' is not a weight.", number));
  }
  return {};
}

}  // namespace

Result<Mix> parse_mix(std::string_view text) {
  Mix mix{.name = std::string(text)};
  for (const auto& [name, kind] : kNames) {
    if (text == name) return mix.kind = kind, Result<Mix>(mix);
  }
  mix.kind = Mix::Kind::kWeights;
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    TRY(add_weight(text, rest.substr(0, comma), mix));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const auto [send, receive, deleted] = mix.weights;
  if (send + receive == 0) {
    return wrong(text,
                 deleted > 0 ? "there is nothing to delete without receive." : "it is empty.");
  }
  if (deleted > 0 && receive == 0) {
    return wrong(text, "there is nothing to delete without receive.");
  }
  return mix;
}

Action WeightedTurns::next() {
  size_t best = 0;
  for (size_t i = 0; i < kActionCount; ++i) {
    due_[i] += weights_[i];
    if (due_[i] > due_[best]) best = i;
  }
  due_[best] -= std::accumulate(weights_.begin(), weights_.end(), int64_t{0});
  return static_cast<Action>(best);
}

}  // namespace forebay::load
