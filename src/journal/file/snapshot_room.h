// SPDX-License-Identifier: Apache-2.0
// Disk space set aside for snapshots, so that emptying queues always cures a full disk.
//
// A dead segment goes only when two snapshots stand behind it, and a snapshot needs disk space. Two
// files hold that, one for each; a snapshot that finds the disk full removes one and goes on.
// Thread: the journal's background worker, unless said otherwise.
// Borrows: `files`, which must outlive it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/file_system.h"

namespace forebay::journal {

/// Of its files, "1.room" and "2.room".
inline constexpr std::string_view kRoomSuffix = ".room";

class SnapshotRoom {
 public:
  SnapshotRoom(env::FileSystem& files, std::string directory);

  /// Makes room for two snapshots of `bytes` each (0: for none), as far as it is missing, and gives
  /// back what is far more. Files of an earlier process are taken over.
  /// Errors: kStorageFull: what there was before is still there; kStorageFailure.
  Result<void> make(uint64_t bytes);

  /// Gives the room for one snapshot back to the disk; false when there is none.
  bool give();

  /// Whether make(bytes) has nothing to do.
  /// Thread: any.
  bool suits(uint64_t bytes) const;
  /// What it takes of the disk.
  /// Thread: any.
  uint64_t disk_bytes() const;

 private:
  struct Part {
    std::string path;
    std::atomic<uint64_t> bytes = 0;  // 0: not there, as far as is known
  };

  Result<void> make_part(Part& part, uint64_t bytes);

  env::FileSystem& files_;
  std::array<Part, 2> parts_;
};

}  // namespace forebay::journal
