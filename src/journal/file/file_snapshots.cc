// SPDX-License-Identifier: Apache-2.0
#include "journal/file/file_snapshots.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "journal/file/segment.h"
#include "journal/file/snapshot_file.h"

namespace forebay::journal {

/// The snapshot in the making.
/// Thread: the background worker, after construction.
class FileSnapshots::Unfinished {
 public:
  Unfinished(env::FileSystem& files, std::string directory, SnapshotHeader header,
             std::shared_ptr<SnapshotRoom> room)
      : files_(files),
        directory_(std::move(directory)),
        path_(directory_ + "/" + snapshot_name(header.number)),
        header_(header),
        room_(std::move(room)) {}

  const SnapshotHeader& header() const { return header_; }

  /// After a failure every call returns that failure and writes nothing.
  Result<void> open() { return keep_failure(make_file()); }
  Result<void> add(const std::string& chunk) {
    if (failure_) return *failure_;
    return keep_failure(write_chunk(chunk));
  }
  Result<void> commit(LogPosition through) {
    if (failure_) return *failure_;
    return keep_failure(finish(through));
  }
  /// Of the whole file, once it is committed.
  uint64_t file_bytes() const { return offset_; }

  void remove() {
    if (committed_) return;
    file_.reset();
    for (const std::string& path : {unfinished_path(), path_}) {
      const Result<bool> exists = files_.exists(path);
      const Result<void> removed = exists.ok() && *exists ? files_.remove(path) : Result<void>();
      if (!removed.ok()) {
        log_warn("cannot remove an unfinished snapshot",
                 {{"file", path}, {"reason", removed.error().message}});
      }
    }
  }

 private:
  std::string unfinished_path() const { return path_ + std::string(kUnfinishedSuffix); }

  Result<void> keep_failure(Result<void> outcome) {
    if (!outcome.ok()) failure_ = outcome.error();
    return outcome;
  }

  Result<void> make_file() {
    TRY_ASSIGN(const bool leftover, files_.exists(unfinished_path()));
    if (leftover) TRY(files_.remove(unfinished_path()));
    TRY_ASSIGN(file_, files_.open(unfinished_path(), env::OpenMode::kCreate));
    return write(encode_snapshot_header(header_));
  }

  Result<void> write_chunk(const std::string& chunk) {
    TRY(write(encode_chunk_header(header_.number, chunk_count_, chunk)));
    TRY(write(chunk));
    ++chunk_count_;
    if (unsynced_bytes_ < kSnapshotSyncBytes) return {};
    unsynced_bytes_ = 0;
    return file_->sync();
  }

  Result<void> finish(LogPosition through) {
    CHECK(through >= header_.from);
    TRY(write(encode_snapshot_footer(header_.number, {.chunk_count = chunk_count_,
                                                      .file_bytes = offset_ + kSnapshotFooterBytes,
                                                      .through = through})));
    TRY(file_->sync());
    TRY(files_.rename(unfinished_path(), path_));
    TRY(files_.sync_directory(directory_));
    file_.reset();
    committed_ = true;
    return {};
  }

  Result<void> write(std::string_view bytes) {
    Result<void> written = file_->write(offset_, bytes);
    while (!written.ok() && written.error().code == ErrorCode::kStorageFull && room_ != nullptr &&
           room_->give()) {
      written = file_->write(offset_, bytes);
    }
    TRY(written);
    offset_ += bytes.size();
    unsynced_bytes_ += bytes.size();
    return {};
  }

  env::FileSystem& files_;
  const std::string directory_;
  const std::string path_;
  const SnapshotHeader header_;
  const std::shared_ptr<SnapshotRoom> room_;
  std::unique_ptr<env::File> file_;
  uint64_t offset_ = 0;
  uint64_t unsynced_bytes_ = 0;
  uint32_t chunk_count_ = 0;
  bool committed_ = false;
  std::optional<Error> failure_;
};

/// A commit on its way, and how it went.
struct FileSnapshots::Commit {
  std::shared_ptr<Unfinished> snapshot;
  LogPosition through;
  std::vector<uint64_t> superseded;  // to be removed
  Result<void> outcome;
  std::vector<uint64_t> removed;

