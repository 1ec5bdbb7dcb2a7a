// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_disk.h"

#include <algorithm>
#include <cstring>
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

bool all_zero(std::string_view bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

void SparseBytes::write(uint64_t offset, std::string_view data) {
  size_ = std::max(size_, offset + data.size());
  while (!data.empty()) {
    const uint64_t at = offset % kPageBytes;
    const uint64_t part = std::min<uint64_t>(kPageBytes - at, data.size());
    if (part == kPageBytes && all_zero(data.substr(0, part))) {
      pages_.erase(offset / kPageBytes);
    } else {
      std::shared_ptr<Page>& page = pages_[offset / kPageBytes];
      if (page == nullptr) {
        page = std::make_shared<Page>();
      } else if (page.use_count() > 1) {
        page = std::make_shared<Page>(*page);
      }
      std::memcpy(page->data() + at, data.data(), part);
    }
    offset += part;
    data.remove_prefix(part);
  }
}

void SparseBytes::read(uint64_t offset, std::span<char> out) const {
  while (!out.empty()) {
    const uint64_t at = offset % kPageBytes;
    const uint64_t part = std::min<uint64_t>(kPageBytes - at, out.size());
    const auto page = pages_.find(offset / kPageBytes);
    if (page == pages_.end()) {
      std::memset(out.data(), 0, part);
    } else {
      std::memcpy(out.data(), page->second->data() + at, part);
    }
    offset += part;
    out = out.subspan(part);
  }
}

void SparseBytes::copy_pages(const SparseBytes& from, uint64_t offset, uint64_t bytes) {
  if (bytes == 0) return;
  const uint64_t first = offset / kPageBytes;
  const uint64_t end = (offset + bytes - 1) / kPageBytes + 1;
  pages_.erase(pages_.lower_bound(first), pages_.lower_bound(end));
  for (auto it = from.pages_.lower_bound(first); it != from.pages_.end() && it->first < end; ++it) {
    pages_.insert(*it);
  }
}

class SimDisk::OpenFile final : public env::File {
 public:
  OpenFile(SimDisk& disk, std::string path, std::shared_ptr<Inode> inode, bool writable)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)), writable_(writable) {
    ++disk_.open_count_;
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() override { --disk_.open_count_; }

  Result<void> write(uint64_t offset, std::string_view data) override {
    CHECK(writable_);
    return disk_.write(*inode_, path_, offset, data);
  }
  Result<void> read(uint64_t offset, std::span<char> out) const override {
    if (disk_.dead_) return refused("read", path_, "the process is dead");
    if (offset + out.size() > inode_->seen.size()) {
      return Error{ErrorCode::kStorageDamaged, "read past the end of " + path_};
    }
    inode_->seen.read(offset, out);
    return {};
  }
  Result<bool> read_cached(uint64_t offset, std::span<char> out) const override {
    TRY(read(offset, out));
    return true;
  }
  Result<void> sync() override { return disk_.sync(*inode_, path_); }
  Result<void> allocate(uint64_t bytes) override {
    CHECK(writable_);
    TRY(disk_.enter(path_, Call::kAllocate));
    if (bytes <= inode_->seen.size()) return {};
    inode_->seen.resize(bytes);
    inode_->pending.push_back({0, {}, bytes});
    return {};
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
  const auto found = names_.find(path);
  if (mode != env::OpenMode::kCreate) {
    if (dead_) return refused("open", path, "the process is dead");
    if (found == names_.end()) return refused("open", path, "no such file");
    const bool writable = mode == env::OpenMode::kReadWrite;
    return std::unique_ptr<env::File>(new OpenFile(*this, path, found->second, writable));
  }
  TRY(enter(path, std::nullopt));
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
  if (dead_) return refused("list", directory, "the process is dead");
  if (!directories_.contains(directory)) return refused("list", directory, "no such directory");
  std::vector<std::string> found;
  for (const auto& [path, inode] : names_) {
    if (parent(path) == directory) found.push_back(path.substr(directory.size() + 1));
  }
  return found;
}

Result<void> SimDisk::create_directory(const std::string& directory) {
  TRY(enter(directory, std::nullopt));
  directories_.insert(directory);
  return {};
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  TRY(enter(from, std::nullopt));
  const auto found = names_.find(from);
  if (found == names_.end()) return refused("rename", from, "no such file");
  change_names({parent(to), from, to, found->second});
  return {};
}

Result<void> SimDisk::remove(const std::string& path) {
  TRY(enter(path, std::nullopt));
  if (!names_.contains(path)) return refused("remove", path, "no such file");
  change_names({parent(path), path, {}, nullptr});
  return {};
}

Result<void> SimDisk::link(const std::string& from, const std::string& to) {
  TRY(enter(to, std::nullopt));
  const auto found = names_.find(from);
  if (found == names_.end()) return refused("link", from, "no such file");
  if (names_.contains(to)) return refused("link", to, "file exists");
  change_names({parent(to), {}, to, found->second});
  return {};
}

Result<uint64_t> SimDisk::free_bytes(const std::string& directory) {
  if (dead_) return refused("statvfs", directory, "the process is dead");
  return uint64_t{1} << 40;
}

Result<void> SimDisk::sync_directory(const std::string& directory) {
  TRY(enter(directory, Call::kSync));
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

Result<void> SimDisk::enter(const std::string& path, std::optional<Call> call) {
  if (!dead_ && die_in_ > 0) {
    --die_in_;
    dead_ = die_in_ == 0;
  }
  if (dead_) return refused("call", path, "the process is dead");
  const auto fault = call ? faults_.find(*call) : faults_.end();
  if (fault == faults_.end() || --fault->second.countdown > 0) return {};
  const ErrorCode code = fault->second.code;
  faults_.erase(fault);
  fault_happened_ = true;
  return Error{code, fmt::format("call {} on {}: {}", static_cast<int>(*call), path,
                                 code == ErrorCode::kStorageFull ? "no space left on device"
                                                                 : "input/output error")};
}

Result<void> SimDisk::write(Inode& inode, const std::string& path, uint64_t offset,
                            std::string_view data) {
  const bool was_dead = dead_;
  const Result<void> entered = enter(path, Call::kWrite);
  if (!entered.ok()) {
    if (was_dead) return entered;
    // A failed or interrupted write has written some of it.
    data = data.substr(0, prng_.below(data.size() + 1));
  }
  if (!data.empty()) {
    inode.seen.write(offset, data);
    inode.pending.push_back({offset, std::string(data), inode.seen.size()});
  }
  return entered;
}

Result<void> SimDisk::sync(Inode& inode, const std::string& path) {
  const bool was_dead = dead_;
  if (const Result<void> entered = enter(path, Call::kSync); !entered.ok()) {
    if (!was_dead && !dead_) settle(inode);  // the sync itself failed: no longer dirty
    return entered;
  }
  for (const PendingWrite& write : inode.pending) {
    inode.platter.copy_pages(inode.seen, write.offset, write.data.size());
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
      if (fate == 1 || prng_.chance(500))
        inode.platter.write(write.offset + at, data.substr(at, part));
      at += part;
    }
  }
  inode.pending.clear();
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
  CHECK(open_count_ == 0 && locked_.empty());
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
    }
  }
  names_ = platter_names_;
}

void SimDisk::come_back() {
  CHECK(open_count_ == 0 && locked_.empty());
  dead_ = false;
  die_in_ = 0;
  fault_happened_ = false;
  faults_.clear();
}

void SimDisk::flip_bit(const std::string& path, uint64_t offset, int bit) {
  Inode& inode = *names_.at(path);
  for (SparseBytes* bytes : {&inode.seen, &inode.platter}) {
    CHECK(offset < bytes->size());
    char byte = 0;
    bytes->read(offset, {&byte, 1});
    byte = static_cast<char>(byte ^ (1 << bit));
    bytes->write(offset, {&byte, 1});
  }
}

std::string SimDisk::contents(const std::string& path) const {
  const auto found = names_.find(path);
  if (found == names_.end()) return {};
  std::string out(found->second->seen.size(), '\0');
  found->second->seen.read(0, out);
  return out;
}

}  // namespace forebay::sim
