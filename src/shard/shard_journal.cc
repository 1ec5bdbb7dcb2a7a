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
  engine_->apply(fact, last_now_, {at, record_bytes});
  note_contents(&fact, {at, record_bytes});
  note_queues(fact, [this](QueueId queue) {
    if (polls_.waiting(queue)) touched_.push_back(queue);
  });
  if (batch_.size() > options_.batch_bytes_target) seal_batch();
  schedule_flush();
}

/// A content that `fact` (null: none) has put at `place` must be kept, and what was freed so far
/// may be forgotten, when the facts so far are durable.
void Shard::note_contents(const engine::Fact* fact, engine::RecordPlace place) {
  const LogPosition after = batch_.empty() ? batch_.start() : batch_.end();
  if (fact != nullptr && (std::holds_alternative<engine::MessageSent>(*fact) ||
                          std::holds_alternative<engine::MessageRelocated>(*fact))) {
    content_changes_.push_back({after, place, true});
  }
  for (const engine::RecordPlace& freed : engine_->take_released())
    content_changes_.push_back({after, freed, false});
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
  if (closing_ && env_.log.unsynced()) return sync_now();
  if (closing_ && cold_answers_ == 0) std::exchange(closing_, nullptr)();
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
    return fail(outcome, detail);
  }
  durable_ = end;
  if (engine_->next_move_due()) {
    run_move_tasks();
    wake_polls();
    arm_timer();
  }
  if (!sealed_.empty() || !batch_.empty()) append_next();  // the disk works while we answer
  release_held();
  if (env_.log.unsynced()) sync_later();
  if (snapshots_ != nullptr) snapshots_->on_durable(durable_);
  if (space_ != nullptr) space_->on_appended();
  keep_storage_if_grown();
  if (!append_in_flight_ && (closing_ != nullptr || !batch_.empty())) schedule_flush();
}

void Shard::fail(journal::AppendOutcome outcome, const std::string& detail) {
  failed_ = true;
  env_.fail(outcome == journal::AppendOutcome::kFenced
                ? "another process has taken over this journal; stopping: " + detail
                : "the journal could not be written; what was sent last may or may not be on "
                  "disk, and nothing more is acknowledged: " +
                      detail);
}

void Shard::release_held() {
  while (!held_.empty() && held_.front().after <= durable_) {
    Held held = std::move(held_.front());
    held_.pop_front();
    answer(std::move(held));
  }
  while (!content_changes_.empty() && content_changes_.front().after <= durable_) {
    const ContentChange& change = content_changes_.front();
    if (change.retained) {
      CHECK(env_.log.retain(change.place.position, change.place.record_bytes));
    } else {
      env_.log.release(change.place.position, change.place.record_bytes);
    }
    content_changes_.pop_front();
  }
}

void Shard::answer(Held held) {
  for (size_t i = 0; i < held.contents.size(); ++i) {
    const engine::RecordPlace& place = held.contents[i];
    std::string& record = std::get<engine::ReceiveMessages::Reply>(*held.reply).messages[i].record;
    const Result<bool> read = env_.log.read_now(place.position, place.record_bytes, record);
    if (!read.ok()) return end_answer(std::move(held), read.error());
    if (!*read) return answer_cold(std::move(held), i);
  }
  if (!held.contents.empty()) fetch_ahead();
  end_answer(std::move(held), {});
}

void Shard::fetch_ahead() {
  if (auto fetch = env_.log.take_fetch()) env_.readers.submit(std::move(fetch), [] {});
}

/// Contents from number `from` on are on the disk only: reads them elsewhere, so that nobody else
/// waits for it.
void Shard::answer_cold(Held held, size_t from) {
  struct Reading {
    Held held;
    std::vector<journal::Log::RecordReader> readers;
    Result<void> outcome;
  };
  const auto reading = std::make_shared<Reading>(Reading{std::move(held), {}, {}});
  for (size_t i = from; i < reading->held.contents.size(); ++i) {
    const engine::RecordPlace& place = reading->held.contents[i];
    reading->readers.push_back(env_.log.reader(place.position, place.record_bytes));
  }
  ++cold_answers_;
  fetch_ahead();
  env_.readers.submit(
      [reading, from] {
        auto& messages = std::get<engine::ReceiveMessages::Reply>(*reading->held.reply).messages;
        for (size_t i = 0; i < reading->readers.size() && reading->outcome.ok(); ++i) {
          reading->outcome = reading->readers[i](messages[from + i].record);
        }
      },
      [this, reading, alive = std::weak_ptr(alive_)] {
        if (alive.expired() || failed_) return;
        --cold_answers_;
        end_answer(std::move(reading->held), reading->outcome);
        if (closing_) schedule_flush();
      });
}

void Shard::end_answer(Held held, const Result<void>& read) {
  if (read.ok()) return held.done(std::move(held.reply));
  log_error(
      "a message cannot be read from the journal; run no repair before taking a copy of the "
      "data directory",
      {{"reason", read.error().message}});
  held.done(
      Error{ErrorCode::kInternalFailure, "We encountered an internal error. Please try again."});
}

/// Within the interval that was promised.
void Shard::sync_later() {
  if (sync_timer_ != 0 || closing_) return;
  sync_timer_ = env_.executor.after(options_.sync_interval_ms, [this] {
    sync_timer_ = 0;
    sync_now();
  });
}

void Shard::sync_now() {
  env_.log.sync([this, alive = std::weak_ptr(alive_)](journal::AppendOutcome outcome,
                                                      const std::string& detail) {
    if (alive.expired() || failed_) return;
    if (outcome != journal::AppendOutcome::kDurable) return fail(outcome, detail);
    if (closing_) schedule_flush();
  });
}

}  // namespace forebay::shard
