// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/pass.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "dead_letter_manager/requeued_message.h"
#include "env/clock.h"

namespace forebay::sqs::detail {
namespace {

using Step = DeadLetterFailure::Step;

constexpr size_t kReleasedAtOnce = 1'000;

std::string id_of(const Message& message) {
  return std::string(message.message_id.view());
}

/// Others of an archive's errors are about all files: it is full, or not there.
bool is_about_one_file(const Error& error) {
  return error.kind == ErrorKind::kTooLarge || error.kind == ErrorKind::kInvalidRequest;
}

Error no_archive() {
  return {.kind = ErrorKind::kInvalidRequest, .message = "There is no archive."};
}

Error no_answer() {
  return {.kind = ErrorKind::kServerFault, .message = "The archive says nothing about this file."};
}

Error no_delay() {
  return {.kind = ErrorKind::kInvalidRequest,
          .message = "A FIFO queue takes no delay of single messages."};
}

Error hold_lost() {
  return {.kind = ErrorKind::kReceiptHandle,
          .message = "The hold on the message ended before it was handled."};
}

}  // namespace

Pass::Pass(Client& client, const std::string& queue_url, const ProcessOptions& options)
    : client_(client),
      queue_url_(queue_url),
      options_(options),
      calls_(client, options.retry_pause, options.stop),
      targets_(client, queue_url, options.stop) {}

DeadLetterReport Pass::run() {
  while (step()) {
    if (options_.progress) options_.progress(report_);
  }
  if (options_.release) release();
  if (options_.progress) options_.progress(report_);
  return std::move(report_);
}

bool Pass::step() {
  if (over_) return false;
  if (options_.stop.stop_requested()) {
    report_.end = PassEnd::kStopped;
    return false;
  }
  if (report_.seen >= options_.messages_max) {
    report_.end = PassEnd::kLimit;
    return false;
  }
  renew_holds();
  if (over_) return false;
  Result<ReceiveMessageReply> reply = receive();
  if (!reply.ok()) {
    trouble(reply.error());
    return false;
  }
  Letters letters = take_new(std::move(reply->messages));
  empty_receives_ = letters.empty() ? empty_receives_ + 1 : 0;
  if (empty_receives_ >= options_.empty_receives) {
    report_.end = PassEnd::kExhausted;
    return false;
  }
  act(std::move(letters));
  return true;
}

Result<ReceiveMessageReply> Pass::receive() {
  const uint64_t left = options_.messages_max - report_.seen;
  const ReceiveMessageRequest request{
      .queue_url = queue_url_,
      .max_number_of_messages = static_cast<int>(std::min<uint64_t>(left, kBatchEntriesMax)),
      .wait_time_seconds = options_.wait,
      .visibility_timeout = options_.visibility_timeout,
      .message_system_attribute_names = {std::string(kAll)},
      .message_attribute_names = {std::string(kAll)}};
  return client_.receive_message(request, {.stop = options_.stop});
}

Pass::Letters Pass::take_new(std::vector<Message> messages) {
  Letters letters;
  for (Message& message : messages) {
    const std::string id = id_of(message);
    const auto [found, is_new] = met_.try_emplace(id);
    Met& met = found->second;
    if (is_new) {
      met.receipt_handle = message.receipt_handle;
      hold(id, met);
      ++report_.seen;
      letters.push_back({.message = std::move(message)});
    } else {
      met_again(met, message);
    }
  }
  return letters;
}

void Pass::met_again(Met& met, const Message& message) {
  met.receipt_handle = message.receipt_handle;
  const std::string id = id_of(message);
  hold(id, met);
  // Its delete failed, or AWS delivers a deleted message once more, as it sometimes does.
  if (met.state == State::kSafe || met.state == State::kGone) remove({id});
}

void Pass::decide(Letter& letter) {
  const DeadLetter seen{.message = letter.message, .now = now()};
  for (const DeadLetterRule& rule : options_.rules) {
    std::optional<LetterVerdict> verdict = rule.decide(seen);
    if (!verdict) continue;
    letter.verdict = *std::move(verdict);
    letter.rule = rule.name;
    break;
  }
  if (letter.rule.empty()) {
    letter.rule = "otherwise";
    letter.verdict = {.action = options_.otherwise, .reason = "no rule decided"};
  }
  limit_requeues(letter, seen);
  count_class(letter);
}

void Pass::limit_requeues(Letter& letter, const DeadLetter& seen) {
  if (!std::holds_alternative<RequeueLetter>(letter.verdict.action)) return;
  if (seen.requeue_attempts() >= options_.requeue_attempts_max) {
    letter.rule = "attempts";
    letter.verdict.reason = fmt::format("requeued {} times", seen.requeue_attempts());
  } else if (!has_room_for_attempt(seen)) {
    letter.rule = "no room";
    letter.verdict.reason = "no room to count attempts: 10 attributes or 1 MiB";
  } else {
    return;
  }
  letter.verdict.action = KeepLetter();
  if (options_.archive != nullptr) letter.verdict.action = ArchiveLetter();
}

void Pass::count_class(const Letter& letter) {
  const std::string_view action = to_string(letter.verdict.action);
  const auto known = std::ranges::find_if(report_.classes, [&](const DeadLetterClass& each) {
    return each.rule == letter.rule && each.action == action;
  });
  if (known != report_.classes.end()) {
    ++known->messages;
  } else {
    report_.classes.push_back({letter.rule, std::string(action), letter.verdict.reason, 1});
  }
}

void Pass::act(Letters letters) {
  for (Letter& letter : letters) decide(letter);
  if (options_.dry_run) {
    for (const Letter& letter : letters) leave(id_of(letter.message));
    return;
  }
  renew_holds();  // deciding may have taken long
  Letters to_archive;
  Letters to_requeue;
  std::vector<std::string> unwanted;
  for (Letter& letter : letters) {
    const std::string id = id_of(letter.message);
    const LetterAction& action = letter.verdict.action;
    if (met_.at(id).state != State::kInHand) continue;  // the hold was lost
    if (std::holds_alternative<KeepLetter>(action)) {
      leave(id);
      ++report_.kept;
    } else if (std::holds_alternative<DeleteLetter>(action)) {
      unwanted.push_back(id);
    } else if (std::holds_alternative<ArchiveLetter>(action)) {
      to_archive.push_back(std::move(letter));
    } else {
      to_requeue.push_back(std::move(letter));
    }
  }
  remove_as(&DeadLetterReport::deleted, unwanted);
  remove_as(&DeadLetterReport::archived, archive(to_archive));
  remove_as(&DeadLetterReport::requeued, requeue(to_requeue));
}

std::vector<std::string> Pass::archive(const Letters& letters) {
  std::vector<std::string> safe;
  if (letters.empty()) return safe;
  if (options_.archive == nullptr) {
    for (const Letter& letter : letters) fail(Step::kArchive, id_of(letter.message), no_archive());
    return safe;
  }
  std::vector<ArchiveFile> files;
  for (const Letter& letter : letters) {
    const ArchivedLetter archived{.message = letter.message,
                                  .queue = queue_url_,
                                  .rule = letter.rule,
                                  .reason = letter.verdict.reason,
                                  .archived = now()};
    files.push_back({.name = archived.name(), .content = to_json(archived)});
  }
  std::vector<Result<void>> answers = options_.archive->put(files, options_.stop);
  // A store that forgets an answer has not said that the file is safe.
  answers.resize(files.size(), Result<void>(no_answer()));
  for (size_t i = 0; i < answers.size(); ++i) {
    const std::string id = id_of(letters[i].message);
    if (answers[i].ok()) {
      safe.push_back(id);
      continue;
    }
    fail(Step::kArchive, id, answers[i].error());
    if (!is_about_one_file(answers[i].error())) trouble(answers[i].error());
  }
  return safe;
}

std::vector<std::string> Pass::requeue(const Letters& letters) {
  std::map<std::string, std::vector<const Letter*>> by_target;
  for (const Letter& letter : letters) {
    const auto& wanted = std::get<RequeueLetter>(letter.verdict.action);
    const Result<std::string> url =
        targets_.find(wanted.queue.empty() ? options_.target_queue : wanted.queue, letter.message);
    if (url.ok() && is_fifo(*url) && wanted.delay.count() != 0) {
      fail(Step::kTarget, id_of(letter.message), no_delay());
    } else if (url.ok()) {
      by_target[*url].push_back(&letter);
    } else {
      fail(Step::kTarget, id_of(letter.message), url.error());
      if (ends_everything(url.error())) trouble(url.error());
    }
  }
  std::vector<std::string> safe;
  for (const auto& [url, group] : by_target)
    std::ranges::move(requeue_to(url, group), std::back_inserter(safe));
  return safe;
}

std::vector<std::string> Pass::requeue_to(const std::string& url,
                                          const std::vector<const Letter*>& letters) {
  std::vector<OutgoingMessage> messages;
  messages.reserve(letters.size());
  const Timestamp at = now();
  for (const Letter* letter : letters) {
    messages.push_back(requeued({.message = letter->message, .now = at},
                                std::get<RequeueLetter>(letter->verdict.action).delay, url));
  }
  const std::vector<Result<void>> answers = calls_.send(url, std::move(messages));
  std::vector<std::string> safe;
  for (size_t i = 0; i < answers.size(); ++i) {
    const std::string id = id_of(letters[i]->message);
    if (answers[i].ok()) {
      safe.push_back(id);
      continue;
    }
    fail(Step::kSend, id, answers[i].error());
    if (ends_everything(answers[i].error())) trouble(answers[i].error());
  }
  return safe;
}

void Pass::remove_as(Counter counter, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    Met& met = met_.at(id);
    met.state = State::kSafe;
    met.counter = counter;
  }
  remove(ids);
}

