// SPDX-License-Identifier: Apache-2.0
// A Log that remembers every batch handed to it, and compares with it what a recovery finds.
//
// `JournalHistory` lives as long as the run, a `RecordedLog` as long as a simulated process.
// Together they check, without knowing any file format: the tail never ends before what was called
// durable; what is scanned, from wherever a scan begins, is, byte for byte and position for
// position, what was appended from there on; epochs grow. The history keeps what the log may have
// trimmed, so replay() is the state without any snapshot.
// Thread: one owner.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "journal/log.h"
#include "sim/sabotage.h"
#include "sim/verdict.h"

namespace forebay::sim {

class JournalHistory {
 public:
  explicit JournalHistory(Verdict& verdict) : verdict_(verdict) {}

  void appended(LogPosition start, const std::string& batch);
  /// All before `end` survives the death of the process.
  void written(LogPosition end);
  /// It survives a power failure too.
  void durable(LogPosition end);
  /// What was only written may be gone.
  void power_failed() { written_ = durable_; }
  /// A new owner: batches behind `tail` were never there.
  void acquired(Epoch epoch, LogPosition tail);
  /// Each record that a scan from the batch at `from` has visited, in order; then its end.
  void begin_scan(LogPosition from);
  void scanned(LogPosition at, std::string_view record);
  void end_scan();

  /// Applies every record to `engine`, as a recovery would.
  void replay(engine::Engine& engine) const;
  /// The latest moment any record names; 0 without records.
  WallMs last_moment() const { return last_moment_; }
  uint64_t written_batch_count() const { return written_batch_count_; }
  bool empty() const { return batches_.empty(); }
  bool all_durable() const { return written_ == durable_; }

 private:
  struct Batch {
    LogPosition start;
    LogPosition end;
    std::string bytes;
  };
  void check_whole_batches() const;
  void visit(const journal::RecordVisitor& visitor) const;

  Verdict& verdict_;
  std::vector<Batch> batches_;
  LogPosition written_;  // the end of the last batch whose append was reported
  LogPosition durable_;  // the same, and a power failure changes nothing
  Epoch epoch_;
  LogPosition acquired_tail_;
  WallMs last_moment_;
  uint64_t written_batch_count_ = 0;
  std::vector<std::pair<LogPosition, std::string_view>> expected_;  // during a scan
  size_t scanned_count_ = 0;
  LogPosition scanned_from_;
};

class RecordedLog final : public journal::Log {
 public:
  /// `saboteur` may be null.
  RecordedLog(std::unique_ptr<journal::Log> inner, JournalHistory& history, Verdict& verdict,
              Saboteur* saboteur = nullptr)
      : inner_(std::move(inner)), history_(history), verdict_(verdict), saboteur_(saboteur) {}

  Result<Acquired> acquire(std::string_view owner) override;
  void append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) override;
  Result<void> read(LogPosition at, uint32_t record_bytes, std::string& out) const override {
    return inner_->read(at, record_bytes, out);
  }
  Result<bool> read_now(LogPosition at, uint32_t record_bytes, std::string& out) const override {
    return inner_->read_now(at, record_bytes, out);
  }
  std::function<void()> take_fetch() override { return inner_->take_fetch(); }
  RecordReader reader(LogPosition at, uint32_t record_bytes) const override {
    return inner_->reader(at, record_bytes);
  }
  Result<void> scan(LogPosition from, const journal::RecordVisitor& visit) override;
  bool retain(LogPosition at, uint32_t record_bytes) override {
    return inner_->retain(at, record_bytes);
  }
  void sync(AppendDone done) override;
  bool unsynced() const override { return inner_->unsynced(); }
  journal::Snapshots* snapshots() override { return inner_->snapshots(); }
  journal::Space* space() override { return inner_->space(); }
  void release(LogPosition at, uint32_t record_bytes) override {
    inner_->release(at, record_bytes);
  }

 private:
  void note_reported(LogPosition end);
  bool sabotaged(Sabotage sabotage, int per_mille) {
    return saboteur_ != nullptr && saboteur_->strikes(sabotage, per_mille);
  }

  const std::unique_ptr<journal::Log> inner_;
  JournalHistory& history_;
  Verdict& verdict_;
  Saboteur* const saboteur_;
  LogPosition tail_;
  LogPosition reported_;  // the end of the last append that was reported
  bool in_flight_ = false;
};

}  // namespace forebay::sim
