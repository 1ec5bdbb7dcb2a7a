// SPDX-License-Identifier: Apache-2.0
#include "journal/file/file_log.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "journal/file/append_job.h"
#include "journal/file/batch_cursor.h"
#include "journal/file/file_snapshots.h"
#include "journal/file/file_space.h"
#include "journal/file/read_ahead.h"
#include "journal/file/recent_batches.h"
#include "journal/file/recovery.h"
#include "journal/file/segment_table.h"

namespace forebay::journal {
namespace {

static_assert(kSegmentHeaderBytes + kBatchBytesMax <= kSegmentBytesMin);

class FileLog final : public Log {
 public:
  FileLog(const FileLogOptions& options, const JournalStorage& storage, env::Random& random)
      : options_(options),
        storage_(storage),
        files_(storage.files),
        worker_(storage.worker),
        random_(random),
        recent_(options.cache_bytes),
        space_(storage, table_, [this](auto then) { sync_then(std::move(then)); }) {}

  FileLog(const FileLog&) = delete;
  FileLog& operator=(const FileLog&) = delete;

  Result<Acquired> acquire(std::string_view owner) override;
  void append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) override;
  Result<void> read(LogPosition at, uint32_t record_bytes, std::string& out) const override;
  Result<bool> read_now(LogPosition at, uint32_t record_bytes, std::string& out) const override;
  std::function<void()> take_fetch() override;
  RecordReader reader(LogPosition at, uint32_t record_bytes) const override;
  Result<void> scan(LogPosition from, const RecordVisitor& visit) override;
  bool retain(LogPosition at, uint32_t record_bytes) override {
    return table_.add_live(at, kRecordHeaderBytes + record_bytes);
  }
  void release(LogPosition at, uint32_t record_bytes) override {
    table_.remove_live(at, kRecordHeaderBytes + record_bytes);
  }
  void sync(AppendDone done) override;
  bool unsynced() const override { return synced_ < tail_; }
  Snapshots* snapshots() override { return snapshots_.get(); }
  Space* space() override { return &space_; }

 private:
  Result<void> make_first_segment();
  Result<void> append_epoch(Epoch epoch);
  /// A job for `batch` at the tail; makes the next segment when the last has no room.
  std::shared_ptr<AppendJob> make_job(std::string batch, Epoch epoch);
  /// Of the last segment's file, once `job` is written.
  struct Filling {
    uint64_t used;
    uint64_t left;
  };
  Filling filling_after(const AppendJob& job) const;
  /// Takes over what a successful job has changed.
  void finish(const AppendJob& job);
  void on_written(const AppendJob& job, const AppendDone& done);
  void on_synced(LogPosition through, const Result<void>& outcome, const AppendDone& done);
  void sync_then(std::function<void()> then);
  void answer_later(AppendOutcome outcome, std::string detail, AppendDone done);
  Result<void> scan_segment(const Segment& segment, LogPosition from, LogPosition to,
                            const RecordVisitor& visit) const;
  /// The file in whose place `at` would be, and is not.
  Error missing(LogPosition at) const;
  bool take_read_ahead(LogPosition at, uint64_t bytes, std::string& out) const;
  bool read_block(const Segment& segment, LogPosition at, uint64_t bytes) const;

  // Constant after construction.
  const FileLogOptions options_;
  const JournalStorage storage_;
  env::FileSystem& files_;
  env::Worker& worker_;
  env::Random& random_;

  // Owner's executor only.
  Epoch epoch_;  // 0: not acquired
  LogPosition tail_;
  LogPosition synced_;                    // everything before it was synced
  std::shared_ptr<AppendJob> in_flight_;  // null: none
  size_t sync_count_ = 0;                 // syncs in flight
  std::string failure_;  // of the append after which nothing may be written any more
  mutable ReadAhead ahead_;
  mutable ReadAhead::Stretch fetch_;  // not taken yet
  std::shared_ptr<FileLog*> alive_ = std::make_shared<FileLog*>(this);

