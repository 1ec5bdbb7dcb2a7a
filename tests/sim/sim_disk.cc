// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_disk.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace forebay::sim {
namespace {

std::string parent(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

Error refused(std::string_view call, const std::string& path, std::string_view reason) {
  return {ErrorCode::kStorageFailure, fmt::format("{} {}: {}", call, path, reason)};
}

Error failed(SimDisk::Call call, const std::string& path, ErrorCode code) {
  return {code, fmt::format("{} {}: {}", to_text(call), path,
                            code == ErrorCode::kStorageFull ? "no space left on device"
                                                            : "input/output error")};
}

}  // namespace

std::string_view to_text(SimDisk::Call call) {
  constexpr std::array<std::string_view, SimDisk::kCallCount> kNames = {
      "write", "sync",           "allocate",         "open", "read", "rename", "remove",
      "link",  "sync_directory", "create_directory", "list"};
  return kNames.at(static_cast<size_t>(call));
}

std::string_view to_text(SimDisk::Fate fate) {
  constexpr std::array<std::string_view, 4> kNames = {"fails", "finds the disk full", "is died in",
                                                      "is cut off by a power failure"};
  return kNames.at(static_cast<size_t>(fate));
}

class SimDisk::OpenFile final : public env::File {
 public:
  OpenFile(SimDisk& disk, std::string path, std::shared_ptr<Inode> inode, bool writable)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)), writable_(writable) {
    if (inode_->handle_count++ == 0) disk_.open_.insert(inode_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() override {
    if (--inode_->handle_count == 0) disk_.open_.erase(inode_);
  }

  Result<void> write(uint64_t offset, std::string_view data) override {
    CHECK(writable_);
    return disk_.write(*inode_, path_, offset, data);
  }
  Result<void> read(uint64_t offset, std::span<char> out) const override {
    return disk_.read(*inode_, path_, offset, out);
  }
  void fetch(uint64_t, uint64_t) const override {}
  Result<bool> read_cached(uint64_t offset, std::span<char> out) const override {
    if (!disk_.dead_ && disk_.prng_.chance(disk_.cold_per_mille_)) {
      std::ranges::fill(out, '?');
      return false;
    }
    TRY(disk_.read(*inode_, path_, offset, out));
    return true;
  }
  Result<void> sync() override { return disk_.sync(*inode_, path_); }
  Result<void> allocate(uint64_t bytes) override {
    CHECK(writable_);
    return disk_.allocate(*inode_, path_, bytes);
  }
  Result<uint64_t> size() const override {
    if (disk_.dead_) return refused("stat", path_, "the process is dead");
    return inode_->seen.size();
  }

 private:
  SimDisk& disk_;
  const std::string path_;
  const std::shared_ptr<Inode> inode_;
  const bool writable_;
};

class SimDisk::Lock final : public env::DirectoryLock {
 public:
  Lock(SimDisk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() override { disk_.locked_.erase(directory_); }

 private:
  SimDisk& disk_;
  const std::string directory_;
};

Result<std::unique_ptr<env::File>> SimDisk::open(const std::string& path, env::OpenMode mode) {
  const bool create = mode == env::OpenMode::kCreate;
  TRY(enter(path, Call::kOpen, create));
  const auto found = names_.find(path);
  if (!create) {
    if (found == names_.end()) return refused("open", path, "no such file");
    const bool writable = mode == env::OpenMode::kReadWrite;
    return std::unique_ptr<env::File>(new OpenFile(*this, path, found->second, writable));
  }
  if (found != names_.end()) return refused("open", path, "file exists");
  if (!directories_.contains(parent(path))) return refused("open", path, "no such directory");
  const auto inode = std::make_shared<Inode>();
  change_names({parent(path), {}, path, inode});
  return std::unique_ptr<env::File>(new OpenFile(*this, path, inode, true));
}

Result<bool> SimDisk::exists(const std::string& path) {
  if (dead_) return refused("stat", path, "the process is dead");
  return names_.contains(path) || directories_.contains(path);
}

Result<std::vector<std::string>> SimDisk::list(const std::string& directory) {
  TRY(enter(directory, Call::kList, false));
  if (!directories_.contains(directory)) return refused("list", directory, "no such directory");
  std::vector<std::string> found;
  for (const auto& [path, inode] : names_) {
    if (parent(path) == directory) found.push_back(path.substr(directory.size() + 1));
  }
  return found;
}

Result<void> SimDisk::create_directory(const std::string& directory) {
  TRY(enter(directory, Call::kCreateDirectory, true));
  directories_.insert(directory);
  return {};
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  TRY(enter(from, Call::kRename, true));
  const auto found = names_.find(from);
  if (found == names_.end()) return refused("rename", from, "no such file");
  change_names({parent(to), from, to, found->second});
  return {};
}

Result<void> SimDisk::remove(const std::string& path) {
  TRY(enter(path, Call::kRemove, true));
  if (!names_.contains(path)) return refused("remove", path, "no such file");
  change_names({parent(path), path, {}, nullptr});
  return {};
}

Result<void> SimDisk::link(const std::string& from, const std::string& to) {
  TRY(enter(to, Call::kLink, true));
  const auto found = names_.find(from);
  if (found == names_.end()) return refused("link", from, "no such file");
  if (names_.contains(to)) return refused("link", to, "file exists");
  change_names({parent(to), {}, to, found->second});
  return {};
}

Result<uint64_t> SimDisk::free_bytes(const std::string& directory) {
  if (dead_) return refused("statvfs", directory, "the process is dead");
  return bytes_left();
}

Result<void> SimDisk::sync_directory(const std::string& directory) {
  TRY(enter(directory, Call::kSyncDirectory, true));
  if (lies_) return {};
  std::erase_if(pending_names_, [&](const PendingName& change) {
    const bool here = change.directory == directory;
    if (here) apply(platter_names_, change);
    return here;
  });
  return {};
}

Result<std::unique_ptr<env::DirectoryLock>> SimDisk::lock(const std::string& directory) {
  if (dead_) return refused("lock", directory, "the process is dead");
  if (!locked_.insert(directory).second)
    return refused("lock", directory, "held by another process");
  return std::unique_ptr<env::DirectoryLock>(new Lock(*this, directory));
}

Result<void> SimDisk::enter(const std::string& path, Call call, bool changing) {
  if (dead_) return refused(to_text(call), path, "the process is dead");
  const uint64_t nth = ++calls_[static_cast<size_t>(call)];
  if (strike_ && strike_->call == call && strike_->nth == nth) return enter_struck(path, call);
  if (changing && die_in_ > 0) dead_ = --die_in_ == 0;
  if (dead_) return refused(to_text(call), path, "the process is dead");
  const auto fault = faults_.find(call);
  if (fault == faults_.end() || --fault->second.countdown > 0) return {};
  const ErrorCode code = fault->second.code;
  faults_.erase(fault);
  fault_happened_ = true;
  if (call == Call::kRead) ++failed_read_count_;
  return failed(call, path, code);
}

Result<void> SimDisk::enter_struck(const std::string& path, Call call) {
  const Fate fate = strike_->fate;
  strike_.reset();
  struck_ = fault_happened_ = true;
  dead_ = fate == Fate::kDies || fate == Fate::kPowerFails;
  if (dead_) return refused(to_text(call), path, "the process is dead");
  if (call == Call::kRead) ++failed_read_count_;
  return failed(call, path,
                fate == Fate::kIsFull ? ErrorCode::kStorageFull : ErrorCode::kStorageFailure);
}

uint64_t SimDisk::call_count() const {
  return std::accumulate(calls_.begin(), calls_.end(), uint64_t{0});
}

uint64_t SimDisk::used_bytes() const {
  std::set<const Inode*> inodes;  // a sum: their order does not matter
  for (const auto& [path, inode] : names_) inodes.insert(inode.get());
  for (const auto& inode : open_) inodes.insert(inode.get());
  uint64_t bytes = 0;
  for (const Inode* inode : inodes) bytes += inode->seen.size();
  return bytes;
}

uint64_t SimDisk::bytes_left() const {
  const uint64_t taken = used_bytes() + taken_by_others_;
  return taken < capacity_ ? capacity_ - taken : 0;
}

void SimDisk::leave(uint64_t bytes) {
  taken_by_others_ = 0;
  const uint64_t left = bytes_left();
  taken_by_others_ = left - std::min(left, bytes);
}

Result<void> SimDisk::take_space(const std::string& path, Call call, uint64_t bytes) {
  if (bytes <= bytes_left()) return {};
  ++refusal_count_;
  return failed(call, path, ErrorCode::kStorageFull);
}

Result<void> SimDisk::write(Inode& inode, const std::string& path, uint64_t offset,
                            std::string_view data) {
  const bool was_dead = dead_;
  Result<void> outcome = enter(path, Call::kWrite, true);
  const uint64_t end = offset + data.size();
  if (outcome.ok() && end > inode.seen.size()) {
    outcome = take_space(path, Call::kWrite, end - inode.seen.size());
  }
  if (!outcome.ok()) {
    if (was_dead) return outcome;
    // A failed or interrupted write has written some of what there was room for.
    const uint64_t room_end = inode.seen.size() + bytes_left();
    const uint64_t room = offset < room_end ? room_end - offset : 0;
    data = data.substr(0, prng_.below(std::min<uint64_t>(room, data.size()) + 1));
  }
  if (data.empty()) return outcome;
  inode.seen.write(offset, data);
  inode.pending.push_back({offset, std::string(data), inode.seen.size()});
  for (RottenBit& bit : inode.rotten) {
    if (bit.offset >= offset && bit.offset < offset + data.size()) bit.seen = false;
  }
  return outcome;
}

Result<void> SimDisk::allocate(Inode& inode, const std::string& path, uint64_t bytes) {
  TRY(enter(path, Call::kAllocate, true));
  if (bytes <= inode.seen.size()) return {};
  TRY(take_space(path, Call::kAllocate, bytes - inode.seen.size()));
  inode.seen.resize(bytes);
  inode.pending.push_back({0, {}, bytes});
  return {};
}

Result<void> SimDisk::read(Inode& inode, const std::string& path, uint64_t offset,
                           std::span<char> out) {
  TRY(enter(path, Call::kRead, false));
  if (offset + out.size() > inode.seen.size()) {
    return Error{ErrorCode::kStorageDamaged, "read past the end of " + path};
  }
  if (rot_on_read_ && rot_on_read_->path == path) {
    const uint64_t from = std::max(offset, rot_on_read_->from);
    const uint64_t to = std::min(offset + out.size(), rot_on_read_->to);
    if (from < to) {
      rot({path, from + prng_.below(to - from), static_cast<int>(prng_.below(8))});
      rot_on_read_.reset();
    }
  }
  inode.seen.read(offset, out);
  return {};
}

Result<void> SimDisk::sync(Inode& inode, const std::string& path) {
  if (dead_) return refused("sync", path, "the process is dead");
  if (const Result<void> entered = enter(path, Call::kSync, true); !entered.ok()) {
    if (!dead_) settle(inode);  // the sync itself failed: no longer dirty
    return entered;
  }
  if (lies_) return {};
  for (const PendingWrite& write : inode.pending) {
    inode.platter.copy_pages(inode.seen, write.offset, write.data.size());
    const uint64_t first = write.offset / kPageBytes;
    const uint64_t end = (write.offset + write.data.size() + kPageBytes - 1) / kPageBytes;
    for (RottenBit& bit : inode.rotten) {
      const uint64_t page = bit.offset / kPageBytes;
      if (page >= first && page < end) bit.platter = bit.seen;
    }
  }
  inode.platter.resize(inode.seen.size());
  inode.pending.clear();
  return {};
}

/// Every unsynced sector reaches the platter or not. Earlier writes first: a sector's content is
/// one that it had.
void SimDisk::settle(Inode& inode) {
  for (const PendingWrite& write : inode.pending) {
    const uint64_t fate = prng_.below(4);  // lost, kept, torn, torn
    if (fate == 0) continue;
    if (fate == 1 || prng_.chance(500))
      inode.platter.resize(std::max(inode.platter.size(), write.size_after));
    const std::string_view data = write.data;
    for (uint64_t at = 0; at < data.size();) {
      const uint64_t sector_end = (write.offset + at) / kSectorBytes * kSectorBytes + kSectorBytes;
      const uint64_t part = std::min(sector_end - (write.offset + at), data.size() - at);
      if (fate == 1 || prng_.chance(500)) {
        settle_sector(inode, write.offset + at, data.substr(at, part));
      }
      at += part;
    }
  }
  inode.pending.clear();
}

void SimDisk::settle_sector(Inode& inode, uint64_t offset, std::string_view data) {
  inode.platter.write(offset, data);
  for (RottenBit& bit : inode.rotten) {
    if (bit.offset >= offset && bit.offset < offset + data.size()) bit.platter = false;
  }
}

void SimDisk::change_names(PendingName change) {
  apply(names_, change);
  pending_names_.push_back(std::move(change));
}

void SimDisk::apply(Names& names, const PendingName& change) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.added.empty()) names[change.added] = change.inode;
}

