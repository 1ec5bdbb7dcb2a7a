// SPDX-License-Identifier: Apache-2.0
// A disk that forgets, fills up, fails, rots and is slow to answer: writes and names are durable
// only when they were synced, and not before.
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
//
// Space. A file takes its size, from allocate() or from a write that makes it longer, until its
// last name and its last open handle are gone; other processes may take the rest.
// Thread: one owner.
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
#include "sim/sparse_bytes.h"

namespace forebay::sim {

inline constexpr uint64_t kSectorBytes = 512;

class SimDisk final : public env::FileSystem {
 public:
  enum class Call : uint8_t {
    kWrite,
    kSync,
    kAllocate,
    kOpen,
    kRead,
    kRename,
    kRemove,
    kLink,
    kSyncDirectory,
    kCreateDirectory,
    kList,
  };
  static constexpr size_t kCallCount = static_cast<size_t>(Call::kList) + 1;
  using CallCounts = std::array<uint64_t, kCallCount>;

  /// What can become of a call.
  enum class Fate : uint8_t {
    kFails,       // with an input/output error
    kIsFull,      // with "no space left on device"
    kDies,        // the process never sees it return
    kPowerFails,  // the same, and the machine goes down with it
  };
  /// One call, counted since the disk was made, and its fate.
  struct Strike {
    Call call;
    uint64_t nth;  // 1 is the first
    Fate fate;
  };

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

  // ---- Calls that fail ----

  /// The `nth` call of that kind from now (1 is the next) fails with `code`, once.
  void fail(Call call, uint64_t nth, ErrorCode code) { faults_[call] = {nth, code}; }
  void clear_faults() { faults_.clear(); }
  /// The process dies in the `nth` changing call from now (1 is the next): it and all later ones
  /// fail.
  void die_at(uint64_t nth) { die_in_ = nth; }
  bool dead() const { return dead_; }
  /// Stays ordered over come_back(), until it has happened.
  void strike(Strike strike) { strike_ = strike; }
  bool struck() const { return struck_; }
  /// Whether a fault that fail() or strike() ordered has happened since the last come_back().
  bool fault_happened() const { return fault_happened_; }
  /// Reads that fail() or strike() made fail, ever.
  uint64_t failed_read_count() const { return failed_read_count_; }

  /// Since the disk was made; those of a dead process do not count.
  const CallCounts& calls() const { return calls_; }
  uint64_t call_count() const;

  /// All file handles must be gone.
  void power_failure();
  /// A new process begins.
  void come_back();

  // ---- Space ----

  void set_capacity(uint64_t bytes) { capacity_ = bytes; }
  /// Other processes take all but `bytes` of what is left, or give space back.
  void leave(uint64_t bytes);
  /// By our files.
  uint64_t used_bytes() const;
  uint64_t bytes_left() const;
  /// Times that a call was refused because the disk was full, ever.
  uint64_t refusal_count() const { return refusal_count_; }

  // ---- Reads that go wrong ----

  /// Of all read_cached() calls this share finds nothing in the cache.
  void set_cold(int per_mille) { cold_per_mille_ = per_mille; }

  /// From now on sync() and sync_directory() say that all is well, and do nothing.
  void lie_about_syncs() { lies_ = true; }

  /// A bit that has changed on the platter.
  struct Rot {
    std::string path;
    uint64_t offset;
    int bit;
  };
  /// One bit of a file is another one from now on, until heal() or until it is written again.
  void rot(const Rot& where);
  /// The next read that touches bytes [from, to) of the file finds one bit of them rotten.
  void rot_on_read(const std::string& path, uint64_t from, uint64_t to) {
    rot_on_read_ = {path, from, to};
  }
  /// The rotten bits that a reader can meet.
  std::vector<Rot> rotten() const;
  /// All rotten bits are right again, as from a backup.
  void heal();
  /// Changes one bit, on the platter and for readers.
  void flip_bit(const std::string& path, uint64_t offset, int bit);

  // ---- Looking at it ----

  /// Paths of all files, in byte order.
  std::vector<std::string> paths() const;
  /// What a reader would see of a file, for scenarios that look at it. Empty if there is none.
  std::string contents(const std::string& path) const;
  uint64_t file_bytes(const std::string& path) const { return names_.at(path)->seen.size(); }

 private:
  struct PendingWrite {
    uint64_t offset;
    std::string data;
    uint64_t size_after;  // of the file
  };
  /// A rotten bit, in what readers see, on the platter, or both.
  struct RottenBit {
    uint64_t offset;
    int bit;
    bool seen = true;
    bool platter = true;
  };
  struct Inode {
    SparseBytes seen;
    SparseBytes platter;
    std::vector<PendingWrite> pending;
    std::vector<RottenBit> rotten;
    int handle_count = 0;
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
  struct Region {
    std::string path;
    uint64_t from;
    uint64_t to;
  };
  class OpenFile;
  class Lock;

  /// Counts a call; the error if it must not happen.
  Result<void> enter(const std::string& path, Call call, bool changing);
  Result<void> enter_struck(const std::string& path, Call call);
  /// The error when the files may not grow by so much.
  Result<void> take_space(const std::string& path, Call call, uint64_t bytes);
  Result<void> write(Inode& inode, const std::string& path, uint64_t offset, std::string_view data);
  Result<void> allocate(Inode& inode, const std::string& path, uint64_t bytes);
  Result<void> sync(Inode& inode, const std::string& path);
  Result<void> read(Inode& inode, const std::string& path, uint64_t offset, std::span<char> out);
  void settle(Inode& inode);
  static void settle_sector(Inode& inode, uint64_t offset, std::string_view data);
  static void flip(SparseBytes& bytes, uint64_t offset, int bit);
  void change_names(PendingName change);
  static void apply(Names& names, const PendingName& change);

  Prng prng_;
  Names names_;
  Names platter_names_;
  std::vector<PendingName> pending_names_;
  std::set<std::string> directories_;
  std::set<std::string> locked_;
  std::map<Call, Fault> faults_;
  CallCounts calls_{};
  std::optional<Strike> strike_;
  bool struck_ = false;
  uint64_t die_in_ = 0;  // 0: not
  bool dead_ = false;
  bool fault_happened_ = false;
  uint64_t failed_read_count_ = 0;
  std::set<std::shared_ptr<Inode>> open_;  // inodes with handles
  uint64_t capacity_ = uint64_t{1} << 40;
  uint64_t taken_by_others_ = 0;
  uint64_t refusal_count_ = 0;
  int cold_per_mille_ = 0;
  bool lies_ = false;
  std::optional<Region> rot_on_read_;
};

/// The call's name in C.
std::string_view to_text(SimDisk::Call call);
std::string_view to_text(SimDisk::Fate fate);

}  // namespace forebay::sim