  // See their own thread rules.
  const std::shared_ptr<WriteFailure> write_failure_ = std::make_shared<WriteFailure>();
  RecentBatches recent_;
  SegmentTable table_;
  FileSpace space_;
  std::unique_ptr<FileSnapshots> snapshots_;  // null: not acquired
};

/// Reads the record at `at` by `read_bytes(offset, out)`: false when that is.
template <class ReadBytes>
Result<bool> read_record(const Segment& segment, LogPosition at, std::string& out,
                         ReadBytes&& read_bytes) {
  const uint64_t offset = segment.offset_of(at);
  TRY_ASSIGN(const bool there, read_bytes(offset, out));
  if (!there) return false;
  const auto record = decode_record(out);
  if (!record.ok()) return damaged_at(segment.path(), offset, record.error().message);
  out.erase(0, kRecordHeaderBytes);
  return true;
}

Result<void> read_from_file(const Segment& segment, LogPosition at, uint32_t record_bytes,
                            std::string& out) {
  out.resize(kRecordHeaderBytes + record_bytes);
  const auto read = read_record(segment, at, out, [&](uint64_t offset, std::string& bytes) {
    const Result<void> done = segment.file().read(offset, bytes);
    return done.ok() ? Result<bool>(true) : Result<bool>(done.error());
  });
  return read.ok() ? Result<void>() : Result<void>(read.error());
}

/// False when no record of that length stands there: what the file says then is the answer.
bool copy_record(const RecentBatches::Found& found, uint32_t record_bytes, std::string& out) {
  const uint64_t bytes = kRecordHeaderBytes + record_bytes;
  if (found.batch->size() - found.offset < bytes) return false;
  const auto record = decode_record(std::string_view(*found.batch).substr(found.offset, bytes));
  if (record.ok()) out = *record;
  return record.ok();
}

Result<Log::Acquired> FileLog::acquire(std::string_view owner) {
  CHECK(!in_flight_ && sync_count_ == 0);
  if (!failure_.empty()) {
    return Error{ErrorCode::kStorageFailure,
                 fmt::format("{}: an earlier write failed ({}), what is on disk is not known; "
                             "restart the server",
                             options_.directory, failure_)};
  }
  if (space_.removing()) {
    return Error{ErrorCode::kStorageFailure,
                 fmt::format("{}: files are being removed", options_.directory)};
  }
  epoch_ = Epoch(0);
  recent_.clear();
  ahead_.clear();
  TRY_ASSIGN(std::vector<Snapshots::Info> found, find_snapshots(files_, options_.directory));
  TRY_ASSIGN(Recovered recovered, recover(files_, options_.directory));
  space_.acquired(recovered);
  table_.reset(std::move(recovered.segments));
  tail_ = recovered.tail;
  if (table_.empty()) TRY(make_first_segment());
  TRY(append_epoch(Epoch(recovered.epoch.value + 1)));
  snapshots_ = std::make_unique<FileSnapshots>(
      FileSnapshots::Options{options_.directory, table_.last()->header().log_id, tail_,
                             std::move(found), storage_.lock, space_.snapshot_room()},
      files_, storage_.background);
  space_.count_also([this] { return snapshots_->disk_bytes(); });
  log_info("journal acquired", {{"directory", options_.directory},
                                {"owner", std::string(owner)},
                                {"epoch", std::to_string(epoch_.value)},
                                {"tail", std::to_string(tail_.value)}});
  return Acquired{epoch_, tail_};
}

/// An empty batch carries the new epoch; once it is durable, everything before it is known to be.
Result<void> FileLog::append_epoch(Epoch epoch) {
  synced_ = tail_;
  const auto job = make_job(BatchWriter(tail_).seal(epoch), epoch);
  job->sync = true;
  job->prepared = job->next ? space_.segment_reserve().take_idle() : nullptr;
  const Filling filling = filling_after(*job);
  job->run();
  if (!job->outcome.ok()) {
    failure_ = job->outcome.error().message;
    return job->outcome.error();
  }
  finish(*job);
  space_.appended(filling.used, filling.left);
  epoch_ = epoch;
  return {};
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
  CHECK(!in_flight_ && expected == tail_);
  const Result<BatchHeader> header = decode_batch_header(batch);
  CHECK(header.ok() && header->position == expected && header->epoch == epoch);
  CHECK(batch.size() == kBatchHeaderBytes + header->payload_bytes);
  CHECK(batch.size() <= options_.batch_bytes_max);

  in_flight_ = make_job(std::move(batch), epoch);
  if (in_flight_->next) in_flight_->prepared = space_.segment_reserve().take();
  const Filling filling = filling_after(*in_flight_);
  worker_.submit([job = in_flight_] { job->run(); },
                 [job = in_flight_, done = std::move(done), alive = std::weak_ptr(alive_)] {
                   if (const auto log = alive.lock()) (*log)->on_written(*job, done);
                 });
  space_.appended(filling.used, filling.left);
}

std::shared_ptr<AppendJob> FileLog::make_job(std::string batch, Epoch epoch) {
  const auto job = std::make_shared<AppendJob>(files_, storage_.lock, write_failure_);
  job->segment = table_.last();
  job->at = tail_;
  job->sync = !options_.delayed_sync;
  const SegmentHeader& last = job->segment->header();
  if (!job->segment->has_room(tail_, batch.size())) {
    job->next.emplace();
    job->next->directory = options_.directory;
    job->next->header = {.number = last.number + 1,
                         .first_position = tail_,
                         .segment_bytes = options_.segment_bytes,
                         .epoch = epoch,
                         .log_id = last.log_id};
    job->sync_before_roll = synced_ < tail_;
  } else if (synced_ < tail_) {
    set_unsynced_before(batch, tail_ - synced_);
  }
  job->batch = std::make_shared<const std::string>(std::move(batch));
  return job;
}

FileLog::Filling FileLog::filling_after(const AppendJob& job) const {
  const SegmentHeader& file = job.next ? job.next->header : job.segment->header();
  const uint64_t used = kSegmentHeaderBytes + (job.end() - file.first_position);
  return {used, file.segment_bytes - used};
}

void FileLog::finish(const AppendJob& job) {
  CHECK(job.at == tail_);
  if (job.rolled) {
    table_.push(job.segment);
    synced_ = job.at;
  }
  recent_.add(job.at, job.batch);
  tail_ = job.end();
  if (job.sync) synced_ = tail_;
}

void FileLog::on_written(const AppendJob& job, const AppendDone& done) {
  CHECK(in_flight_.get() == &job);
  in_flight_ = nullptr;
  const std::weak_ptr<FileLog*> alive = alive_;
  if (!job.outcome.ok()) {
    failure_ = job.outcome.error().message;
    return done(AppendOutcome::kAmbiguous, std::string(failure_));
  }
  finish(job);
  done(AppendOutcome::kDurable, {});
  // Last, so that an append that `done` made stands before the slice in the worker's queue.
  if (!alive.expired()) space_.fill_ahead();
}

void FileLog::sync(AppendDone done) {
  if (!failure_.empty()) return answer_later(AppendOutcome::kAmbiguous, failure_, std::move(done));
  const LogPosition through = in_flight_ && options_.delayed_sync ? in_flight_->end() : tail_;
  if (through == synced_) return answer_later(AppendOutcome::kDurable, {}, std::move(done));
  ++sync_count_;
  const auto outcome = std::make_shared<Result<void>>();
  worker_.submit(
      [before = in_flight_, segment = table_.last(), failure = write_failure_, outcome,
       lock = storage_.lock]() mutable {
        // The append before this job in the queue has perhaps made a new segment.
        const Segment& last = before && before->rolled ? *before->segment : *segment;
        if (failure->first.ok()) failure->first = last.file().sync();
        *outcome = failure->first;
        lock.reset();
      },
      [through, outcome, done = std::move(done), alive = std::weak_ptr(alive_)] {
        if (const auto log = alive.lock()) (*log)->on_synced(through, *outcome, done);
      });
}

void FileLog::on_synced(LogPosition through, const Result<void>& outcome, const AppendDone& done) {
  --sync_count_;
  if (!outcome.ok()) {
    failure_ = outcome.error().message;
    return done(AppendOutcome::kAmbiguous, std::string(failure_));
  }
  synced_ = std::max(synced_, through);
  done(AppendOutcome::kDurable, {});
}

void FileLog::sync_then(std::function<void()> then) {
  if (failure_.empty() && !unsynced()) return then();
  sync([then = std::move(then)](AppendOutcome outcome, const std::string&) {
    if (outcome == AppendOutcome::kDurable) then();
  });
}

void FileLog::answer_later(AppendOutcome outcome, std::string detail, AppendDone done) {
  worker_.submit(
      [] {},
      [outcome, detail = std::move(detail), done = std::move(done), alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) done(outcome, detail);
      });
}

