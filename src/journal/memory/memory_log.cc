// SPDX-License-Identifier: Apache-2.0
#include "journal/memory/memory_log.h"

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::journal {
namespace {

class MemoryLog final : public Log {
 public:
  MemoryLog(env::Executor& executor, KeepRecord keep) : executor_(executor), keep_(keep) {}

  Result<Acquired> acquire(std::string_view) override {
    CHECK(!append_in_flight_);
    epoch_ = Epoch(epoch_.value + 1);
    const std::lock_guard lock(mu_);
    records_.clear();
    return Acquired{epoch_, tail_};
  }

  void append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) override {
    CHECK(epoch_ != Epoch(0) && epoch <= epoch_);
    if (epoch < epoch_) {
      return answer_later(AppendOutcome::kFenced,
                          fmt::format("epoch {} is over, {} has begun", epoch.value, epoch_.value),
                          std::move(done));
    }
    CHECK(!append_in_flight_ && expected == tail_);
    const Result<BatchHeader> header = verify_batch(batch);
    CHECK(header.ok() && header->position == expected && header->epoch == epoch);
    keep_records(batch);
    tail_ = tail_ + batch.size();
    append_in_flight_ = true;
    answer_later(AppendOutcome::kDurable, {}, std::move(done));
  }

  Result<void> read(LogPosition at, uint32_t record_bytes, std::string& out) const override {
    const std::lock_guard lock(mu_);
    const auto found = records_.find(at.value);
    if (found == records_.end() || found->second.size() != record_bytes) {
      return Error{
          ErrorCode::kStorageDamaged,
          fmt::format("no record of {} bytes is kept at position {}", record_bytes, at.value)};
    }
    out = found->second;
    return {};
  }

  Result<bool> read_now(LogPosition at, uint32_t record_bytes, std::string& out) const override {
    TRY(read(at, record_bytes, out));
    return true;
  }

  std::function<void()> take_fetch() override { return {}; }

  RecordReader reader(LogPosition at, uint32_t record_bytes) const override {
    return [this, at, record_bytes](std::string& out) { return read(at, record_bytes, out); };
  }

  Result<void> scan(LogPosition, const RecordVisitor&) override { return {}; }

  bool retain(LogPosition, uint32_t) override { return true; }  // append() keeps what holds content

  void sync(AppendDone done) override {
    answer_later(AppendOutcome::kDurable, {}, std::move(done));
  }

  bool unsynced() const override { return false; }

  void release(LogPosition at, uint32_t record_bytes) override {
    const std::lock_guard lock(mu_);
    const auto found = records_.find(at.value);
    if (found == records_.end()) return;  // not of a kind that is kept
    CHECK(found->second.size() == record_bytes);
    records_.erase(found);
  }

 private:
  void keep_records(std::string_view batch) {
    const std::lock_guard lock(mu_);
    const Result<void> visited =
        visit_verified_records(batch, [this](LogPosition at, std::string_view record) {
          if (keep_(record)) records_.emplace(at.value, record);
          return Result<void>();
        });
    CHECK(visited.ok());
  }

  void answer_later(AppendOutcome outcome, std::string detail, AppendDone done) {
    executor_.post([outcome, detail = std::move(detail), done = std::move(done),
                    alive = std::weak_ptr(alive_)] {
      const auto log = alive.lock();
      if (!log) return;
      if (outcome == AppendOutcome::kDurable) (*log)->append_in_flight_ = false;
      done(outcome, detail);
    });
  }

  // Constant after construction.
  env::Executor& executor_;
  const KeepRecord keep_;

  // Owner's executor only.
  Epoch epoch_;  // 0: not acquired
  LogPosition tail_;
  bool append_in_flight_ = false;
  std::shared_ptr<MemoryLog*> alive_ = std::make_shared<MemoryLog*>(this);

  mutable std::mutex mu_;  // guards records_
  std::unordered_map<uint64_t, std::string> records_;
};

}  // namespace

std::unique_ptr<Log> make_memory_log(env::Executor& executor, KeepRecord keep) {
  return std::make_unique<MemoryLog>(executor, keep);
}

}  // namespace forebay::journal