  void run(env::FileSystem& files, const std::string& directory) {
    outcome = snapshot->commit(through);
    if (!outcome.ok()) return;
    for (const uint64_t number : superseded) {
      const std::string path = directory + "/" + snapshot_name(number);
      if (const auto gone = files.remove(path); gone.ok()) {
        removed.push_back(number);
      } else {
        log_warn("cannot remove an old snapshot",
                 {{"file", path}, {"reason", gone.error().message}});
      }
    }
  }
};

FileSnapshots::FileSnapshots(Options options, env::FileSystem& files, env::Worker& background)
    : directory_(std::move(options.directory)),
      log_id_(options.log_id),
      tail_(options.tail),
      lock_(std::move(options.lock)),
      room_(std::move(options.room)),
      files_(files),
      background_(background),
      kept_(std::move(options.found)) {
  for (size_t i = 1; i < kept_.size(); ++i) CHECK(kept_[i].number < kept_[i - 1].number);
  if (!kept_.empty()) last_found_number_ = kept_.front().number;
  last_number_ = last_found_number_;
}

FileSnapshots::~FileSnapshots() {
  abandon();
}

Result<LogPosition> FileSnapshots::load(const Info& snapshot, const Visit& visit) {
  auto through = load_intact(snapshot, visit);
  if (through.ok()) return through;
  const auto failed = std::find_if(
      kept_.begin(), kept_.end(), [&](const Info& kept) { return kept.number == snapshot.number; });
  if (failed != kept_.end()) {
    discarded_.push_back(*failed);
    kept_.erase(failed);
  }
  return through;
}

Result<LogPosition> FileSnapshots::load_intact(const Info& snapshot, const Visit& visit) const {
  const uint64_t number = snapshot.number;
  const std::string path = directory_ + "/" + snapshot_name(number);
  TRY_ASSIGN(const SnapshotEnds read, read_snapshot(files_, {path, number, log_id_}, visit));
  if (read.header.from != snapshot.from) {  // whoever scans on from there would be misled
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("snapshot file {}: its header does not read the same twice", path)};
  }
  const LogPosition through = read.footer.through;
  const bool made_here = number > last_found_number_;
  if (made_here || through <= tail_) return through;
  return Error{ErrorCode::kStorageDamaged,
               fmt::format("snapshot file {} needs the journal to reach position {}, but it ends "
                           "at position {}: its newest segments are missing",
                           path, through.value, tail_.value)};
}

void FileSnapshots::submit(env::Worker::Task job, env::Worker::Task done) {
  background_.submit([job = std::move(job), lock = lock_] { job(); }, std::move(done));
}

void FileSnapshots::begin(LogPosition from) {
  abandon();
  const SnapshotHeader header{.number = ++last_number_, .from = from, .log_id = log_id_};
  unfinished_ = std::make_shared<Unfinished>(files_, directory_, header, room_);
  // A failure to make the file is the first write's, or the commit's, to report.
  submit([snapshot = unfinished_] { static_cast<void>(snapshot->open()); }, [] {});
}

void FileSnapshots::write(std::string chunk, Done done) {
  CHECK(unfinished_ != nullptr && !busy_);
  CHECK(!chunk.empty() && chunk.size() <= kSnapshotChunkBytesMax);
  busy_ = true;
  const uint64_t bytes = kChunkHeaderBytes + chunk.size();
  const auto outcome = std::make_shared<Result<void>>();
  submit([snapshot = unfinished_, chunk = std::move(chunk),
          outcome] { *outcome = snapshot->add(chunk); },
         [this, alive = std::weak_ptr(alive_), snapshot = unfinished_, bytes, outcome,
          done = std::move(done)] {
           if (alive.expired() || snapshot != unfinished_) return;
           on_written(*outcome, bytes, done);
         });
}

