// SPDX-License-Identifier: Apache-2.0
#include "journal/file/file_log.h"

#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "journal/file/batch_cursor.h"
#include "journal/file/recovery.h"
#include "journal/file/segment_preparation.h"
#include "journal/file/segment_table.h"

namespace forebay::journal {
namespace {

static_assert(kSegmentHeaderBytes + kBatchBytesMax <= kSegmentBytesMin);

/// One batch on its way to the disk. Holds all it needs, the directory's lock included: when the
/// log is destroyed under it, no other owner gets in before it has ended.
struct WriteJob {
  WriteJob(env::FileSystem& file_system, std::shared_ptr<env::DirectoryLock> directory_lock)
      : files(file_system), lock(std::move(directory_lock)) {}

  // What to do.
  env::FileSystem& files;
  std::shared_ptr<env::DirectoryLock> lock;
  std::shared_ptr<Segment> segment;              // to write to, unless `next` is set
  std::optional<NewSegment> next;                // to be made first
  std::shared_ptr<SegmentPreparation> prepared;  // perhaps has its file
  LogPosition at;
  std::string batch;
  // How it went.
  bool rolled = false;
  Result<void> outcome;

  void run() {
    outcome = write();
    lock.reset();
  }

 private:
  Result<void> write() {
    if (next) TRY(roll());
    CHECK(segment->has_room(at, batch.size()));
    TRY(segment->file().write(segment->offset_of(at), batch));
    return segment->file().sync();
  }

  Result<void> roll() {
    if (prepared != nullptr) {
      next->prepared = prepared->take();
      next->prepared_path = prepared->path();
    }
    TRY_ASSIGN(segment, create_segment(files, std::move(*next)));
    rolled = true;
    return {};
  }
};

class FileLog final : public Log {
 public:
  FileLog(FileLogOptions options, std::shared_ptr<env::DirectoryLock> lock, env::FileSystem& files,
          env::Worker& worker, env::Random& random)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        files_(files),
        worker_(worker),
        random_(random) {}

  FileLog(const FileLog&) = delete;
  FileLog& operator=(const FileLog&) = delete;
  ~FileLog() override { drop_preparation(); }

  Result<Acquired> acquire(std::string_view owner) override;
  void append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) override;
  Result<void> read(LogPosition at, uint32_t record_bytes, std::string& out) const override;
  Result<bool> read_now(LogPosition at, uint32_t record_bytes, std::string& out) const override {
    TRY(read(at, record_bytes, out));
    return true;
  }
  RecordReader reader(LogPosition at, uint32_t record_bytes) const override {
    return [this, at, record_bytes](std::string& out) { return read(at, record_bytes, out); };
  }
  bool retain(LogPosition at, uint32_t) override { return table_.find(at) != nullptr; }
  void sync(AppendDone done) override {
    answer_later(AppendOutcome::kDurable, {}, std::move(done));
  }
  bool unsynced() const override { return false; }
  Result<void> scan(LogPosition from, const RecordVisitor& visit) override;
  void release(LogPosition at, uint32_t record_bytes) override {
    table_.add_dead(at, kRecordHeaderBytes + record_bytes);
  }

 private:
  Result<void> make_first_segment();
  /// A job for `batch` at the tail; makes the next segment when the last has no room.
  std::shared_ptr<WriteJob> make_job(std::string batch, Epoch epoch);
  /// Takes over what a successful job has changed.
  void finish(const WriteJob& job);
  void on_written(const WriteJob& job, const AppendDone& done);
  void answer_later(AppendOutcome outcome, std::string detail, AppendDone done);
  Result<void> scan_segment(const Segment& segment, LogPosition from, LogPosition to,
                            const RecordVisitor& visit) const;
  void prepare_ahead();
  void drop_preparation();

  // Constant after construction.
  const FileLogOptions options_;
  const std::shared_ptr<env::DirectoryLock> lock_;
  env::FileSystem& files_;
  env::Worker& worker_;
  env::Random& random_;

  // Owner's executor only.
  Epoch epoch_;  // 0: not acquired
  LogPosition tail_;
  bool append_in_flight_ = false;
  std::string failure_;  // of the append after which nothing may be written any more
  std::shared_ptr<SegmentPreparation> preparation_;
  std::shared_ptr<FileLog*> alive_ = std::make_shared<FileLog*>(this);