void Pass::remove(const std::vector<std::string>& ids) {
  std::vector<std::string> handles;
  handles.reserve(ids.size());
  for (const std::string& id : ids) handles.push_back(met_.at(id).receipt_handle);
  const std::vector<Result<void>> answers = calls_.remove(queue_url_, handles);
  for (size_t i = 0; i < answers.size(); ++i) {
    Met& met = met_.at(ids[i]);
    if (answers[i].ok()) {
      removed(met);
      continue;
    }
    // One that was deleted before counts as that, whatever becomes of its second copy.
    if (met.state == State::kSafe && !met.failed) {
      fail(Step::kDelete, ids[i], answers[i].error());
      met.state = State::kSafe;
    }
    if (ends_everything(answers[i].error())) trouble(answers[i].error());
  }
}

void Pass::removed(Met& met) {
  if (met.state == State::kSafe) ++(report_.*met.counter);
  if (std::exchange(met.failed, false)) --report_.failed;
  met.state = State::kGone;
  met.receipt_handle = std::string();
}

void Pass::fail(Step step, const std::string& id, Error error) {
  Met& met = met_.at(id);
  met.state = State::kLeft;
  met.failed = true;
  ++report_.failed;
  if (report_.failures.size() >= DeadLetterReport::kFailuresMax) return;
  report_.failures.push_back({.step = step, .message_id = id, .error = std::move(error)});
}