void FileSnapshots::on_written(const Result<void>& outcome, uint64_t bytes, const Done& done) {
  CHECK(busy_);
  busy_ = false;
  if (outcome.ok()) unfinished_bytes_ += bytes;
  done(outcome);
}

void FileSnapshots::commit(LogPosition through, Done done) {
  CHECK(unfinished_ != nullptr && !busy_);
  busy_ = true;
  const auto commit = std::make_shared<Commit>();
  commit->snapshot = unfinished_;
  commit->through = through;
  commit->superseded = superfluous();
  submit([commit, &files = files_, directory = directory_] { commit->run(files, directory); },
         [this, alive = std::weak_ptr(alive_), commit, done = std::move(done)] {
           if (!alive.expired()) on_committed(*commit, done);
         });
}

/// Once another one is committed: all but the newest of those that are kept, and what was found
/// damaged before that one.
std::vector<uint64_t> FileSnapshots::superfluous() const {
  std::vector<uint64_t> numbers;
  if (kept_.empty()) return numbers;
  for (size_t i = 1; i < kept_.size(); ++i) numbers.push_back(kept_[i].number);
  for (const Info& discarded : discarded_) {
    if (discarded.number < kept_[0].number) numbers.push_back(discarded.number);
  }
  return numbers;
}

void FileSnapshots::on_committed(const Commit& commit, const Done& done) {
  if (commit.outcome.ok()) {
    while (kept_.size() > 1) {
      discarded_.push_back(kept_.back());
      kept_.pop_back();
    }
    std::erase_if(discarded_, [&](const Info& old) {
      return std::count(commit.removed.begin(), commit.removed.end(), old.number) != 0;
    });
    const SnapshotHeader& header = commit.snapshot->header();
    kept_.insert(
        kept_.begin(),
        Info{.number = header.number, .from = header.from, .bytes = commit.snapshot->file_bytes()});
  }
  if (commit.snapshot != unfinished_) return;  // abandoned, too late
  busy_ = false;
  if (commit.outcome.ok()) forget_unfinished();
  done(commit.outcome);
}

void FileSnapshots::abandon() {
  if (unfinished_ == nullptr) return;
  submit([snapshot = unfinished_] { snapshot->remove(); }, [] {});
  forget_unfinished();
}

void FileSnapshots::forget_unfinished() {
  unfinished_.reset();
  unfinished_bytes_ = 0;
  busy_ = false;
}

LogPosition FileSnapshots::needed_from() const {
  return kept_.size() < 2 ? LogPosition(0) : kept_[1].from;
}

uint64_t FileSnapshots::disk_bytes() const {
  uint64_t bytes = unfinished_ == nullptr ? 0 : kSnapshotHeaderBytes + unfinished_bytes_;
  for (const Info& kept : kept_) bytes += kept.bytes;
  for (const Info& discarded : discarded_) bytes += discarded.bytes;
  return bytes;
}

Result<std::vector<Snapshots::Info>> find_snapshots(env::FileSystem& files,
                                                    const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  std::vector<Snapshots::Info> found;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const auto number = parse_snapshot_name(*name);
    if (!number) continue;
    const std::string path = directory + "/" + *name;
    TRY_ASSIGN(const auto file, files.open(path, env::OpenMode::kRead));
    Snapshots::Info info{.number = *number, .from = {}, .bytes = 0};
    TRY_ASSIGN(info.bytes, file->size());
    const auto header = read_snapshot_header(files, path, *number);
    if (header.ok() && header->format_version > kSnapshotVersion) {
      return newer_snapshot(path, header->format_version);
    }
    if (header.ok()) info.from = header->from;
    found.push_back(info);
  }
  return found;
}

}  // namespace forebay::journal
