// SPDX-License-Identifier: Apache-2.0
#include "bench/load/report.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::load {
namespace {

using Buckets = std::vector<std::pair<uint64_t, uint64_t>>;

/// An answer of the server, made harmless in a line of JSON.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

std::string latencies(const Buckets& buckets) {
  std::string out = "[";
  for (const auto& [us, count] : buckets) {
    fmt::format_to(std::back_inserter(out), "{}[{},{}]", out.size() > 1 ? "," : "", us, count);
  }
  return out + "]";
}

std::string windows(const std::vector<Latencies::Window>& all) {
  std::string out = "[";
  for (const Latencies::Window& window : all) {
    fmt::format_to(std::back_inserter(out), R"({}{{"start_ms":{},"latencies_us":{}}})",
                   out.size() > 1 ? "," : "", window.start_ms, latencies(window.buckets));
  }
  return out + "]";
}

std::string action_report(ActionResult& action, double seconds) {
  const Histogram& histogram = action.latencies.all();
  std::string out = fmt::format(
      R"({{"requests":{},"messages":{},"messages_per_second":{:.1f},"requests_per_second":{:.1f},)"
      R"("p50_us":{},"p99_us":{},"max_us":{},"latencies_us":{})",
      action.requests, action.messages, static_cast<double>(action.messages) / seconds,
      static_cast<double>(action.requests) / seconds, histogram.percentile(500),
      histogram.percentile(990), histogram.max(), latencies(histogram.buckets()));
  const auto& split = action.latencies.windows();
  if (!split.empty()) out += fmt::format(R"(,"windows":{})", windows(split));
  return out + "}";
}

std::string stage_report(const Stage& stage, StageResult& result) {
  const double seconds = static_cast<double>(std::max<int64_t>(1, result.elapsed_us)) / 1e6;
  std::string out = fmt::format(
      R"({{"stage":"{}","seconds":{:.6f},"errors":{},"first_error":{},"ran_dry":{})",
      stage_name(stage.kind), seconds, result.errors, quoted(result.first_error), result.ran_dry);
  for (size_t i = 0; i < kActionCount; ++i) {
    if (result.actions[i].requests == 0) continue;
    out += fmt::format(R"(,"{}":{})", kActionNames[i], action_report(result.actions[i], seconds));
  }
  return out + "}";
}

}  // namespace

std::string report(std::span<const Stage> stages, std::span<StageResult> results) {
  CHECK(stages.size() == results.size());
  std::string out = R"({"stages":[)";
  for (size_t i = 0; i < stages.size(); ++i) {
    if (i > 0) out += ',';
    out += stage_report(stages[i], results[i]);
  }
  return out + "]}";
}

}  // namespace forebay::load