void SimDisk::power_failure() {
  CHECK(open_.empty() && locked_.empty());
  // Either a journaling file system (a prefix is kept) or one without any order.
  const bool ordered = prng_.chance(500);
  bool keep = true;
  for (const PendingName& change : pending_names_) {
    keep = ordered ? keep && prng_.chance(700) : prng_.chance(500);
    if (keep) apply(platter_names_, change);
  }
  pending_names_.clear();
  std::set<Inode*> settled;
  for (const Names* names : {&platter_names_, &names_}) {
    for (const auto& [path, inode] : *names) {
      if (!settled.insert(inode.get()).second) continue;
      settle(*inode);
      inode->seen = inode->platter;
      for (RottenBit& bit : inode->rotten) bit.seen = bit.platter;
    }
  }
  names_ = platter_names_;
}

void SimDisk::come_back() {
  CHECK(open_.empty() && locked_.empty());
  dead_ = false;
  die_in_ = 0;
  fault_happened_ = false;
  faults_.clear();
  rot_on_read_.reset();
}

void SimDisk::flip(SparseBytes& bytes, uint64_t offset, int bit) {
  CHECK(offset < bytes.size());
  char byte = 0;
  bytes.read(offset, {&byte, 1});
  byte = static_cast<char>(byte ^ (1 << bit));
  bytes.write(offset, {&byte, 1});
}

