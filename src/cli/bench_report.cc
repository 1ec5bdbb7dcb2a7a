// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_report.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "commands/text_format.h"

namespace forebay::cli {
namespace {

using load::ActionFigures;
using load::Histogram;
using load::LoadFigures;

/// Below this share of the rate asked for, something could not keep up.
constexpr double kKeptUp = 0.99;
/// Above this share of its threads' cores, the load program measures itself.
constexpr double kBusyShare = 0.9;

/// The name in JSON and CSV, the head of the column in text, and permille.
struct Percentile {
  std::string_view name;
  std::string_view head;
  uint32_t permille;
};
constexpr std::array<Percentile, 5> kPercentiles = {{{"p50", "p50", 500},
                                                     {"p90", "p90", 900},
                                                     {"p99", "p99", 990},
                                                     {"p999", "p99.9", 999},
                                                     {"max", "max", 1000}}};

double seconds_of(const LoadFigures& figures) {
  return static_cast<double>(std::max<int64_t>(1, figures.measured_us)) / 1e6;
}

double per_second(uint64_t count, const LoadFigures& figures) {
  return static_cast<double>(count) / seconds_of(figures);
}

double cpu_share(const LoadFigures& figures) {
  const auto used_us = static_cast<double>(figures.cpu.user_us + figures.cpu.system_us);
  return used_us / 1e6 / seconds_of(figures);
}

bool is_open_loop(const BenchArguments& arguments) {
  return arguments.rate > 0;
}

const Histogram& latency_of(const BenchArguments& arguments, const ActionFigures& action) {
  return is_open_loop(arguments) ? action.response : action.service;
}

bool was_made(const ActionFigures& action) {
  return action.requests > 0 || action.errors > 0;
}

// --- notes ---------------------------------------------------------------------------------------

void add_rate_note(const BenchArguments& arguments, const LoadFigures& figures,
                   std::vector<std::string>& notes) {
  // Errors are answers too, and the server kept up with them.
  const double achieved = per_second(figures.requests() + figures.errors.total(), figures);
  if (!is_open_loop(arguments) || achieved >= kKeptUp * arguments.rate) return;
  const bool busy = cpu_share(figures) > kBusyShare * arguments.threads;
  notes.push_back(fmt::format(
      "The rate was not reached: {:.1f} of {:.1f} requests a second; {} were due and never sent. "
      "{}",
      achieved, arguments.rate, commands::count_text(figures.not_started),
      busy ? "The load program was the bottleneck: give it more --threads."
           : "The server did not keep up, or there were too few --connections: all of them were "
             "waiting for answers."));
}

void add_cpu_note(const BenchArguments& arguments, const LoadFigures& figures,
                  std::vector<std::string>& notes) {
  const double share = cpu_share(figures);
  if (share <= kBusyShare * arguments.threads) return;
  notes.push_back(
      fmt::format("The load program used {:.0f} % of a core with {}: it may have been the "
                  "bottleneck. Give it more --threads.",
                  share * 100, commands::counted(arguments.threads, "thread")));
}

void add_empty_note(const LoadFigures& figures, std::vector<std::string>& notes) {
  const ActionFigures& receive = figures.actions[static_cast<size_t>(load::Action::kReceive)];
  if (receive.empty == 0) return;
  notes.push_back(fmt::format("{} of {} receives found nothing.",
                              commands::count_text(receive.empty),
                              commands::count_text(receive.requests)));
}

// --- text ----------------------------------------------------------------------------------------

std::string what_was_done(const BenchArguments& arguments) {
  std::string text = fmt::format("{}, {} of {} a request", arguments.mix.name,
                                 commands::counted(arguments.batch, "message"),
                                 commands::counted(arguments.body_bytes, "byte"));
  if (!arguments.raw_target.empty()) {
    return text + fmt::format(", posted to {}", arguments.raw_target);
  }
  if (!arguments.queue_url.empty()) return text + fmt::format(", {}", arguments.queue_url);
  text += fmt::format(", {}", commands::counted(arguments.queues, "queue"));
  if (arguments.groups > 0) {
    text += fmt::format(" (FIFO, {})", commands::counted(arguments.groups, "message group"));
  }
  return text;
}

std::string how_it_was_done(const BenchArguments& arguments, const LoadFigures& figures) {
  std::string text = fmt::format("{}, {}, ", commands::counted(arguments.connections, "connection"),
                                 commands::counted(arguments.threads, "thread"));
  text += is_open_loop(arguments) ? fmt::format("open loop of {} requests a second", arguments.rate)
                                  : "closed loop";
  return text + fmt::format(", {:.2f} s measured after {:.1f} s of warm-up", seconds_of(figures),
                            static_cast<double>(arguments.warm_up_ms) / 1000);
}

std::vector<std::string> latency_cells(const Histogram& latencies) {
  std::vector<std::string> cells;
  for (const Percentile& each : kPercentiles) {
    cells.push_back(latency_text(latencies.percentile(each.permille)));
  }
  return cells;
}

std::string rate_table(const BenchArguments& arguments, const LoadFigures& figures) {
  std::vector<std::string> head = {"action", "requests", "requests/s", "messages/s", "errors"};
  for (const Percentile& each : kPercentiles) head.emplace_back(each.head);
  commands::TextTable table(head);
  for (size_t i = 0; i < load::kActionCount; ++i) {
    const ActionFigures& action = figures.actions[i];
    if (!was_made(action)) continue;
    std::vector<std::string> row = {std::string(load::kActionNames[i]),
                                    commands::count_text(action.requests),
                                    fmt::format("{:.1f}", per_second(action.requests, figures)),
                                    fmt::format("{:.1f}", per_second(action.messages, figures)),
                                    commands::count_text(action.errors)};
    for (std::string& cell : latency_cells(latency_of(arguments, action))) {
      row.push_back(std::move(cell));
    }
    table.row(std::move(row));
  }
  return table.text();
}

std::string service_table(const LoadFigures& figures) {
  std::vector<std::string> head = {"action"};
  for (const Percentile& each : kPercentiles) head.emplace_back(each.head);
  commands::TextTable table(head);
  for (size_t i = 0; i < load::kActionCount; ++i) {
    if (!was_made(figures.actions[i])) continue;
    std::vector<std::string> row = {std::string(load::kActionNames[i])};
    for (std::string& cell : latency_cells(figures.actions[i].service)) {
      row.push_back(std::move(cell));
    }
    table.row(std::move(row));
  }
  return table.text();
}

std::string text_report(const BenchArguments& arguments, const LoadFigures& figures) {
  std::string out = fmt::format("http://{}: {}\n{}\n\n", arguments.endpoint.authority(),
                                what_was_done(arguments), how_it_was_done(arguments, figures));
  out += rate_table(arguments, figures);
  if (is_open_loop(arguments)) {
    out +=
        "\nThese are response times, from when a request was due. Service times, from when it "
        "was sent:\n";
    out += service_table(figures);
  }
  if (figures.errors.total() > 0) {
    out += "\nErrors:\n";
    for (const auto& [code, kind] : figures.errors.kinds()) {
      out +=
          fmt::format("  {} {}: {}\n", commands::count_text(kind.count), code, kind.first_message);
    }
  }
  const auto user_s = static_cast<double>(figures.cpu.user_us) / 1e6;
  const auto system_s = static_cast<double>(figures.cpu.system_us) / 1e6;
  out += fmt::format(
      "\nProcessor time of the load program: {:.2f} s ({:.2f} user, {:.2f} system), {:.0f} % of a "
      "core.\n",
      user_s + system_s, user_s, system_s, cpu_share(figures) * 100);
  for (const std::string& note : bench_notes(arguments, figures)) out += note + "\n";
  return out;
}

// --- JSON ----------------------------------------------------------------------------------------

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    // What a server sent need not be UTF-8; JSON must be.
    out += static_cast<unsigned char>(c) < 0x80 ? c : '?';
  }
  return out + '"';
}