Result<void> FileLog::read(LogPosition at, uint32_t record_bytes, std::string& out) const {
  return reader(at, record_bytes)(out);
}

Result<bool> FileLog::read_now(LogPosition at, uint32_t record_bytes, std::string& out) const {
  if (const auto found = recent_.find(at); found && copy_record(*found, record_bytes, out)) {
    return true;
  }
  const uint64_t bytes = kRecordHeaderBytes + record_bytes;
  if (take_read_ahead(at, bytes, out)) return true;
  const std::shared_ptr<Segment> segment = table_.find(at);
  if (segment == nullptr || !segment->has_room(at, bytes)) return missing(at);
  if (ahead_.goes_on(at, bytes)) {
    if (const ReadAhead::Stretch stretch = ahead_.take_fetch(); stretch.bytes > 0) fetch_ = stretch;
    if (read_block(*segment, at, bytes) && take_read_ahead(at, bytes, out)) return true;
  }
  out.resize(bytes);
  return read_record(*segment, at, out, [&](uint64_t offset, std::string& to) {
    return segment->file().read_cached(offset, to);
  });
}

/// False also for a record that is damaged there: what the file says then is the answer.
bool FileLog::take_read_ahead(LogPosition at, uint64_t bytes, std::string& out) const {
  const std::string_view framed = ahead_.find(at, bytes);
  if (framed.empty()) return false;
  const auto record = decode_record(framed);
  if (record.ok()) out = *record;
  return record.ok();
}