void SimDisk::flip_bit(const std::string& path, uint64_t offset, int bit) {
  Inode& inode = *names_.at(path);
  flip(inode.seen, offset, bit);
  flip(inode.platter, offset, bit);
}

void SimDisk::rot(const Rot& where) {
  Inode& inode = *names_.at(where.path);
  RottenBit bit{where.offset, where.bit};
  flip(inode.seen, bit.offset, bit.bit);
  bit.platter = bit.offset < inode.platter.size();  // else the size is not durable yet
  if (bit.platter) flip(inode.platter, bit.offset, bit.bit);
  inode.rotten.push_back(bit);
}

std::vector<SimDisk::Rot> SimDisk::rotten() const {
  std::vector<Rot> found;
  for (const auto& [path, inode] : names_) {
    for (const RottenBit& bit : inode->rotten) {
      if (bit.seen) found.push_back({path, bit.offset, bit.bit});
    }
  }
  return found;
}

void SimDisk::heal() {
  for (const Names* names : {&platter_names_, &names_}) {
    for (const auto& [path, inode] : *names) {
      for (const RottenBit& bit : std::exchange(inode->rotten, {})) {
        if (bit.seen) flip(inode->seen, bit.offset, bit.bit);
        if (bit.platter) flip(inode->platter, bit.offset, bit.bit);
      }
    }
  }
}

std::vector<std::string> SimDisk::paths() const {
  std::vector<std::string> found;
  for (const auto& [path, inode] : names_) found.push_back(path);
  return found;
}

std::string SimDisk::contents(const std::string& path) const {
  const auto found = names_.find(path);
  if (found == names_.end()) return {};
  std::string out(found->second->seen.size(), '\0');
  found->second->seen.read(0, out);
  return out;
}

}  // namespace forebay::sim
