// SPDX-License-Identifier: Apache-2.0
#include "producer/producer_core.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "client/entry_ids.h"
#include "client/retry_policy.h"

namespace forebay::sqs::detail {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// How long after an attempt of unknown fate a FIFO message may be repeated. SQS remembers
// deduplication ids for five minutes; the rest is for the way there.
constexpr int64_t kDeduplicationUs = 270'000'000;

thread_local bool telling = false;

/// For as long as a thread tells results.
class Telling {
 public:
  Telling() : before_(std::exchange(telling, true)) {}
  ~Telling() { telling = before_; }
  Telling(const Telling&) = delete;
  Telling& operator=(const Telling&) = delete;

 private:
  const bool before_;
};

int64_t bounded_us(microseconds span) {
  constexpr std::chrono::hours kLongest(24 * 365);
  return std::clamp<int64_t>(span.count(), 0, microseconds(kLongest).count());
}
int64_t bounded_us(milliseconds span) {
  constexpr std::chrono::hours kLongest(24 * 365);
  return span >= kLongest ? microseconds(kLongest).count()
                          : bounded_us(microseconds(std::max(span, milliseconds(0))));
}

std::string hex(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Error expired() {
  return {.kind = ErrorKind::kTimeout,
          .message = "The message was not sent within the delivery timeout.",
          .retryable = true};
}

Error closed() {
  return {.kind = ErrorKind::kCancelled, .message = "The producer is closed."};
}

bool is_final(Fate fate) {
  return fate == Fate::kSent || fate == Fate::kFailed;
}

}  // namespace

bool is_telling() {
  return telling;
}

ProducerCore::ProducerCore(Parts parts)
    : client_(parts.client),
      options_(std::move(parts.options)),
      fifo_(options_.queue_url.ends_with(".fifo")),
      delivery_timeout_us_(bounded_us(options_.delivery_timeout)),
      alarm_(std::move(parts.alarm)),
      random_(parts.random),
      observer_(options_.observer == nullptr ? nullptr
                                             : &options_.observer->queue(options_.queue_url)),
      pool_(std::make_shared<SendPool>(options_.buffer_messages_max)),
      groups_({.fifo = fifo_,
               .entries_max = options_.batch_entries_max,
               .bytes_max = options_.batch_bytes_max,
               .group_batching = options_.group_batching,
               .linger_us = bounded_us(options_.linger),
               .delivery_timeout_us = delivery_timeout_us_}),
      epochs_(1) {
  alarm_->start([this] { ring(); });
}

ProducerCore::~ProducerCore() {
  CHECK(!is_telling());  // it would wait for itself
  close(options_.close_timeout);
  alarm_->stop();
}

int64_t ProducerCore::deadline_after(milliseconds timeout) const {
  return alarm_->now_us() + bounded_us(timeout);
}

// ---- Into the buffer ----

Result<PendingSend*> ProducerCore::prepare(OutgoingMessage message, SendCallback callback) {
  if (fifo_ && !message.message_group_id) {
    return Error{.kind = ErrorKind::kInvalidRequest,
                 .message = "Messages of a FIFO queue need a message group."};
  }
  if (fifo_ && !message.message_deduplication_id) add_deduplication_id(message);
  if (options_.trace_header && !message.message_system_attributes.contains("AWSTraceHeader")) {
    std::string header = options_.trace_header(message.body);
    if (!header.empty()) {
      message.message_system_attributes["AWSTraceHeader"] =
          MessageAttributeValue::string(std::move(header));
    }
  }
  const size_t bytes = bytes_of(message);
  if (bytes > options_.buffer_bytes_max) {
    return Error{.kind = ErrorKind::kTooLarge,
                 .message = "The message is larger than the producer's buffer."};
  }
  PendingSend& pending = pool_->take();
  pending.callback = std::move(callback);
  pending.message.bytes = bytes;
  SendMessageBatchRequest::Entry& entry = pending.message.entry;
  entry.message_body = std::move(message.body);
  entry.delay_seconds = message.delay_seconds;
  entry.message_attributes = std::move(message.message_attributes);
  entry.message_system_attributes = std::move(message.message_system_attributes);
  entry.message_deduplication_id = std::move(message.message_deduplication_id);
  entry.message_group_id = std::move(message.message_group_id);
  return &pending;
}

void ProducerCore::add_deduplication_id(OutgoingMessage& message) const {
  switch (options_.deduplication) {
    case Deduplication::kAsGiven:
      return;
    case Deduplication::kContent:
      message.message_deduplication_id = content_deduplication_id(message);
      return;
    case Deduplication::kUnique: {
      std::array<uint8_t, 16> bytes{};
      random_.fill(bytes);
      message.message_deduplication_id = hex(bytes);
      return;
    }
  }
}

Result<void> ProducerCore::accept(PendingSend& pending, const Admission& admission) {
  const size_t bytes = pending.message.bytes;
  {
    Lock lock(mu_);
    TRY(wait_for_room(lock, bytes, admission));
    pending.message.accepted_us = alarm_->now_us();
    pending.message.epoch = first_epoch_ + epochs_.size() - 1;
    ++epochs_.back().open;
    ++statistics_.accepted;
    ++statistics_.buffered_messages;
    statistics_.buffered_bytes += bytes;
    groups_.add(pending);
    pump(lock);
  }
  if (observer_ != nullptr) {
    observer_->change(Level::kBufferedMessages, 1);
    observer_->change(Level::kBufferedBytes, static_cast<int64_t>(bytes));
  }
  return {};
}

bool ProducerCore::has_room(size_t bytes) const {
  return statistics_.buffered_messages < options_.buffer_messages_max &&
         statistics_.buffered_bytes + bytes <= options_.buffer_bytes_max;
}

Result<void> ProducerCore::wait_for_room(Lock& lock, size_t bytes, const Admission& admission) {
  if (closed_) return closed();
  if (has_room(bytes)) return {};
  const milliseconds timeout = admission.timeout.value_or(options_.full_timeout);
  if (timeout.count() > 0 && !is_telling()) {
    const int64_t deadline_us = deadline_after(timeout);
    deadlines_.insert(deadline_us);
    arm(lock);
    room_.wait(lock, admission.stop,
               [&] { return closed_ || has_room(bytes) || alarm_->now_us() >= deadline_us; });
    forget_deadline(deadline_us);
  }
  if (closed_) return closed();
  if (has_room(bytes)) return {};
  if (admission.stop.stop_requested()) {
    return Error{.kind = ErrorKind::kCancelled, .message = "The send was stopped."};
  }
  return Error{.kind = ErrorKind::kOverLimit,
               .message = "The producer's buffer is full.",
               .retryable = true};
}

// ---- Batches on their way ----

ProducerCore::Batch& ProducerCore::spare_batch() {
  if (spare_.empty()) {
    batches_.push_back(std::make_unique<Batch>());
    batches_.back()->request.queue_url = options_.queue_url;
    spare_.push_back(batches_.back().get());
  }
  Batch& batch = *spare_.back();
  spare_.pop_back();
  return batch;
}

/// Starts what is due, and sees to it that the alarm rings for the rest. Lets go of the lock
/// meanwhile.
void ProducerCore::pump(Lock& lock) {
  while (statistics_.in_flight < options_.max_in_flight && !giving_up_) {
    Batch& batch = spare_batch();
    const int64_t now_us = alarm_->now_us();
    groups_.take(now_us, flushing_ > 0, batch.messages, batch.expired);
    for (PendingSend* pending : batch.expired) give_up(*pending, expired());
    const bool any_expired = !batch.expired.empty();
    batch.expired.clear();
    if (batch.messages.empty()) {
      spare_.push_back(&batch);
      if (any_expired) continue;
      break;
    }
    ++calls_;
    ++statistics_.in_flight;
    ++statistics_.batches;
    batch.started_us = now_us;
    lock.unlock();
    start(batch);
    lock.lock();
  }
  arm(lock);
}

int64_t ProducerCore::next_ring_us() const {
  if (!given_up_.empty()) return 0;
  int64_t due_us = deadlines_.empty() ? Alarm::kNever : *deadlines_.begin();
  const bool may_start = statistics_.in_flight < options_.max_in_flight && !giving_up_;
  return may_start ? std::min(due_us, groups_.next_due_us()) : due_us;
}

void ProducerCore::arm(Lock& lock) {
  const int64_t due_us = next_ring_us();
  if (due_us >= armed_us_) return;
  armed_us_ = due_us;
  lock.unlock();
  alarm_->set(due_us);
  lock.lock();
}

void ProducerCore::start(Batch& batch) {
  if (observer_ != nullptr) observer_->change(Level::kBatchesInFlight, 1);
  for (size_t i = 0; i < batch.messages.size(); ++i) {
    BufferedMessage& message = batch.messages[i]->message;
    batch.groups.push_back(message.group);
    message.entry.id = entry_id(i);
    batch.request.entries.push_back(std::move(message.entry));
  }
  // The client tries once: what is repeated, and when, is decided here.
  client_.call(batch.request, {.stop = cancel_.get_token(), .max_attempts = 1},
               [this, &batch](const Result<SendMessageBatchReply>& reply) { ended(batch, reply); });
}

void ProducerCore::ended(Batch& batch, const Result<SendMessageBatchReply>& reply) {
  const int64_t now_us = alarm_->now_us();
  judge(reply, batch.messages, fifo_, batch.verdicts);
  {
    const std::scoped_lock lock(mu_);
    settle(batch, now_us);
  }
  room_.notify_all();
  batch.request.entries.clear();
  observe(batch, now_us);
  tell(batch);
  Lock lock(mu_);
  for (size_t i = 0; i < batch.messages.size(); ++i) {
    const Verdict& verdict = batch.verdicts[i];
    if (is_final(verdict.fate)) {
      note_told(batch.epochs[i], verdict.fate == Fate::kSent ? nullptr : &verdict.error);
    }
  }
  batch.messages.clear();
  batch.groups.clear();
  spare_.push_back(&batch);
  pump(lock);
  --calls_;
  // Under the lock: once it is released, close() may return and this object be gone.
  told_.notify_all();
}

/// Turns the verdicts into what happens: what is sent again goes back to its group.
void ProducerCore::settle(Batch& batch, int64_t now_us) {
  --statistics_.in_flight;
  const int64_t again_us = pause_until(batch, now_us);
  batch.epochs.assign(batch.messages.size(), 0);
  for (size_t i = batch.messages.size(); i-- > 0;) {
    PendingSend& pending = *batch.messages[i];
    BufferedMessage& message = pending.message;
    Verdict& verdict = batch.verdicts[i];
    batch.epochs[i] = message.epoch;
    if (verdict.fate != Fate::kAlone) ++message.attempts;
    if (verdict.unknown && message.unknown_since_us < 0) {
      message.unknown_since_us = batch.started_us;
    }
    if (!is_final(verdict.fate) && !may_repeat(message, verdict, again_us)) {
      verdict.fate = Fate::kFailed;
    }
    if (is_final(verdict.fate)) {
      leave_buffer(pending);
      ++(verdict.fate == Fate::kSent ? statistics_.sent : statistics_.failed);
      if (verdict.fate == Fate::kSent) statistics_.sent_bytes += message.bytes;
      continue;
    }
    ++statistics_.retried;
    if (verdict.fate == Fate::kAlone) message.alone = true;
    message.entry = std::move(batch.request.entries[i]);
    groups_.put_back(pending);
  }
  release_groups(batch, again_us);
}

bool ProducerCore::may_repeat(const BufferedMessage& message, const Verdict& verdict,
                              int64_t at_us) const {
  if (giving_up_) return false;
  if (verdict.fate == Fate::kAlone) return true;
  if (options_.retry.max_attempts && message.attempts >= *options_.retry.max_attempts) return false;
  if (at_us >= message.accepted_us + delivery_timeout_us_) return false;
  if (!fifo_) return options_.repeat_unknown || !verdict.unknown;
  return message.unknown_since_us < 0 || at_us < message.unknown_since_us + kDeduplicationUs;
}

/// When what is to be repeated of this batch is due: all at once, so that it makes a batch again.
int64_t ProducerCore::pause_until(const Batch& batch, int64_t now_us) {
  int attempts = 0;
  ErrorKind kind = ErrorKind::kServerFault;
  for (size_t i = 0; i < batch.messages.size(); ++i) {
    if (batch.verdicts[i].fate != Fate::kAgain) continue;
    attempts = std::max(attempts, batch.messages[i]->message.attempts + 1);
    kind = batch.verdicts[i].error.kind;
  }
  if (attempts == 0) return now_us;
  return now_us + backoff_ms(options_.retry, kind, attempts, random_) * 1'000;
}

void ProducerCore::release_groups(const Batch& batch, int64_t pause_until_us) {
  bool pauses = false;
  for (size_t i = 0; i < batch.messages.size(); ++i) {
    SendGroup* const group = batch.groups[i];
    pauses = pauses || batch.verdicts[i].fate == Fate::kAgain;
    if (i + 1 < batch.groups.size() && batch.groups[i + 1] == group) continue;
    groups_.release(*group, pauses ? pause_until_us : 0);
    pauses = false;
  }
}

void ProducerCore::leave_buffer(const PendingSend& pending) {
  --statistics_.buffered_messages;
  statistics_.buffered_bytes -= pending.message.bytes;
}

void ProducerCore::observe(const Batch& batch, int64_t now_us) const {
  if (observer_ == nullptr) return;
  uint64_t sent = 0;
  uint64_t failed = 0;
  size_t bytes_sent = 0;
  size_t bytes_left = 0;
  for (size_t i = 0; i < batch.messages.size(); ++i) {
    const Fate fate = batch.verdicts[i].fate;
    if (!is_final(fate)) continue;
    const BufferedMessage& message = batch.messages[i]->message;
    bytes_left += message.bytes;
    if (fate == Fate::kFailed) {
      ++failed;
      continue;
    }
    ++sent;
    bytes_sent += message.bytes;
    observer_->record(Latency::kSend, microseconds(now_us - message.accepted_us));
  }
  const uint64_t retried = batch.messages.size() - sent - failed;
  observer_->add(Counter::kSendBatches, 1);
  if (sent > 0) observer_->add(Counter::kSent, sent);
  if (sent > 0) observer_->add(Counter::kSentBytes, bytes_sent);
  if (failed > 0) observer_->add(Counter::kSendFailed, failed);
  if (retried > 0) observer_->add(Counter::kSendRetried, retried);
  observer_->change(Level::kBatchesInFlight, -1);
  observer_->change(Level::kBufferedMessages, -static_cast<int64_t>(sent + failed));
  observer_->change(Level::kBufferedBytes, -static_cast<int64_t>(bytes_left));
}

void ProducerCore::tell(Batch& batch) {
  const Telling guard;
  for (size_t i = 0; i < batch.messages.size(); ++i) {
    const Verdict& verdict = batch.verdicts[i];
    if (verdict.fate == Fate::kSent) batch.messages[i]->tell(verdict.reply);
    if (verdict.fate == Fate::kFailed) batch.messages[i]->tell(verdict.error);
  }
}

// ---- What is given up ----

void ProducerCore::tell_given_up(Lock& lock) {
  if (given_up_.empty()) return;
  const std::vector<GivenUp> given_up = std::exchange(given_up_, {});
  std::vector<uint64_t> epochs;
  lock.unlock();
  {
    const Telling guard;
    for (const GivenUp& each : given_up) {
      if (observer_ != nullptr) {
        observer_->add(Counter::kSendFailed, 1);
        observer_->change(Level::kBufferedMessages, -1);
        observer_->change(Level::kBufferedBytes,
                          -static_cast<int64_t>(each.pending->message.bytes));
      }
      epochs.push_back(each.pending->message.epoch);
      each.pending->tell(each.error);
    }
  }
  lock.lock();
  for (size_t i = 0; i < given_up.size(); ++i) note_told(epochs[i], &given_up[i].error);
  told_.notify_all();
}

void ProducerCore::give_up(PendingSend& pending, Error error) {
  leave_buffer(pending);
  ++statistics_.failed;
  given_up_.push_back({&pending, std::move(error)});
}

void ProducerCore::ring() {
  Lock lock(mu_);
  armed_us_ = Alarm::kNever;
  const auto passed = deadlines_.upper_bound(alarm_->now_us());
  if (passed != deadlines_.begin()) {
    deadlines_.erase(deadlines_.begin(), passed);
    room_.notify_all();
    told_.notify_all();
  }
  pump(lock);
  tell_given_up(lock);
}

// ---- Flushes and the end ----

FlushReport ProducerCore::flush(std::optional<milliseconds> timeout) {
  if (is_telling()) timeout = milliseconds(0);
  Lock lock(mu_);
  const uint64_t epoch = first_epoch_ + epochs_.size() - 1;
  epochs_.emplace_back();
  wait_until_told(lock, epoch, timeout);
  return take_report(epoch);
}

/// Whether everything up to this epoch is told. Nothing lingers meanwhile.
bool ProducerCore::wait_until_told(Lock& lock, uint64_t epoch,
                                   std::optional<milliseconds> timeout) {
  const int64_t deadline_us = timeout ? deadline_after(*timeout) : Alarm::kNever;
  const auto over = [&] { return open_until(epoch) == 0 || alarm_->now_us() >= deadline_us; };
  ++flushing_;
  pump(lock);
  if (!over()) {
    if (timeout) deadlines_.insert(deadline_us);
    arm(lock);
    told_.wait(lock, over);
    forget_deadline(deadline_us);
  }
  --flushing_;
  return open_until(epoch) == 0;
}

void ProducerCore::forget_deadline(int64_t deadline_us) {
  const auto found = deadlines_.find(deadline_us);
  if (found != deadlines_.end()) deadlines_.erase(found);
}

void ProducerCore::note_told(uint64_t epoch, const Error* error) {
  Epoch& of = epochs_[epoch - first_epoch_];
  --of.open;
  ++(error == nullptr ? of.sent : of.failed);
  if (error != nullptr && of.errors.size() < FlushReport::kErrorsMax) of.errors.push_back(*error);
}

uint64_t ProducerCore::open_until(uint64_t epoch) const {
  uint64_t open = 0;
  for (size_t i = 0; i < epochs_.size() && first_epoch_ + i <= epoch; ++i) open += epochs_[i].open;
  return open;
}

FlushReport ProducerCore::take_report(uint64_t epoch) {
  FlushReport report{.unanswered = open_until(epoch)};
  for (size_t i = 0; i < epochs_.size() && first_epoch_ + i <= epoch; ++i) {
    Epoch& each = epochs_[i];
    report.sent += std::exchange(each.sent, 0);
    report.failed += std::exchange(each.failed, 0);
    for (Error& error : std::exchange(each.errors, {})) {
      if (report.errors.size() < FlushReport::kErrorsMax) report.errors.push_back(std::move(error));
    }
  }
  while (epochs_.size() > 1 && epochs_.front().open == 0 && epochs_.front().sent == 0 &&
         epochs_.front().failed == 0) {
    epochs_.pop_front();
    ++first_epoch_;
  }
  return report;
}

FlushReport ProducerCore::close(milliseconds timeout) {
  CHECK(!is_telling());  // it would wait for itself
  Lock lock(mu_);
  closed_ = true;
  room_.notify_all();
  const uint64_t epoch = first_epoch_ + epochs_.size() - 1;
  if (!wait_until_told(lock, epoch, timeout)) {
    giving_up_ = true;
    std::vector<PendingSend*> waiting;
    groups_.take_all(waiting);
    for (PendingSend* pending : waiting) give_up(*pending, closed());
    lock.unlock();
    cancel_.request_stop();
    lock.lock();
  }
  tell_given_up(lock);
  told_.wait(lock, [&] { return open_until(epoch) == 0 && calls_ == 0; });
  return take_report(epoch);
}

ProducerStatistics ProducerCore::statistics() const {
  const std::scoped_lock lock(mu_);
  return statistics_;
}

}  // namespace forebay::sqs::detail