  SegmentTable table_;  // see its own thread rules
};

Result<Log::Acquired> FileLog::acquire(std::string_view owner) {
  CHECK(!append_in_flight_);
  if (!failure_.empty()) {
    return Error{ErrorCode::kStorageFailure,
                 fmt::format("{}: an earlier write failed ({}), what is on disk is not known; "
                             "restart the server",
                             options_.directory, failure_)};
  }
  drop_preparation();
  epoch_ = Epoch(0);
  TRY_ASSIGN(Recovered recovered, recover(files_, options_.directory));
  table_.reset(std::move(recovered.segments));
  tail_ = recovered.tail;
  if (table_.empty()) TRY(make_first_segment());

  // An empty batch carries the new epoch; once it is durable, everything before it is known to be.
  const Epoch epoch(recovered.epoch.value + 1);
  const auto job = make_job(BatchWriter(tail_).seal(epoch), epoch);
  job->run();
  if (!job->outcome.ok()) {
    failure_ = job->outcome.error().message;
    return job->outcome.error();
  }
  finish(*job);
  epoch_ = epoch;
  log_info("journal acquired", {{"directory", options_.directory},
                                {"owner", std::string(owner)},
                                {"epoch", std::to_string(epoch_.value)},
                                {"tail", std::to_string(tail_.value)}});
  return Acquired{epoch_, tail_};
}

Result<void> FileLog::make_first_segment() {
  NewSegment first{
      .directory = options_.directory, .header = {}, .prepared = {}, .prepared_path = {}};
  first.header.number = 1;
  first.header.segment_bytes = options_.segment_bytes;
  random_.fill(first.header.log_id);
  TRY_ASSIGN(auto segment, create_segment(files_, std::move(first)));
  table_.push(std::move(segment));
  return {};
}

void FileLog::append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) {
  CHECK(epoch_ != Epoch(0) || !failure_.empty());
  if (!failure_.empty()) return answer_later(AppendOutcome::kAmbiguous, failure_, std::move(done));
  CHECK(epoch <= epoch_);
  if (epoch < epoch_) {
    return answer_later(AppendOutcome::kFenced,
                        fmt::format("epoch {} is over, {} has begun", epoch.value, epoch_.value),
                        std::move(done));
  }
  CHECK(!append_in_flight_ && expected == tail_);
  const Result<BatchHeader> header = decode_batch_header(batch);
  CHECK(header.ok() && header->position == expected && header->epoch == epoch);
  CHECK(batch.size() == kBatchHeaderBytes + header->payload_bytes);
  CHECK(batch.size() <= options_.batch_bytes_max);

  append_in_flight_ = true;
  const auto job = make_job(std::move(batch), epoch);
  worker_.submit([job] { job->run(); },
                 [job, done = std::move(done), alive = std::weak_ptr(alive_)] {
                   if (const auto log = alive.lock()) (*log)->on_written(*job, done);
                 });
}

std::shared_ptr<WriteJob> FileLog::make_job(std::string batch, Epoch epoch) {
  const auto job = std::make_shared<WriteJob>(files_, lock_);
  job->segment = table_.last();
  job->at = tail_;
  job->batch = std::move(batch);
  if (job->segment->has_room(tail_, job->batch.size())) return job;
  job->next.emplace();
  job->next->directory = options_.directory;
  job->next->header = {.number = job->segment->header().number + 1,
                       .first_position = tail_,
                       .segment_bytes = options_.segment_bytes,
                       .epoch = epoch,
                       .log_id = job->segment->header().log_id};
  job->prepared = preparation_;
  drop_preparation();
  return job;
}

void FileLog::finish(const WriteJob& job) {
  CHECK(job.at == tail_);
  if (job.rolled) table_.push(job.segment);
  tail_ = tail_ + job.batch.size();
}

void FileLog::on_written(const WriteJob& job, const AppendDone& done) {
  CHECK(append_in_flight_);
  append_in_flight_ = false;
  const std::weak_ptr<FileLog*> alive = alive_;
  if (!job.outcome.ok()) {
    failure_ = job.outcome.error().message;
    return done(AppendOutcome::kAmbiguous, std::string(failure_));
  }
  finish(job);
  done(AppendOutcome::kDurable, {});
  // Last, so that an append that `done` made stands before the slice in the worker's queue.
  if (!alive.expired()) prepare_ahead();
}

