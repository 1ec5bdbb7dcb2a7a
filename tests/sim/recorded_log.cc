// SPDX-License-Identifier: Apache-2.0
#include "sim/recorded_log.h"

#include <algorithm>

#include <fmt/format.h>

namespace forebay::sim {

void JournalHistory::appended(LogPosition start, const std::string& batch) {
  batches_.push_back({start, start + batch.size(), batch});
}

void JournalHistory::written(LogPosition end) {
  written_ = end;
  ++written_batch_count_;
}

void JournalHistory::durable(LogPosition end) {
  durable_ = std::max(durable_, end);
}

void JournalHistory::acquired(Epoch epoch, LogPosition tail) {
  if (epoch <= epoch_) {
    verdict_.violation(fmt::format("a new owner got epoch {} after {}", epoch.value, epoch_.value));
  }
  epoch_ = epoch;
  if (tail < written_) {
    verdict_.violation(fmt::format("recovery ended the journal at {}, but it was durable up to {}",
                                   tail.value, written_.value));
  }
  acquired_tail_ = tail;
  while (!batches_.empty() && tail < batches_.back().end) batches_.pop_back();
}

void JournalHistory::begin_scan(LogPosition from) {
  expected_.clear();
  scanned_count_ = 0;
  scanned_from_ = from;
  for (const Batch& batch : batches_) {
    if (batch.start < from && from < batch.end)
      verdict_.violation(fmt::format("a scan begins at {}, within a batch", from.value));
  }
  visit([this](LogPosition at, std::string_view record) {
    if (at >= scanned_from_) expected_.emplace_back(at, record);
    return Result<void>();
  });
}

void JournalHistory::scanned(LogPosition at, std::string_view record) {
  const size_t i = scanned_count_++;
  if (i < expected_.size() && expected_[i].first == at && expected_[i].second == record) return;
  verdict_.violation(
      fmt::format("the scan's record {} at position {} is not what was appended", i, at.value));
}

/// What was not visited must be whole batches that nobody called durable: they were never there.
void JournalHistory::end_scan() {
  if (scanned_count_ < expected_.size()) {
    const LogPosition end = expected_[scanned_count_].first;
    while (!batches_.empty() && end < batches_.back().end) {
      if (batches_.back().end <= written_) {
        verdict_.violation(fmt::format("the scan ended before the durable batch at {}",
                                       batches_.back().start.value));
      }
      batches_.pop_back();
    }
    check_whole_batches();
  }
  // Not before the scan: only now it shows which batches before the tail were never there.
  written_ = durable_ = acquired_tail_;
  expected_.clear();
  last_moment_ = WallMs(0);
  visit([this](LogPosition, std::string_view record) -> Result<void> {
    TRY_ASSIGN(const engine::TimedFact timed, engine::decode_fact(record));
    last_moment_ = std::max(last_moment_, timed.now);
    return {};
  });
}

void JournalHistory::check_whole_batches() const {
  size_t count = 0;
  visit([&](LogPosition at, std::string_view) {
    count += at >= scanned_from_ ? 1 : 0;
    return Result<void>();
  });
  if (count != scanned_count_) {
    verdict_.violation(
        fmt::format("the scan visited {} records and stopped within a batch", scanned_count_));
  }
}

void JournalHistory::visit(const journal::RecordVisitor& visitor) const {
  for (const Batch& batch : batches_) CHECK(journal::visit_records(batch.bytes, visitor).ok());
}

void JournalHistory::replay(engine::Engine& engine) const {
  visit([&engine](LogPosition at, std::string_view record) -> Result<void> {
    TRY_ASSIGN(const engine::TimedFact timed, engine::decode_fact(record));
    engine.apply(timed.fact, timed.now, {at, static_cast<uint32_t>(record.size())});
    return {};
  });
  engine.take_released();
}

Result<journal::Log::Acquired> RecordedLog::acquire(std::string_view owner) {
  TRY_ASSIGN(const Acquired acquired, inner_->acquire(owner));
  const bool stays = sabotaged(Sabotage::kEpochStays, 1000);
  history_.acquired(stays ? Epoch(1) : acquired.epoch, acquired.tail);
  tail_ = reported_ = acquired.tail;
  return acquired;
}

void RecordedLog::append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) {
  if (in_flight_ || expected != tail_) {
    verdict_.violation(fmt::format("append at {} while the tail is {}{}", expected.value,
                                   tail_.value, in_flight_ ? " and another one is in flight" : ""));
    return;
  }
  history_.appended(expected, batch);
  in_flight_ = true;
  tail_ = expected + batch.size();
  inner_->append(epoch, expected, std::move(batch),
                 [this, end = tail_, done = std::move(done)](journal::AppendOutcome outcome,
                                                             const std::string& detail) {
                   in_flight_ = false;
                   if (outcome == journal::AppendOutcome::kDurable) note_reported(end);
                   done(outcome, detail);
                 });
}

void RecordedLog::note_reported(LogPosition end) {
  reported_ = end;
  history_.written(end);
  if (!inner_->unsynced()) history_.durable(end);
}

void RecordedLog::sync(AppendDone done) {
  inner_->sync([this, end = reported_, done = std::move(done)](journal::AppendOutcome outcome,
                                                               const std::string& detail) {
    if (outcome == journal::AppendOutcome::kDurable) history_.durable(end);
    done(outcome, detail);
  });
}

Result<void> RecordedLog::scan(LogPosition from, const journal::RecordVisitor& visit) {
  history_.begin_scan(from);
  TRY(inner_->scan(from, [&](LogPosition at, std::string_view record) -> Result<void> {
    std::string altered;
    if (sabotaged(Sabotage::kRecordIsAltered, 20)) {
      altered = std::string(record) + 'x';
      record = altered;
    }
    history_.scanned(at, record);
    if (sabotaged(Sabotage::kRecordIsNotReplayed, 20)) return {};
    return visit(at, record);
  }));
  history_.end_scan();
  return {};
}

}  // namespace forebay::sim
