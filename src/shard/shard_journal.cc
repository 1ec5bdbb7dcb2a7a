// SPDX-License-Identifier: Apache-2.0
// The shard's dealings with its journal: recording facts, group commit, holding replies.
#include "base/log.h"
#include "shard/shard.h"

namespace forebay::shard {
namespace {

/// The queues in which the fact may have made something receivable.
template <class Note>
void note_queues(const engine::Fact& fact, Note&& note) {
  std::visit(
      [&](const auto& value) {
        if constexpr (requires { value.queue; }) note(value.queue);
        if constexpr (requires { value.to; }) note(value.to);
      },
      fact);
}

}  // namespace

void Shard::record(engine::Facts& facts) {
  for (const engine::Fact& fact : facts) record_one(fact);
  facts.clear();
}

void Shard::record_one(const engine::Fact& fact) {
  const LogPosition at =
      batch_.add([&](std::string& out) { engine::encode_fact(fact, last_now_, out); });
  const auto record_bytes = static_cast<uint32_t>(batch_.end() - at - journal::kRecordHeaderBytes);
  engine_.apply(fact, last_now_, {at, record_bytes});
  note_released();
  note_queues(fact, [this](QueueId queue) {
    if (polls_.waiting(queue)) touched_.push_back(queue);
  });
  if (batch_.size() > options_.batch_bytes_target) seal_batch();
  schedule_flush();
}

/// What the facts so far have freed may be forgotten when they are durable.
void Shard::note_released() {
  for (const engine::RecordPlace& place : engine_.take_released())
    releases_.push_back({batch_.end(), place});
}

void Shard::hold(Result<Reply> reply, Done done, std::vector<engine::RecordPlace> contents) {
  if (env_.decided) env_.decided(done);
  const LogPosition seen = batch_.empty() ? batch_.start() : batch_.end();
  Held held{seen, std::move(done), std::move(reply), std::move(contents)};
  if (held.after <= durable_ && held_.empty()) return answer(std::move(held));
  held_.push_back(std::move(held));
}

void Shard::schedule_flush() {
  if (flush_posted_ || append_in_flight_ || failed_) return;
  flush_posted_ = true;
  env_.executor.post([this, alive = alive_] {
    if (*alive) flush();
  });
}

void Shard::flush() {
  flush_posted_ = false;
  if (append_in_flight_ || failed_) return;
  if (!sealed_.empty() || !batch_.empty()) return append_next();
  if (unproven_) {
    // An empty batch: whatever a reader finds before it was durable.
    seal_batch();
    append_next();
    unproven_ = false;
    return;
  }
  if (closing_) std::exchange(closing_, nullptr)();
}

void Shard::seal_batch() {
  const LogPosition start = batch_.start();
  const LogPosition end = batch_.end();
  sealed_.push_back({start, end, batch_.seal(epoch_)});
}

void Shard::append_next() {
  if (sealed_.empty()) seal_batch();
  SealedBatch next = std::move(sealed_.front());
  sealed_.pop_front();
  append_in_flight_ = true;
  unproven_ = true;
  env_.log.append(epoch_, next.start, std::move(next.bytes),
                  [this, alive = alive_, end = next.end](journal::AppendOutcome outcome,
                                                         const std::string& detail) {
                    if (*alive) on_appended(end, outcome, detail);
                  });
}

void Shard::on_appended(LogPosition end, journal::AppendOutcome outcome,
                        const std::string& detail) {
  append_in_flight_ = false;
  if (outcome != journal::AppendOutcome::kDurable) {
    failed_ = true;
    env_.fail(outcome == journal::AppendOutcome::kFenced
                  ? "another process has taken over this journal; stopping: " + detail
                  : "the journal could not be written; what was sent last may or may not be on "
                    "disk, and nothing more "
                    "is acknowledged: " +
                        detail);
    return;
  }
  durable_ = end;
  if (engine_.next_move_due()) {
    run_move_tasks();
    wake_polls();
    arm_timer();
  }
  if (!sealed_.empty() || !batch_.empty()) append_next();  // the disk works while we answer
  release_held();
  if (!append_in_flight_ && (closing_ != nullptr || !batch_.empty())) schedule_flush();
}

void Shard::release_held() {
  while (!held_.empty() && held_.front().after <= durable_) {
    Held held = std::move(held_.front());
    held_.pop_front();
    answer(std::move(held));
  }
  while (!releases_.empty() && releases_.front().after <= durable_) {
    env_.log.release(releases_.front().place.position, releases_.front().place.record_bytes);
    releases_.pop_front();
  }
}

void Shard::answer(Held held) {
  if (!held.contents.empty()) {
    auto& messages = std::get<engine::ReceiveMessages::Reply>(*held.reply).messages;
    for (size_t i = 0; i < held.contents.size(); ++i) {
      const engine::RecordPlace& place = held.contents[i];
      Result<void> read = env_.log.read(place.position, place.record_bytes, messages[i].record);
      if (read.ok()) continue;
      log_error(
          "a message cannot be read from the journal; run no repair before taking a copy of the "
          "data directory",
          {{"reason", read.error().message}});
      held.done(Error{ErrorCode::kInternalFailure,
                      "We encountered an internal error. Please try again."});
      return;
    }
  }
  held.done(std::move(held.reply));
}

}  // namespace forebay::shard