/// More than the record of `bytes`, if it is in the system's cache. Behind the segment's last batch
/// the block may have zeros, which are no records.
bool FileLog::read_block(const Segment& segment, LogPosition at, uint64_t bytes) const {
  const LogPosition end = std::min(tail_, segment.end());
  if (end <= at) return false;
  const uint64_t wanted = std::min(end - at, kReadAheadBytes);
  if (wanted <= bytes) return false;
  std::string block(wanted, '\0');
  const Result<bool> read = segment.file().read_cached(segment.offset_of(at), block);
  if (!read.ok() || !*read) return false;
  ahead_.keep(at, std::move(block));
  return true;
}

std::function<void()> FileLog::take_fetch() {
  struct Part {
    std::shared_ptr<Segment> segment;
    LogPosition from;
    uint64_t bytes;
  };
  std::vector<Part> parts;
  const ReadAhead::Stretch stretch = std::exchange(fetch_, {});
  const LogPosition end = std::min(tail_, stretch.from + stretch.bytes);
  for (LogPosition at = stretch.from; at < end;) {
    std::shared_ptr<Segment> segment = table_.find(at);
    if (segment == nullptr || segment->end() <= at) break;
    const LogPosition part_end = std::min(end, segment->end());
    parts.push_back({std::move(segment), at, part_end - at});
    at = part_end;
  }
  if (parts.empty()) return {};
  return [parts = std::move(parts)] {
    for (const Part& part : parts) {
      part.segment->file().fetch(part.segment->offset_of(part.from), part.bytes);
    }
  };
}

Log::RecordReader FileLog::reader(LogPosition at, uint32_t record_bytes) const {
  const std::shared_ptr<Segment> segment = table_.find(at);
  if (segment == nullptr || !segment->has_room(at, kRecordHeaderBytes + uint64_t{record_bytes})) {
    return [error = missing(at)](std::string&) { return Result<void>(error); };
  }
  return [found = recent_.find(at), segment, at, record_bytes](std::string& out) {
    if (found && copy_record(*found, record_bytes, out)) return Result<void>();
    return read_from_file(*segment, at, record_bytes, out);
  };
}

Error FileLog::missing(LogPosition at) const {
  if (const auto number = table_.missing_at(at)) {
    return damaged_at(options_.directory + "/" + segment_name(*number), 0,
                      fmt::format("the file is missing; position {} stands in it", at.value));
  }
  return {ErrorCode::kStorageDamaged,
          fmt::format("{}: no segment holds position {}", options_.directory, at.value)};
}

Result<void> FileLog::scan(LogPosition from, const RecordVisitor& visit) {
  CHECK(epoch_ != Epoch(0));
  if (from > tail_) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("{}: the journal ends at position {}, before position {}",
                             options_.directory, tail_.value, from.value)};
  }
  const auto segments = table_.from(from);
  if (segments.empty()) return missing(from);
  for (size_t i = 1; i < segments.size(); ++i) {
    const SegmentHeader& before = segments[i - 1].segment->header();
    if (segments[i].segment->header().number != before.number + 1) {
      return missing(segments[i - 1].end);
    }
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = *segments[i].segment;
    const LogPosition begin = i == 0 ? from : segment.header().first_position;
    TRY(scan_segment(segment, begin, std::min(segments[i].end, tail_), visit));
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

}  // namespace

Result<std::unique_ptr<Log>> open_file_log(const FileLogOptions& options, env::FileSystem& files,
                                           env::Worker& worker, env::Worker& background,
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
  const JournalStorage storage{files,
                               worker,
                               background,
                               options.directory,
                               std::move(lock),
                               options.segment_bytes,
                               options.batch_bytes_max};
  return std::unique_ptr<Log>(std::make_unique<FileLog>(options, storage, random));
}

}  // namespace forebay::journal