void Pass::trouble(const Error& error) {
  if (std::exchange(over_, true)) return;
  const bool stopped = options_.stop.stop_requested() && error.kind == ErrorKind::kCancelled;
  report_.end = stopped ? PassEnd::kStopped : PassEnd::kFailed;
  if (!stopped) report_.error = error;
}

// ---- Holding messages ----

void Pass::hold(const std::string& id, Met& met) {
  met.held_since_ms = now_ms();
  holds_.push_back({.since_ms = met.held_since_ms, .id = id});
}

void Pass::renew_holds() {
  const int64_t now = now_ms();
  std::vector<std::string> ids;
  std::vector<std::string> handles;
  while (!holds_.empty() && holds_.front().since_ms <= now - visibility_ms() / 2) {
    const Hold hold = std::move(holds_.front());
    holds_.pop_front();
    Met& met = met_.at(hold.id);
    if (met.receipt_handle.empty() || met.held_since_ms != hold.since_ms) continue;
    if (!is_held(met, now)) {
      lose_hold(hold.id, met);
      continue;
    }
    ids.push_back(hold.id);
    handles.push_back(met.receipt_handle);
  }
  const std::vector<Result<void>> answers =
      calls_.change_visibility(queue_url_, handles, options_.visibility_timeout);
  for (size_t i = 0; i < answers.size(); ++i) {
    Met& met = met_.at(ids[i]);
    if (answers[i].ok()) {
      hold(ids[i], met);
      continue;
    }
    lose_hold(ids[i], met);
    if (ends_everything(answers[i].error())) trouble(answers[i].error());
  }
}

/// Not left to the server: on a standard queue an old handle still works when another program has
/// the message.
bool Pass::is_held(const Met& met, int64_t now) const {
  return !met.receipt_handle.empty() && now - met.held_since_ms < visibility_ms();
}

/// Whoever receives it now has another handle; this pass knows it again by its id.
void Pass::lose_hold(const std::string& id, Met& met) {
  met.receipt_handle = std::string();
  if (met.state == State::kInHand) fail(Step::kHold, id, hold_lost());
}

void Pass::release() {
  std::vector<std::string> handles;
  bool reached = true;
  const int64_t now = now_ms();
  const auto release_some = [&] {
    const auto answers = calls_.change_visibility(queue_url_, handles, std::chrono::seconds(0));
    // What cannot be released comes back by itself. Nobody waits for a server that is not there.
    reached = std::ranges::none_of(answers, [](const Result<void>& answer) {
      return !answer.ok() && ends_everything(answer.error());
    });
    handles.clear();
  };
  for (const auto& [id, met] : met_) {
    if (!is_held(met, now)) continue;
    handles.push_back(met.receipt_handle);
    if (handles.size() >= kReleasedAtOnce) release_some();
    if (!reached) return;
  }
  release_some();
}

Timestamp Pass::now() const {
  if (options_.now) return options_.now();
  return Timestamp(std::chrono::milliseconds(env::system_clock().wall().value));
}

int64_t Pass::visibility_ms() const {
  return std::chrono::milliseconds(options_.visibility_timeout).count();
}

int64_t Pass::now_ms() const {
  if (options_.now) return options_.now().time_since_epoch().count();
  return env::system_clock().monotonic().value;
}

}  // namespace forebay::sqs::detail
