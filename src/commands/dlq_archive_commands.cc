// SPDX-License-Identifier: Apache-2.0
// forebay dlq archive | restore
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/dead_letter_manager.h>

#include "base/result.h"
#include "commands/dead_letter_queue.h"
#include "commands/json_text.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"
#include "commands/status_line.h"
#include "commands/text_format.h"

namespace forebay::commands {
namespace {

constexpr std::string_view kS3 = "s3://";

/// "s3://bucket/prefix/", or a directory.
sqs::Result<std::unique_ptr<sqs::DeadLetterArchive>> open_archive(const CommandLine& line,
                                                                  const std::string& place) {
  if (!place.starts_with(kS3)) return sqs::open_archive_directory(place);
  const std::string path = place.substr(kS3.size());
  const size_t slash = path.find('/');
  sqs::S3ArchiveOptions options{
      .bucket = path.substr(0, slash),
      .endpoint_url = line.text("s3-endpoint-url").value_or(""),
      .region = line.text("s3-region").value_or(line.text("region").value_or("")),
      .profile = line.text("profile").value_or("")};
  if (slash != path.npos) options.prefix = path.substr(slash + 1);
  // A prefix is a folder to those who type it.
  if (!options.prefix.empty() && !options.prefix.ends_with('/')) options.prefix += '/';
  if (const auto style = line.text("s3-style")) options.path_style = *style == "path";
  return sqs::open_s3_archive(options);
}

std::vector<sqs::DeadLetterRule> rules_of(const CommandLine& line) {
  std::vector<sqs::DeadLetterRule> rules;
  const std::string field = line.text("event-type-field").value_or("eventType");
  if (line.has("event-type")) {
    rules.push_back(sqs::event_type_rule(line.all("event-type"), sqs::ArchiveLetter{},
                                         {.attribute = field, .body_field = field}));
  }
  if (const auto age = line.seconds("older-than")) {
    rules.push_back(sqs::age_rule(*age, sqs::ArchiveLetter{}));
  }
  if (const auto count = line.number("received")) {
    rules.push_back(sqs::receive_count_rule(*count, sqs::ArchiveLetter{}));
  }
  return rules;
}

sqs::Result<sqs::ProcessOptions> process_options(Session& session,
                                                 sqs::DeadLetterArchive& archive) {
  const CommandLine& line = session.line();
  sqs::ProcessOptions options{.rules = rules_of(line), .archive = &archive};
  const bool requeues = line.has("requeue-others");
  if (requeues && options.rules.empty()) {
    return usage_error("--requeue-others needs a rule that says which are archived.");
  }
  if (!requeues && (line.has("requeue-to") || line.has("delay") || line.has("attempts"))) {
    return usage_error("--requeue-to, --delay and --attempts go with --requeue-others.");
  }
  if (options.rules.empty()) options.otherwise = sqs::ArchiveLetter{};
  if (requeues) {
    options.otherwise =
        sqs::RequeueLetter{.delay = line.seconds("delay").value_or(std::chrono::seconds(0))};
  }
  options.target_queue = line.text("requeue-to").value_or("");
  options.requeue_attempts_max =
      static_cast<int>(line.number("attempts").value_or(options.requeue_attempts_max));
  options.dry_run = line.has("dry-run");
  if (const auto max = line.number("max")) options.messages_max = static_cast<uint64_t>(*max);
  if (const auto wait = line.seconds("wait")) options.wait = *wait;
  options.stop = session.stop();
  return options;
}

std::string counts_text(const sqs::DeadLetterReport& report) {
  std::string text = fmt::format("{} archived", count_text(report.archived));
  if (report.requeued > 0) text += fmt::format(", {} requeued", count_text(report.requeued));
  if (report.kept > 0) text += fmt::format(", {} kept", count_text(report.kept));
  if (report.failed > 0) text += fmt::format(", {} failed", count_text(report.failed));
  return text;
}

std::string json_of(const std::vector<sqs::DeadLetterFailure>& failures) {
  JsonList list;
  for (const sqs::DeadLetterFailure& failure : failures) {
    JsonObject object;
    object.add("step", sqs::to_string(failure.step)).add("message", failure.message_id);
    object.add("error", sqs::to_string(failure.error));
    list.add_json(object.text());
  }
  return list.text();
}

std::string json_of(const std::string& queue_url, const sqs::DeadLetterReport& report) {
  JsonList classes;
  for (const sqs::DeadLetterClass& each : report.classes) {
    JsonObject object;
    object.add("rule", each.rule).add("action", each.action).add("reason", each.reason);
    classes.add_json(object.add("messages", each.messages).text());
  }
  JsonObject object;
  object.add("queue_url", queue_url).add("end", sqs::to_string(report.end));
  object.add("seen", report.seen).add("archived", report.archived);
  object.add("requeued", report.requeued).add("kept", report.kept).add("failed", report.failed);
  object.add_json("classes", classes.text()).add_json("failures", json_of(report.failures));
  return object.text();
}

void note_failures(const Session& session, const std::vector<sqs::DeadLetterFailure>& failures) {
  for (const sqs::DeadLetterFailure& failure : failures) {
    session.note(fmt::format("{}: {}: {}", shown_text(failure.message_id),
                             sqs::to_string(failure.step),
                             shown_text(sqs::to_string(failure.error))));
  }
}

sqs::Result<void> print_report(Session& session, const std::string& queue_url,
                               const sqs::DeadLetterReport& report) {
  if (session.json()) return session.print_line(json_of(queue_url, report));
  note_failures(session, report.failures);
  if (report.seen == 0) {
    session.note("There is no message.");
    return {};
  }
  TextTable table({"rule", "reason", "action", "messages"}, "lllr");
  for (const sqs::DeadLetterClass& each : report.classes) {
    table.row({each.rule, shown_text(each.reason), each.action, count_text(each.messages)});
  }
  TRY(session.print(table.text()));
  if (session.line().has("dry-run")) {
    session.note("Nothing was done, but that each message has one receive more.");
  } else {
    session.note(counts_text(report) + ".");
  }
  return {};
}

/// What a pass that has ended so means for the exit code.
template <class Report>
sqs::Result<int> exit_code_of_report(const Report& report) {
  if (report.error) return *report.error;
  if (report.end == sqs::PassEnd::kStopped) return kExitInterrupted;
  return report.failed == 0 ? kExitDone : kExitFailed;
}

sqs::RestoreOptions restore_options(const Session& session) {
  const CommandLine& line = session.line();
  return {.target_queue = line.text("to").value_or(""),
          .delay = line.seconds("delay").value_or(std::chrono::seconds(0)),
          .from = line.text("from").value_or(""),
          .before = line.text("before").value_or(""),
          .dry_run = line.has("dry-run"),
          .stop = session.stop()};
}

sqs::Result<void> print_restored(Session& session, const sqs::RestoreReport& report) {
  if (session.json()) {
    JsonObject object;
    object.add("end", sqs::to_string(report.end)).add("seen", report.seen);
    object.add("sent", report.sent).add("failed", report.failed);
    object.add("last_name", report.last_name).add_json("failures", json_of(report.failures));
    return session.print_line(object.text());
  }
  note_failures(session, report.failures);
  return session.print(fmt::format("{} read, {} sent, {} failed; the archive is as it was.\n",
                                   count_text(report.seen), count_text(report.sent),
                                   count_text(report.failed)));
}

}  // namespace

sqs::Result<int> run_dlq_archive(Session& session) {
  const std::optional<std::string> place = session.line().text("to");
  if (!place) return usage_error("Say where to: --to DIRECTORY, or --to s3://BUCKET/PREFIX.");
  TRY_ASSIGN(const std::string url, dead_letter_url(session, session.argument(0)));
  TRY_ASSIGN(const std::unique_ptr<sqs::DeadLetterArchive> archive,
             open_archive(session.line(), *place));
  TRY_ASSIGN(sqs::ProcessOptions options, process_options(session, *archive));
  sqs::DeadLetterReport report;
  {
    StatusLine line(is_terminal_error() && !session.line().has("quiet"));
    options.progress = [&line](const sqs::DeadLetterReport& sofar) {
      line.show(counts_text(sofar));
    };
    sqs::DeadLetterManager letters(session.client());
    TRY_ASSIGN(report, letters.process(url, options));
  }
  TRY(print_report(session, url, report));
  return exit_code_of_report(report);
}

sqs::Result<int> run_dlq_restore(Session& session) {
  TRY_ASSIGN(const std::unique_ptr<sqs::DeadLetterArchive> archive,
             open_archive(session.line(), session.argument(0)));
  sqs::DeadLetterManager letters(session.client());
  TRY_ASSIGN(const sqs::RestoreReport report, letters.restore(*archive, restore_options(session)));
  TRY(print_restored(session, report));
  return exit_code_of_report(report);
}

}  // namespace forebay::commands
