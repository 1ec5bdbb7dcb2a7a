// SPDX-License-Identifier: Apache-2.0
// For tests: a journal with several segments and snapshots, made by the product's own code, and
// what a start finds in one.
// Thread: the test's own.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/file/file_snapshots.h"
#include "journal/file/segment.h"
#include "journal/testing/journal_directory.h"
#include "journal/testing/snapshot_driver.h"

namespace forebay::journal {

/// One record and where its batch stands.
struct MadeRecord {
  std::string bytes;
  LogPosition at;     // of the record
  LogPosition batch;  // of its batch, which has no other record
  LogPosition batch_end;
};

/// A life of a server that appends and makes snapshots.
class JournalMaker {
 public:
  explicit JournalMaker(JournalDirectory& directory,
                        env::FileSystem& files = env::posix_file_system())
      : directory_(directory), session_(directory.open(files)) {
    CHECK(session_->status().ok());
    auto found = find_snapshots(files, directory.path());
    CHECK(found.ok());
    const auto first = open_segment(files, directory.path(), last_number(), env::OpenMode::kRead);
    CHECK(first.ok());
    FileSnapshots::Options options{.directory = directory.path(),
                                   .log_id = (*first)->header().log_id,
                                   .tail = session_->owner().tail(),
                                   .found = *found,
                                   .lock = {}};
    snapshots_.emplace(std::move(options), files, session_->worker());
  }

  MadeRecord append(std::string bytes) {
    const LogPosition batch = session_->owner().tail();
    CHECK(session_->owner().append({bytes}) == AppendOutcome::kDurable);
    return {std::move(bytes), session_->owner().positions()[0], batch, session_->owner().tail()};
  }

  /// `count` segments more: three records fill one so far that no fourth one of kBig finds room.
  static constexpr size_t kBig = 2'600'000;
  std::vector<MadeRecord> fill_segments(int count) {
    std::vector<MadeRecord> made;
    for (int i = 0; i < 3 * count; ++i) {
      made.push_back(append("record " + std::to_string(++records_) + std::string(kBig, 'x')));
    }
    return made;
  }

  /// Of the state at `from`.
  void snapshot(LogPosition from) {
    SnapshotDriver driver(*snapshots_, session_->executor());
    CHECK(driver.make(from, {"state at " + std::to_string(from.value), "more"}, tail()).ok());
  }

  LogPosition tail() const { return session_->owner().tail(); }
  Session& session() { return *session_; }
  FileSnapshots& snapshots() { return *snapshots_; }
  uint64_t last_number() const {
    uint64_t last = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      const auto number = parse_segment_name(entry.path().filename().string());
      if (number) last = std::max(last, *number);
    }
    return last;
  }

 private:
  JournalDirectory& directory_;
  std::unique_ptr<Session> session_;
  std::optional<FileSnapshots> snapshots_;
  int records_ = 0;
};

inline void flip_byte(const std::string& path, uint64_t offset) {
  std::string byte(1, '\0');
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(byte.data(), 1);
  byte[0] = static_cast<char>(byte[0] ^ 1);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(byte.data(), 1);
  CHECK(file.good());
}

/// Where a record's batch begins in its segment, whose first position is `first`.
inline uint64_t offset_in(LogPosition first, LogPosition at) {
  return kSegmentHeaderBytes + (at - first);
}

}  // namespace forebay::journal
