// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/restoration.h"

#include <utility>

#include "base/result.h"
#include "dead_letter_manager/requeued_message.h"

namespace forebay::sqs::detail {
namespace {

using Step = DeadLetterFailure::Step;

Error no_delay() {
  return {.kind = ErrorKind::kInvalidRequest,
          .message = "A FIFO queue takes no delay of single messages."};
}

}  // namespace

Restoration::Restoration(Client& client, DeadLetterArchive& archive, const RestoreOptions& options)
    : archive_(archive),
      options_(options),
      calls_(client, options.retry_pause, options.stop),
      targets_(client, "", options.stop) {}

RestoreReport Restoration::run() {
  std::string after;
  while (read_page(after)) {
  }
  send();
  return std::move(report_);
}

bool Restoration::read_page(std::string& after) {
  const Result<std::vector<std::string>> names = archive_.list(after, options_.stop);
  if (!names.ok()) trouble(names.error());
  if (over_ || names->empty()) return false;
  for (const std::string& name : *names) {
    if (!options_.before.empty() && name >= options_.before) return false;
    if (options_.stop.stop_requested() && !over_) {
      over_ = true;
      report_.end = PassEnd::kStopped;
    }
    if (over_) return false;
    if (name >= options_.from) take(name);
  }
  after = names->back();
  return true;
}

void Restoration::take(const std::string& name) {
  const Result<std::string> content = archive_.get(name, options_.stop);
  if (!content.ok() && ends_everything(content.error())) return trouble(content.error());
  ++report_.seen;
  report_.last_name = name;
  if (!content.ok()) return fail(Step::kArchive, name, content.error());
  Result<ArchivedLetter> letter = archived_letter_of_json(*content);
  if (!letter.ok()) return fail(Step::kArchive, name, letter.error());
  const Result<std::string> url = targets_.find(options_.target_queue, letter->message);
  if (!url.ok()) {
    fail(Step::kTarget, name, url.error());
    if (ends_everything(url.error())) trouble(url.error());
    return;
  }
  if (is_fifo(*url) && options_.delay.count() > 0) return fail(Step::kTarget, name, no_delay());
  // Another queue: first what came before, so that the archive's order is that of the sends.
  if (!letters_.empty() && letters_.front().target_url != *url) send();
  letters_.push_back({name, *std::move(letter), *url});
  if (letters_.size() == kBatchEntriesMax) send();
}

void Restoration::send() {
  const std::vector<Letter> letters = std::exchange(letters_, {});
  if (letters.empty() || options_.dry_run) return;
  std::vector<OutgoingMessage> messages;
  messages.reserve(letters.size());
  for (const Letter& letter : letters) {
    messages.push_back(restored(letter.archived, options_.delay, letter.target_url));
  }
  const auto answers = calls_.send(letters.front().target_url, std::move(messages));
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].ok()) {
      ++report_.sent;
      continue;
    }
    fail(Step::kSend, letters[i].name, answers[i].error());
    if (ends_everything(answers[i].error())) trouble(answers[i].error());
  }
}

void Restoration::fail(Step step, const std::string& name, Error error) {
  ++report_.failed;
  if (report_.failures.size() >= DeadLetterReport::kFailuresMax) return;
  report_.failures.push_back({.step = step, .message_id = name, .error = std::move(error)});
}

void Restoration::trouble(const Error& error) {
  if (std::exchange(over_, true)) return;
  const bool stopped = options_.stop.stop_requested() && error.kind == ErrorKind::kCancelled;
  report_.end = stopped ? PassEnd::kStopped : PassEnd::kFailed;
  if (!stopped) report_.error = error;
}

}  // namespace forebay::sqs::detail
