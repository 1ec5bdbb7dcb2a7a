// SPDX-License-Identifier: Apache-2.0
// forebay receive QUEUE
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "commands/message_text.h"
#include "commands/received_messages.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"
#include "commands/text_format.h"

namespace forebay::commands {
namespace {

using std::chrono::seconds;

/// An empty short poll says little: SQS asks only some of its machines.
constexpr seconds kLastLookWait{1};

}  // namespace

sqs::Result<std::vector<sqs::Message>> receive_some(Session& session, const std::string& url,
                                                    const ReceiveChoice& choice) {
  sqs::ReceiveMessageRequest request{.queue_url = url, .max_number_of_messages = choice.max};
  request.wait_time_seconds = choice.wait;
  request.visibility_timeout = choice.visibility;
  request.message_system_attribute_names = {std::string(sqs::kAll)};
  request.message_attribute_names = {std::string(sqs::kAll)};
  TRY_ASSIGN(sqs::ReceiveMessageReply reply,
             session.client().receive_message(request, session.call()));
  return std::move(reply.messages);
}

sqs::Result<void> print_messages(Session& session, const std::vector<sqs::Message>& messages) {
  std::string text;
  for (const sqs::Message& message : messages) {
    if (session.json()) {
      text += json_of(message) + "\n";
    } else if (session.line().has("body")) {
      text += (is_terminal_output() ? shown_text(message.body) : message.body) + "\n";
    } else {
      text += described(message) + "\n";
    }
  }
  return session.print(text);
}

sqs::Result<uint64_t> delete_messages(Session& session, const std::string& url,
                                      const std::vector<sqs::Message>& messages) {
  sqs::DeleteMessageBatchRequest request{.queue_url = url};
  for (size_t i = 0; i < messages.size(); ++i) {
    request.entries.push_back(
        {.id = std::to_string(i), .receipt_handle = messages[i].receipt_handle});
  }
  if (request.entries.empty()) return uint64_t{0};
  // Not to be stopped: what was printed is to be deleted.
  TRY_ASSIGN(const sqs::BatchReply reply, session.client().delete_message_batch(request));
  if (!reply.failed.empty()) {
    return sqs::Error{
        .kind = sqs::ErrorKind::kServerFault,
        .code = reply.failed.front().code,
        .message =
            fmt::format("{} of {} could not be deleted and will come back: {}", reply.failed.size(),
                        counted(messages.size(), "message"), reply.failed.front().message)};
  }
  return messages.size();
}

sqs::Result<int> run_receive(Session& session) {
  const CommandLine& line = session.line();
  const bool all = line.has("all");
  if (all && line.has("max")) return usage_error("--all and --max exclude each other.");
  TRY_ASSIGN(const std::string url, session.queue_url(session.argument(0)));
  const int64_t wanted = all ? INT64_MAX : line.number("max").value_or(1);
  ReceiveChoice choice{.wait = line.seconds("wait"), .visibility = line.seconds("visibility")};
  if (all && !choice.wait) choice.wait = kLastLookWait;
  int64_t received = 0;
  while (received < wanted && !session.stopped()) {
    choice.max = static_cast<int>(std::min<int64_t>(wanted - received, sqs::kBatchEntriesMax));
    TRY_ASSIGN(const std::vector<sqs::Message> messages, receive_some(session, url, choice));
    if (messages.empty()) break;
    received += static_cast<int64_t>(messages.size());
    TRY(print_messages(session, messages));
    if (line.has("delete")) TRY(delete_messages(session, url, messages));
  }
  if (received == 0) {
    session.note("There was no message to receive.");
  } else if (!line.has("delete")) {
    session.note(
        fmt::format("{} received; hidden until the visibility timeout is over, as nothing "
                    "was deleted (--delete).",
                    counted(static_cast<uint64_t>(received), "message")));
  }
  return session.stopped() ? kExitInterrupted : kExitDone;
}

}  // namespace forebay::commands
