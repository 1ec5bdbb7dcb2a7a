// SPDX-License-Identifier: Apache-2.0
// forebay tail QUEUE
//
// SQS has no way to look at a message without receiving it. So tail borrows: it receives, prints,
// and gives back at once; that counts as a receive, which is harmless unless the queue counts them
// for a dead-letter queue. There tail refuses until it is told what to do.
#include <algorithm>
#include <chrono>
#include <deque>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "commands/received_messages.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"

namespace forebay::commands {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kBorrowed{5};  // at most; given back long before
constexpr milliseconds kPauseMin{500};
constexpr milliseconds kPauseMax{30'000};
constexpr size_t kRememberedMax = 100'000;

/// Ids of messages that were shown; forgets the oldest.
class Shown {
 public:
  /// False: it was there.
  bool insert(std::string id) {
    if (!ids_.insert(id).second) return false;
    order_.push_back(std::move(id));
    if (order_.size() > kRememberedMax) {
      ids_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  std::set<std::string, std::less<>> ids_;
  std::deque<std::string> order_;
};

sqs::Result<void> refuse_if_receives_count(Session& session, const std::string& url) {
  TRY_ASSIGN(const sqs::GetQueueAttributesReply reply, session.attributes(url));
  const auto& policy = reply.attributes.redrive_policy;
  if (!policy || policy->dead_letter_target_arn.empty()) return {};
  return usage_error(fmt::format(
      "To show a message tail has to receive it, and {} moves messages to {} after {} receives. "
      "Choose: --delete takes out what is shown, --count-receives shows it all the same. 'forebay "
      "queue show {}' only counts.",
      sqs::queue_name_of(url), sqs::queue_name_of(policy->dead_letter_target_arn),
      policy->max_receive_count, sqs::queue_name_of(url)));
}

class TailRun {
 public:
  TailRun(Session& session, std::string url)
      : session_(session),
        url_(std::move(url)),
        delete_(session.line().has("delete")),
        left_(session.line().number("max").value_or(INT64_MAX)) {}

  sqs::Result<int> run() {
    ReceiveChoice choice{.wait = sqs::kWaitTimeMax};
    if (!delete_) choice.visibility = kBorrowed;
    while (left_ > 0 && !session_.stopped()) {
      if (delete_) choice.max = static_cast<int>(std::min<int64_t>(left_, sqs::kBatchEntriesMax));
      const auto messages = receive_some(session_, url_, choice);
      if (session_.stopped()) break;
      if (!messages.ok()) return messages.error();
      TRY(delete_ ? show_and_delete(*messages) : show_and_give_back(*messages));
    }
    return kExitDone;
  }

 private:
  sqs::Result<void> show_and_delete(const std::vector<sqs::Message>& messages) {
    if (messages.empty()) return {};
    left_ -= static_cast<int64_t>(messages.size());
    TRY(print_messages(session_, messages));
    TRY(delete_messages(session_, url_, messages));
    return {};
  }

  sqs::Result<void> show_and_give_back(const std::vector<sqs::Message>& messages) {
    if (messages.empty()) return {};
    std::vector<sqs::Message> unseen;
    for (const sqs::Message& message : messages) {
      if (left_ == 0 || !shown_.insert(std::string(message.message_id.view()))) continue;
      unseen.push_back(message);
      --left_;
    }
    const sqs::Result<void> printed = print_messages(session_, unseen);
    TRY(give_back(session_, url_, messages));
    TRY(printed);
    // What was given back is received again at once. The longer there is nothing new, the seldomer
    // it is counted.
    pause_ = unseen.empty() ? std::min(pause_ * 2, kPauseMax) : kPauseMin;
    if (left_ > 0) session_.pause(pause_);
    return {};
  }

  Session& session_;
  const std::string url_;
  const bool delete_;
  int64_t left_;
  Shown shown_ = {};
  milliseconds pause_ = kPauseMin;
};

}  // namespace

sqs::Result<void> give_back(Session& session, const std::string& url,
                            const std::vector<sqs::Message>& messages) {
  for (size_t from = 0; from < messages.size(); from += sqs::kBatchEntriesMax) {
    sqs::ChangeMessageVisibilityBatchRequest request{.queue_url = url};
    const size_t to = std::min(messages.size(), from + sqs::kBatchEntriesMax);
    for (size_t i = from; i < to; ++i) {
      request.entries.push_back(
          {.id = std::to_string(i), .receipt_handle = messages[i].receipt_handle});
    }
    // Not to be stopped. One that is refused comes back by itself.
    TRY(session.client().change_message_visibility_batch(request));
  }
  return {};
}

sqs::Result<int> run_tail(Session& session) {
  const CommandLine& line = session.line();
  if (line.has("delete") && line.has("count-receives")) {
    return usage_error("--delete and --count-receives exclude each other.");
  }
  TRY_ASSIGN(std::string url, session.queue_url(session.argument(0)));
  if (!line.has("delete") && !line.has("count-receives")) {
    TRY(refuse_if_receives_count(session, url));
  }
  session.note(line.has("delete")
                   ? "Messages are taken out as they are shown. Ctrl-C ends."
                   : "Each message is received to be shown and given back at once; it counts as "
                     "received. Ctrl-C ends.");
  return TailRun(session, std::move(url)).run();
}

}  // namespace forebay::commands