void FileLog::answer_later(AppendOutcome outcome, std::string detail, AppendDone done) {
  worker_.submit(
      [] {},
      [outcome, detail = std::move(detail), done = std::move(done), alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) done(outcome, detail);
      });
}

Result<void> FileLog::read(LogPosition at, uint32_t record_bytes, std::string& out) const {
  const std::shared_ptr<Segment> segment = table_.find(at);
  const uint64_t bytes = kRecordHeaderBytes + record_bytes;
  if (segment == nullptr || !segment->has_room(at, bytes)) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("{}: no segment holds the {} bytes at position {}", options_.directory,
                             bytes, at.value)};
  }
  out.resize(bytes);
  const uint64_t offset = segment->offset_of(at);
  TRY(segment->file().read(offset, out));
  const auto record = decode_record(out);
  if (!record.ok()) return damaged_at(segment->path(), offset, record.error().message);
  out.erase(0, kRecordHeaderBytes);
  return {};
}

Result<void> FileLog::scan(LogPosition from, const RecordVisitor& visit) {
  CHECK(epoch_ != Epoch(0));
  if (from > tail_) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("{}: the journal ends at position {}, before position {}",
                             options_.directory, tail_.value, from.value)};
  }
  const auto segments = table_.from(from);
  CHECK(!segments.empty());
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    const LogPosition to = last ? tail_ : segments[i + 1]->header().first_position;
    const LogPosition begin = i == 0 ? from : segments[i]->header().first_position;
    TRY(scan_segment(*segments[i], begin, to, visit));
  }
  return {};
}

Result<void> FileLog::scan_segment(const Segment& segment, LogPosition from, LogPosition to,
                                   const RecordVisitor& visit) const {
  BatchCursor cursor(segment, from);
  while (cursor.position() < to) {
    const uint64_t offset = segment.offset_of(cursor.position());
    TRY_ASSIGN(const auto batch, cursor.peek());
    if (!batch) {
      return damaged_at(segment.path(), offset,
                        fmt::format("no batch of position {} stands here, though the journal goes "
                                    "on to position {}",
                                    cursor.position().value, to.value));
    }
    const auto verified = verify_batch(batch->bytes);
    if (!verified.ok()) return damaged_at(segment.path(), offset, verified.error().message);
    TRY(visit_verified_records(batch->bytes, visit));
    cursor.advance(*batch);
  }
  if (cursor.position() != to) {
    return damaged_at(segment.path(), segment.offset_of(to),
                      "a batch reaches over the place where the next one should begin");
  }
  return {};
}

/// Filling begins when an eighth of the segment is used and runs twice as fast as the appends.
void FileLog::prepare_ahead() {
  const Segment& last = *table_.last();
  const uint64_t used = last.offset_of(tail_);
  const uint64_t begin = last.header().segment_bytes / 8;
  if (!failure_.empty() || used <= begin) return;
  if (preparation_ == nullptr) {
    preparation_ = std::make_shared<SegmentPreparation>(
        files_, worker_, fmt::format("{}/next{}", options_.directory, kUnfinishedSuffix),
        options_.segment_bytes);
  }
  preparation_->fill_to(2 * (used - begin));
}

void FileLog::drop_preparation() {
  if (preparation_ != nullptr) preparation_->stop();
  preparation_.reset();
}

}  // namespace

Result<std::unique_ptr<Log>> open_file_log(const FileLogOptions& options, env::FileSystem& files,
                                           env::Worker& worker, env::Worker& /*background*/,
                                           env::Random& random) {
  const uint64_t segment_bytes_min = options.batch_bytes_max == kBatchBytesMax
                                         ? kSegmentBytesMin
                                         : kSegmentHeaderBytes + options.batch_bytes_max;
  if (options.directory.empty() || options.segment_bytes < segment_bytes_min ||
      options.segment_bytes > kSegmentBytesMax) {
    return Error{ErrorCode::kInvalidConfiguration,
                 fmt::format("a journal needs a directory, and segments of {} to {} bytes",
                             segment_bytes_min, kSegmentBytesMax)};
  }
  TRY(files.create_directory(options.directory));
  TRY_ASSIGN(std::shared_ptr<env::DirectoryLock> lock, files.lock(options.directory));
  return std::unique_ptr<Log>(
      std::make_unique<FileLog>(options, std::move(lock), files, worker, random));
}

}  // namespace forebay::journal