std::string json_latencies(const Histogram& latencies) {
  std::string out;
  for (const Percentile& each : kPercentiles) {
    out += fmt::format(R"({}"{}":{})", out.empty() ? "" : ",", each.name,
                       latencies.percentile(each.permille));
  }
  return "{" + out + "}";
}

std::string json_actions(const BenchArguments& arguments, const LoadFigures& figures) {
  std::string out;
  for (size_t i = 0; i < load::kActionCount; ++i) {
    const ActionFigures& action = figures.actions[i];
    if (!was_made(action)) continue;
    out += fmt::format(
        R"({}"{}":{{"requests":{},"messages":{},"requests_per_second":{:.1f},)"
        R"("messages_per_second":{:.1f},"errors":{},"empty":{},"latency_us":{},"service_us":{}}})",
        out.empty() ? "" : ",", load::kActionNames[i], action.requests, action.messages,
        per_second(action.requests, figures), per_second(action.messages, figures), action.errors,
        action.empty, json_latencies(latency_of(arguments, action)),
        json_latencies(action.service));
  }
  return "{" + out + "}";
}

std::string json_errors(const LoadFigures& figures) {
  std::string counts;
  std::string texts;
  for (const auto& [code, kind] : figures.errors.kinds()) {
    const std::string_view comma = counts.empty() ? "" : ",";
    counts += fmt::format("{}{}:{}", comma, quoted(code), kind.count);
    texts += fmt::format("{}{}:{}", comma, quoted(code), quoted(kind.first_message));
  }
  return fmt::format(R"("errors":{{{}}},"first_errors":{{{}}})", counts, texts);
}

