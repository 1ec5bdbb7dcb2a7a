// SPDX-License-Identifier: Apache-2.0
// A disk that forgets: writes and names are durable only when they were synced, and not before.
//
//   SimDisk disk(prng);
//   disk.die_at(17);          // the 17th changing call from now never returns to a living process
//   ...
//   disk.power_failure();     // what was not synced is lost, kept or torn
//   disk.come_back();
//
// Model. A file has what a reader sees and what is on the platter. A write changes the first;
// sync() brings the second up to it. At a power failure every 512-byte sector of every unsynced
// write is on the platter or not, each for itself; every unsynced creation, renaming and removal
// too. When a sync fails, the system forgets that the data was dirty (as Linux does): readers still
// see it, a part of it is on the platter, and a later sync does not repeat it. Without a power
// failure (`kill -9`) readers of the next process see everything that was written.
// Thread: one
// owner.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "env/file_system.h"
#include "sim/prng.h"

namespace forebay::sim {

inline constexpr uint64_t kSectorBytes = 512;
inline constexpr uint64_t kPageBytes = 4096;

/// A sparse array of bytes; what was never written is zero. Copying shares pages.
class SparseBytes {
 public:
  uint64_t size() const { return size_; }
  void resize(uint64_t size) { size_ = size; }
  void write(uint64_t offset, std::string_view data);
  void read(uint64_t offset, std::span<char> out) const;
  /// Takes over the pages that [offset, offset+bytes) touches.
  void copy_pages(const SparseBytes& from, uint64_t offset, uint64_t bytes);

 private:
  using Page = std::array<char, kPageBytes>;
  uint64_t size_ = 0;
  std::map<uint64_t, std::shared_ptr<Page>> pages_;  // by page number
};

class SimDisk final : public env::FileSystem {
 public:
  enum class Call : uint8_t { kWrite, kSync, kAllocate };

  explicit SimDisk(Prng prng) : prng_(prng) {}

  Result<std::unique_ptr<env::File>> open(const std::string& path, env::OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> create_directory(const std::string& directory) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& directory) override;
  Result<void> link(const std::string& from, const std::string& to) override;
  Result<uint64_t> free_bytes(const std::string& directory) override;
  Result<std::unique_ptr<env::DirectoryLock>> lock(const std::string& directory) override;

  // ---- Faults ----

  /// The `nth` call of that kind from now (1 is the next) fails with `code`, once.
  void fail(Call call, uint64_t nth, ErrorCode code) { faults_[call] = {nth, code}; }
  void clear_faults() { faults_.clear(); }
  /// The process dies in the `nth` changing call from now (1 is the next): it and all later ones
  /// fail.
  void die_at(uint64_t nth) { die_in_ = nth; }
  bool dead() const { return dead_; }
  /// Whether a fault that fail() ordered has happened since the last come_back().
  bool fault_happened() const { return fault_happened_; }

  /// All file handles must be gone.
  void power_failure();
  /// A new process begins.
  void come_back();

  /// Changes one bit, on the platter and for readers.
  void flip_bit(const std::string& path, uint64_t offset, int bit);
  /// What a reader would see of a file, for scenarios that look at it. Empty if there is none.
  std::string contents(const std::string& path) const;

 private:
  struct PendingWrite {
    uint64_t offset;
    std::string data;
    uint64_t size_after;  // of the file
  };
  struct Inode {
    SparseBytes seen;
    SparseBytes platter;
    std::vector<PendingWrite> pending;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  /// A change of names that is not durable yet.
  struct PendingName {
    std::string directory;
    std::string removed;  // empty: none
    std::string added;    // empty: none
    std::shared_ptr<Inode> inode;
  };
  struct Fault {
    uint64_t countdown;
    ErrorCode code;
  };
  class OpenFile;
  class Lock;

  /// Counts a changing call; the error if it must not happen.
  Result<void> enter(const std::string& path, std::optional<Call> call);
  Result<void> write(Inode& inode, const std::string& path, uint64_t offset, std::string_view data);
  Result<void> sync(Inode& inode, const std::string& path);
  void settle(Inode& inode);
  void change_names(PendingName change);
  static void apply(Names& names, const PendingName& change);

  Prng prng_;
  Names names_;
  Names platter_names_;
  std::vector<PendingName> pending_names_;
  std::set<std::string> directories_;
  std::set<std::string> locked_;
  std::map<Call, Fault> faults_;
  uint64_t die_in_ = 0;  // 0: not
  bool dead_ = false;
  bool fault_happened_ = false;
  uint64_t open_count_ = 0;
};

}  // namespace forebay::sim
