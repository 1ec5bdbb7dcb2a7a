// SPDX-License-Identifier: Apache-2.0
// For tests: snapshots and space of a log in memory, that do what the test says.
// Thread: the test's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "env/executor.h"
#include "journal/snapshots.h"
#include "journal/space.h"

namespace forebay::shard {

/// Keeps chunks; answers at once, or when the test calls complete().
class FakeSnapshots final : public journal::Snapshots {
 public:
  struct Kept {
    Info info;
    LogPosition through;
    std::vector<std::string> chunks;
    bool damaged = false;
  };

  explicit FakeSnapshots(env::Executor& executor) : executor_(executor) {}

  std::vector<Info> list() const override {
    std::vector<Info> all;
    for (auto at = kept.rbegin(); at != kept.rend(); ++at) all.push_back(at->info);
    return all;
  }
  Result<LogPosition> load(const Info& snapshot, const Visit& visit) override {
    for (const Kept& each : kept) {
      if (each.info.number != snapshot.number) continue;
      for (const std::string& chunk : each.chunks) TRY(visit(chunk));
      if (each.damaged) return Error{ErrorCode::kStorageDamaged, "as the test wants"};
      ++load_count;
      return each.through;
    }
    return Error{ErrorCode::kStorageDamaged, "no such snapshot"};
  }
  void begin(LogPosition from) override {
    making_ = Kept{{++last_number_, from, 0}, {}, {}};
    ++begin_count;
  }
  void write(std::string chunk, Done done) override {
    CHECK(making_);
    making_->info.bytes += chunk.size();
    making_->chunks.push_back(std::move(chunk));
    answer(std::move(done));
  }
  void commit(LogPosition through, Done done) override {
    CHECK(making_);
    making_->through = through;
    kept.push_back(*std::exchange(making_, std::nullopt));
    if (kept.size() > 2) kept.pop_front();
    answer(std::move(done));
  }
  void abandon() override {
    making_.reset();
    ++abandon_count;
  }
  LogPosition needed_from() const override {
    return kept.size() < 2 ? LogPosition{} : kept.front().info.from;
  }

  /// Ends the write or commit under way.
  void complete() {
    CHECK(waiting_);
    executor_.post(std::exchange(waiting_, nullptr));
  }
  bool waiting() const { return waiting_ != nullptr; }

  std::deque<Kept> kept;  // oldest first
  bool automatic = true;
  std::optional<Error> refusal;  // of every write
  int begin_count = 0;
  int abandon_count = 0;
  int load_count = 0;

 private:
  void answer(Done done) {
    CHECK(!waiting_);
    const Result<void> result = refusal ? Result<void>(*refusal) : Result<void>();
    waiting_ = [done = std::move(done), result] { done(result); };
    if (automatic) complete();
  }

  env::Executor& executor_;
  uint64_t last_number_ = 0;
  std::optional<Kept> making_;
  std::function<void()> waiting_;
};

/// Tells what the test says; a "segment" is a list of records that the test has chosen.
class FakeSpace final : public journal::Space {
 public:
  using Records = std::vector<journal::PieceReader::Record>;

  Usage usage() const override { return told; }
  void reserve(uint64_t bytes, uint64_t snapshot_bytes) override {
    reserved_bytes = bytes;
    reserved_snapshot_bytes = snapshot_bytes;
  }
  void trim(LogPosition needed_from) override { trimmed_to = needed_from; }
  std::optional<Sparse> sparsest(LogPosition, double) const override {
    if (pieces.empty() && !damaged) return std::nullopt;
    return Sparse{7, 1000, 100};
  }
  std::unique_ptr<journal::PieceReader> open(const Sparse&) const override {
    ++open_count;
    return std::make_unique<Reader>(*this);
  }

  Usage told;
  mutable std::deque<Records> pieces;  // of the sparsest segment
  bool damaged = false;
  mutable int open_count = 0;
  uint64_t reserved_bytes = 0;
  uint64_t reserved_snapshot_bytes = 0;
  LogPosition trimmed_to;

 private:
  class Reader final : public journal::PieceReader {
   public:
    explicit Reader(const FakeSpace& space) : space_(space) {}
    Result<std::vector<Record>> next() override {
      if (space_.damaged) return Error{ErrorCode::kStorageDamaged, "as the test wants"};
      if (space_.pieces.empty()) return std::vector<Record>();
      std::vector<Record> piece = std::move(space_.pieces.front());
      space_.pieces.pop_front();
      return piece;
    }

   private:
    const FakeSpace& space_;
  };
};

}  // namespace forebay::shard