std::string json_notes(const BenchArguments& arguments, const LoadFigures& figures) {
  std::string out;
  for (const std::string& note : bench_notes(arguments, figures)) {
    out += (out.empty() ? "" : ",") + quoted(note);
  }
  return "[" + out + "]";
}

std::string json_report(const BenchArguments& arguments, const LoadFigures& figures) {
  const auto user_s = static_cast<double>(figures.cpu.user_us) / 1e6;
  const auto system_s = static_cast<double>(figures.cpu.system_us) / 1e6;
  std::string out = fmt::format(
      R"({{"mix":{},"endpoint":{},"raw_target":{},"loop":"{}","rate":{},"connections":{},)"
      R"("threads":{},"batch":{},"body_bytes":{},"queues":{},"groups":{},)",
      quoted(arguments.mix.name), quoted("http://" + arguments.endpoint.authority()),
      quoted(arguments.raw_target), is_open_loop(arguments) ? "open" : "closed", arguments.rate,
      arguments.connections, arguments.threads, arguments.batch, arguments.body_bytes,
      arguments.queues, arguments.groups);
  out += fmt::format(R"("warm_up_seconds":{:.3f},"seconds":{:.6f},"requests_per_second":{:.1f},)"
                     R"("actions":{},"not_started":{},{},)",
                     static_cast<double>(arguments.warm_up_ms) / 1000, seconds_of(figures),
                     per_second(figures.requests(), figures), json_actions(arguments, figures),
                     figures.not_started, json_errors(figures));
  out += fmt::format(
      R"("load_cpu_seconds":{:.6f},"load_cpu_user_seconds":{:.6f},)"
      R"("load_cpu_system_seconds":{:.6f},"load_cpu_share":{:.4f},"interrupted":{},"notes":{}}})",
      user_s + system_s, user_s, system_s, cpu_share(figures), figures.interrupted,
      json_notes(arguments, figures));
  return out + "\n";
}

// --- CSV -----------------------------------------------------------------------------------------

std::string csv_report(const BenchArguments& arguments, const LoadFigures& figures) {
  std::string out =
      "action,seconds,connections,batch,body_bytes,rate,requests,messages,requests_per_second,"
      "messages_per_second,errors,empty";
  for (const std::string_view kind : {"", "service_"}) {
    for (const Percentile& each : kPercentiles) out += fmt::format(",{}{}_us", kind, each.name);
  }
  out += ",load_cpu_seconds\n";
  for (size_t i = 0; i < load::kActionCount; ++i) {
    const ActionFigures& action = figures.actions[i];
    if (!was_made(action)) continue;
    out += fmt::format("{},{:.6f},{},{},{},{},{},{},{:.1f},{:.1f},{},{}", load::kActionNames[i],
                       seconds_of(figures), arguments.connections, arguments.batch,
                       arguments.body_bytes, arguments.rate, action.requests, action.messages,
                       per_second(action.requests, figures), per_second(action.messages, figures),
                       action.errors, action.empty);
    for (const Histogram* latencies : {&latency_of(arguments, action), &action.service}) {
      for (const Percentile& each : kPercentiles) {
        out += fmt::format(",{}", latencies->percentile(each.permille));
      }
    }
    out += fmt::format(",{:.6f}\n",
                       static_cast<double>(figures.cpu.user_us + figures.cpu.system_us) / 1e6);
  }
  return out;
}

}  // namespace

std::vector<std::string> bench_notes(const BenchArguments& arguments, const LoadFigures& figures) {
  std::vector<std::string> notes;
  if (figures.interrupted) notes.emplace_back("The run was interrupted before its end.");
  add_rate_note(arguments, figures, notes);
  add_cpu_note(arguments, figures, notes);
  add_empty_note(figures, notes);
  return notes;
}

std::string bench_report(const BenchArguments& arguments, const LoadFigures& figures) {
  switch (arguments.format) {
    case BenchFormat::kText:
      return text_report(arguments, figures);
    case BenchFormat::kJson:
      return json_report(arguments, figures);
    case BenchFormat::kCsv:
      return csv_report(arguments, figures);
  }
  CHECK(false);
  return {};
}

std::string latency_text(uint64_t us) {
  const auto value = static_cast<double>(us);
  if (us < 1000) return fmt::format("{} us", us);
  if (us < 100'000) return fmt::format("{:.2f} ms", value / 1e3);
  return us < 1'000'000 ? fmt::format("{:.0f} ms", value / 1e3)
                        : fmt::format("{:.2f} s", value / 1e6);
}

}  // namespace forebay::cli
