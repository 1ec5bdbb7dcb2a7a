// SPDX-License-Identifier: Apache-2.0
// forebay send QUEUE [BODY...]
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "commands/json_text.h"
#include "commands/message_sender.h"
#include "commands/message_text.h"
#include "commands/progress.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"
#include "commands/text_format.h"
#include "env/clock.h"
#include "env/line_input.h"
#include "protocol/utf8.h"

namespace forebay::commands {
namespace {

/// How long a stop, or a message that waits for its batch, may have to wait.
constexpr int kInputWaitMs = 100;

void write_to_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

sqs::Error from_input(const Error& error) {
  return {.kind = sqs::ErrorKind::kInvalidRequest, .message = "Input: " + error.message + "."};
}

/// One run of `forebay send`.
class SendRun {
 public:
  SendRun(Session& session, std::string url)
      : session_(session),
        url_(std::move(url)),
        sender_(session.client(), url_, [this](const auto& sent) { return tell(sent); }),
        began_(env::system_clock().monotonic()) {}

  sqs::Result<int> run() {
    TRY(set_common());
    const sqs::Result<void> all = from_input_ ? send_lines() : send_arguments();
    const sqs::Result<void> finished = sender_.finish();
    progress_.reset();
    if (!finished.ok()) return with_count(finished.error());
    if (!all.ok()) return with_count(all.error());
    TRY(summary());
    if (session_.stopped()) return kExitInterrupted;
    return failed() > 0 ? kExitFailed : kExitDone;
  }

 private:
  uint64_t failed() const { return sender_.failed_count() + refused_; }

  /// What all messages of the run have in common.
  sqs::Result<void> set_common() {
    const CommandLine& line = session_.line();
    common_.delay_seconds = line.seconds("delay");
    common_.message_group_id = line.text("group");
    common_.message_deduplication_id = line.text("dedup");
    for (const std::string& text : line.all("attribute")) {
      TRY_ASSIGN(auto attribute, parse_message_attribute(text));
      common_.message_attributes.insert_or_assign(std::move(attribute.first),
                                                  std::move(attribute.second));
    }
    const std::vector<std::string>& words = line.arguments();
    const bool dash = words.size() == 2 && words[1] == "-";
    from_input_ = dash || words.size() == 1;
    if (line.has("file") && words.size() > 1) {
      return usage_error("Bodies as arguments and --file exclude each other.");
    }
    if (!from_input_ && (line.has("whole") || line.has("json-lines"))) {
      return usage_error("--whole and --json-lines are for --file and standard input.");
    }
    if (line.has("whole") && line.has("json-lines")) {
      return usage_error("--whole and --json-lines exclude each other.");
    }
    const bool many = words.size() > 2 || (from_input_ && !line.has("whole"));
    if (many && common_.message_deduplication_id) {
      return usage_error("--dedup is for one message; --json-lines takes one for each.");
    }
    return {};
  }

  sqs::Result<void> send_arguments() {
    const std::vector<std::string>& words = session_.line().arguments();
    for (size_t i = 1; i < words.size(); ++i) TRY(send_body(words[i], i));
    return {};
  }

  sqs::Result<void> send_body(std::string_view body, uint64_t line) {
    Entry entry = common_;
    if (session_.line().has("json-lines")) {
      const sqs::Result<void> read = read_json_line(body, entry);
      if (!read.ok()) return refuse(line, read.error().message);
    } else {
      entry.message_body = body;
    }
    if (entry.message_body.empty()) return refuse(line, "the body is empty");
    if (!protocol::is_utf8(entry.message_body)) return refuse(line, "it is not UTF-8");
    if (message_bytes(entry) > sqs::kMessageBytesMax) {
      return refuse(line, "body and attributes are larger than 1 MiB");
    }
    return sender_.add(std::move(entry), line);
  }

