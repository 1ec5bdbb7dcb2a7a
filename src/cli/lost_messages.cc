// SPDX-License-Identifier: Apache-2.0
#include "cli/lost_messages.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "cli/journal_check.h"
#include "env/executor.h"
#include "journal/file/file_log.h"
#include "journal/file/segment.h"

namespace forebay::cli {
namespace {

/// Does its work in submit(), and what follows it in run(): nothing else goes on here.
class ForegroundWorker final : public env::Worker {
 public:
  void submit(Task job, Task done) override {
    job();
    done_.push_back(std::move(done));
  }
  void run() {
    while (!done_.empty()) {
      const Task done = std::move(done_.front());
      done_.pop_front();
      done();
    }
  }

 private:
  std::deque<Task> done_;
};

/// As the server made them: a segment that is begun here must be of the size that it expects.
Result<uint64_t> newest_segment_bytes(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  uint64_t newest = 0;
  for (const std::string& name : names) {
    newest = std::max(newest, journal::parse_segment_name(name).value_or(0));
  }
  TRY_ASSIGN(const auto segment,
             journal::open_segment(files, directory, newest, env::OpenMode::kRead));
  return segment->header().segment_bytes;
}

class Owner {
 public:
  static Result<std::unique_ptr<Owner>> open(env::FileSystem& files, const std::string& directory) {
    std::unique_ptr<Owner> owner(new Owner);
    journal::FileLogOptions options;
    options.directory = directory;
    TRY_ASSIGN(options.segment_bytes, newest_segment_bytes(files, directory));
    TRY_ASSIGN(owner->log_, journal::open_file_log(options, files, owner->worker_, owner->worker_));
    TRY_ASSIGN(const journal::Log::Acquired acquired, owner->log_->acquire("forebay repair"));
    owner->epoch_ = acquired.epoch;
    owner->batch_ = journal::BatchWriter(acquired.tail);
    return owner;
  }

  Result<void> record(const engine::Fact& fact, WallMs now) {
    batch_.add([&](std::string& out) { engine::encode_fact(fact, now, out); });
    if (batch_.size() <= journal::kBatchBytesTarget) return {};
    return append();
  }

  /// Durable: everything recorded, and known to be: an empty batch follows.
  Result<void> close() {
    if (!batch_.empty()) TRY(append());
    return append();
  }

 private:
  Owner() : batch_(LogPosition{}) {}

  Result<void> append() {
    const LogPosition start = batch_.start();
    std::optional<std::string> failure;
    log_->append(epoch_, start, batch_.seal(epoch_),
                 [&](journal::AppendOutcome outcome, const std::string& detail) {
                   failure = outcome == journal::AppendOutcome::kDurable ? "" : detail;
                 });
    worker_.run();
    CHECK(failure.has_value());
    if (failure->empty()) return {};
    return Error{ErrorCode::kStorageFailure, *failure};
  }

  ForegroundWorker worker_;  // outlives the log
  std::unique_ptr<journal::Log> log_;
  Epoch epoch_;
  journal::BatchWriter batch_;
};

}  // namespace

Result<DeletedMessages> delete_lost_messages(env::FileSystem& files, const env::Clock& clock,
                                             const std::string& directory,
                                             const journal::Progress& progress) {
  TRY_ASSIGN(const auto owner, Owner::open(files, directory));
  TRY_ASSIGN(JournalCheck check, check_journal(files, directory, progress));
  const WallMs now = std::max(check.state.now(), clock.wall());
  for (const LiveMessage& lost : check.lost) {
    TRY(owner->record(engine::MessageDeleted{lost.queue, lost.message}, now));
  }
  TRY(owner->close());
  return DeletedMessages{std::move(check.lost), check.state.names()};
}

}  // namespace forebay::cli
