// SPDX-License-Identifier: Apache-2.0
#include "commands/consume_report.h"

#include <algorithm>
#include <cstdio>
#include <variant>

#include <fmt/format.h>

#include "commands/json_text.h"
#include "commands/text_format.h"

namespace forebay::commands {
namespace {

using env::ChildStream;

std::string_view outcome_name(const ExecResult& result, const sqs::Outcome& outcome) {
  if (result.end == ExecResult::End::kStopped) return "stopped";
  if (std::holds_alternative<sqs::Ack>(outcome)) return "done";
  return std::holds_alternative<sqs::Dead>(outcome) ? "dead" : "retried";
}

std::string event_json(const sqs::Message& message, const ExecResult& result,
                       std::string_view outcome) {
  JsonObject event;
  event.add("event", "message").add("message_id", message.message_id.view());
  event.add("approximate_receive_count", message.attributes.approximate_receive_count.value_or(1));
  event.add("message_group_id", message.attributes.message_group_id);
  event.add("outcome", outcome);
  if (result.end == ExecResult::End::kNotStarted) {
    event.add("error", result.error);
  } else if (result.how.signal != 0) {
    event.add("signal", result.how.signal);
  } else {
    event.add("exit_code", result.how.code);
  }
  if (result.end == ExecResult::End::kTimedOut) event.add("timed_out", true);
  return event.add("duration_ms", result.took.count()).text();
}

}  // namespace

void LineCutter::add(std::string_view text, const std::function<void(std::string_view)>& line) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view part = text.substr(0, end);
    begun_ += part;
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (end == text.npos && begun_.size() < kBytesMax) return;
    this->end(line);
  }
}

void LineCutter::end(const std::function<void(std::string_view)>& line) {
  line(begun_);
  begun_.clear();
}

void ConsumeReport::output(const std::string& message_id, ChildStream stream,
                           std::string_view text) {
  const std::lock_guard lock(mu_);
  const Stream key(message_id, stream);
  begun_[key].add(text, [&](std::string_view line) { write_line(key, line); });
}

void ConsumeReport::write_line(const Stream& stream, std::string_view line) {
  const bool to_errors = session_.json() || stream.second == ChildStream::kErrors;
  const bool terminal = to_errors ? is_terminal_error() : is_terminal_output();
  write(to_errors ? ChildStream::kErrors : ChildStream::kOutput,
        fmt::format("[{}] {}\n", stream.first, terminal ? shown_text(line) : std::string(line)));
}

void ConsumeReport::write(ChildStream stream, const std::string& text) {
  if (stream == ChildStream::kErrors) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    return;
  }
  const sqs::Result<void> printed = session_.print(text);
  if (!printed.ok() && !std::exchange(has_failed_, true)) failed_(printed.error());
}

void ConsumeReport::event(const std::string& json) {
  write(ChildStream::kOutput, json + "\n");
}

void ConsumeReport::ended(const sqs::Message& message, const ExecResult& result,
                          const sqs::Outcome& outcome) {
  const std::string_view name = outcome_name(result, outcome);
  const std::lock_guard lock(mu_);
  for (const ChildStream stream : {ChildStream::kOutput, ChildStream::kErrors}) {
    const auto begun = begun_.find(Stream(message.message_id.view(), stream));
    if (begun == begun_.end()) continue;
    begun->second.end([&](std::string_view line) {
      if (!line.empty()) write_line(begun->first, line);
    });
    begun_.erase(begun);
  }
  uint64_t& count = name == "done"      ? counts_.done
                    : name == "dead"    ? counts_.dead
                    : name == "stopped" ? counts_.stopped
                                        : counts_.retried;
  ++count;
  if (session_.json()) return event(event_json(message, result, name));
  const bool expected = result.how.signal == 0 && result.how.code == kExecTryLater &&
                        result.end == ExecResult::End::kItself;
  if (name != "done" && !expected) {
    session_.note(
        fmt::format("Message {}: {}; {}.", message.message_id.view(), exec_end_text(result), name));
  }
}

void ConsumeReport::trouble(std::string_view what, const sqs::Error& error) {
  const std::lock_guard lock(mu_);
  session_.note(fmt::format("{}: {}", what, shown_text(error.message)));
  if (!session_.json()) return;
  event(JsonObject()
            .add("event", "error")
            .add("what", what)
            .add("kind", sqs::to_string(error.kind))
            .add("code", error.code)
            .add("message", error.message)
            .text());
}

void ConsumeReport::remark(std::string_view text) {
  const std::lock_guard lock(mu_);
  session_.note(text);
}

void ConsumeReport::finish(const sqs::ConsumerStatistics& statistics, const sqs::StopReport& stop) {
  const std::lock_guard lock(mu_);
  const uint64_t unconfirmed =
      statistics.settle_failures + stop.messages_unsettled + stop.handlers_left;
  // A message whose dead-letter queue could not be reached is tried again.
  const uint64_t dead = std::min(counts_.dead, statistics.dead);
  const uint64_t retried = counts_.retried + counts_.dead - dead;
  if (session_.json()) {
    JsonObject end;
    end.add("event", "end").add("received", statistics.received).add("done", counts_.done);
    end.add("retried", retried).add("dead", dead).add("stopped", counts_.stopped);
    end.add("released", statistics.released).add("leases_lost", statistics.leases_lost);
    return event(end.add("unconfirmed", unconfirmed).text());
  }
  std::string text = fmt::format("{} done, {} retried, {} dead", count_text(counts_.done),
                                 count_text(retried), count_text(dead));
  if (counts_.stopped > 0) text += fmt::format(", {} stopped", count_text(counts_.stopped));
  if (statistics.leases_lost > 0) {
    text += fmt::format(", {} lost", counted(statistics.leases_lost, "lease"));
  }
  if (unconfirmed > 0) {
    text += fmt::format("; {} may come again, as SQS did not confirm the end",
                        counted(unconfirmed, "message"));
  }
  session_.note(text + ".");
}

ConsumeReport::Counts ConsumeReport::counts() const {
  const std::lock_guard lock(mu_);
  return counts_;
}

}  // namespace forebay::commands