  sqs::Result<void> send_lines() {
    const std::optional<std::string> path = session_.line().text("file");
    Result<env::LineInput> opened =
        path ? env::LineInput::open(*path) : Result<env::LineInput>(env::LineInput::standard());
    if (!opened.ok()) return from_input(opened.error());
    env::LineInput& input = *opened;
    if (session_.line().has("whole")) return send_whole(input);
    begin_progress(input);
    std::string line;
    uint64_t number = 0;
    while (!session_.stopped() && !sender_.is_stopped()) {
      const Result<env::LineInput::Next> next = input.next(line, waits_ ? kInputWaitMs : 0);
      if (!next.ok()) return from_input(next.error());
      if (*next == env::LineInput::Next::kEnd) break;
      if (*next == env::LineInput::Next::kPending) {
        // Nobody knows when more comes: what is there goes out.
        TRY(sender_.flush());
        waits_ = true;
        continue;
      }
      waits_ = false;
      ++number;
      if (line.empty()) {
        ++empty_;
        continue;
      }
      TRY(send_body(line, number));
      if (progress_) progress_->update(input.bytes_taken(), input.size().value_or(0));
    }
    return {};
  }

  sqs::Result<void> send_whole(env::LineInput& input) {
    std::string text;
    while (!session_.stopped()) {
      const Result<bool> complete = input.rest(text, kInputWaitMs);
      if (!complete.ok()) return from_input(complete.error());
      if (*complete) return send_body(text, 1);
    }
    return {};
  }

  void begin_progress(const env::LineInput& input) {
    if (session_.line().has("quiet") || !is_terminal_error() || !input.size()) return;
    progress_ = std::make_unique<Progress>(
        Progress::Options{.style = ProgressStyle::kBar, .title = "Sending"}, env::system_clock(),
        write_to_stderr);
  }

  sqs::Result<void> refuse(uint64_t line, std::string_view why) {
    ++refused_;
    TRY(sender_.end_for_order());
    return tell_failure(line, "", why);
  }

  sqs::Result<void> tell(const MessageSender::Sent& sent) {
    if (sent.refusal != nullptr) {
      return tell_failure(sent.line, sent.refusal->code, sent.refusal->message);
    }
    if (session_.json()) {
      JsonObject object;
      object.add("line", sent.line).add("message_id", sent.reply->message_id.view());
      if (!sent.reply->sequence_number.empty()) {
        object.add("sequence_number", sent.reply->sequence_number.view());
      }
      return session_.print_line(object.text());
    }
    if (from_input_) return {};
    return session_.print_line(std::string(sent.reply->message_id.view()));
  }

  sqs::Result<void> tell_failure(uint64_t line, std::string_view code, std::string_view why) {
    if (session_.json()) {
      JsonObject error;
      error.add("code", code).add("message", why);
      return session_.print_line(
          JsonObject().add("line", line).add_json("error", error.text()).text());
    }
    write_to_stderr(fmt::format("forebay: {} {} was not sent: {}\n",
                                from_input_ ? "line" : "message", line, shown_text(why)));
    return {};
  }

  sqs::Result<void> summary() {
    if (session_.json() || session_.line().has("quiet")) return {};
    const bool some = from_input_ || failed() > 0;
    if (!some) return {};
    std::string text = fmt::format("Sent {} in {}", counted(sender_.sent_count(), "message"),
                                   duration_text(env::system_clock().monotonic() - began_));
    if (failed() > 0) text += fmt::format("; {} not sent", count_text(failed()));
    if (empty_ > 0) text += fmt::format("; {} left out", counted(empty_, "empty line"));
    if (session_.stopped()) text += "; interrupted";
    if (sender_.is_stopped()) text += "; stopped there, so that FIFO order holds";
    write_to_stderr("forebay: " + text + ".\n");
    return {};
  }

  sqs::Error with_count(sqs::Error error) const {
    if (sender_.sent_count() > 0) {
      error.message += fmt::format(" Before that, {} sent.",
                                   sender_.sent_count() == 1
                                       ? "1 message was"
                                       : count_text(sender_.sent_count()) + " messages were");
    }
    return error;
  }

  Session& session_;
  const std::string url_;
  MessageSender sender_;
  const MonotonicMs began_;
  Entry common_ = {};
  bool from_input_ = false;
  bool waits_ = false;
  uint64_t refused_ = 0;
  uint64_t empty_ = 0;
  std::unique_ptr<Progress> progress_ = {};
};

}  // namespace

sqs::Result<int> run_send(Session& session) {
  TRY_ASSIGN(std::string url, session.queue_url(session.argument(0)));
  return SendRun(session, std::move(url)).run();
}

}  // namespace forebay::commands
