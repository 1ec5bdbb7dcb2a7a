// SPDX-License-Identifier: Apache-2.0
// One file of an UnsyncedFileSystem: what was written since the last sync is in this process only.
//
// Two layers. `dirty` pages are what the process wrote, and what its readers see; the platter is
// what a power failure leaves, in memory as long as no durable name leads to the file, in a real
// file from then on. sync() brings the platter up to the dirty pages. At any write some sectors of
// any dirty page may reach the platter early, with whatever they contain at that moment, as a
// system writes back what it likes and a disk reorders; so does the size.
//
// A lying file is one sync behind: sync() brings to the platter what the sync before it promised.
// Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "env/file_system.h"

namespace forebay::env {

/// Numbers that a seed repeats.
class SeededNumbers {
 public:
  explicit SeededNumbers(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t limit) { return next() % limit; }
  bool chance(uint64_t percent) { return below(100) < percent; }

 private:
  uint64_t state_;
};

/// What a power failure leaves of a file.
/// Thread: one at a time; busy_sync() excepted.
class Platter {
 public:
  /// In memory, until move_to().
  Platter() = default;
  Platter(std::shared_ptr<File> real, uint64_t bytes) : real_(std::move(real)), bytes_(bytes) {}

  Result<void> write(uint64_t offset, std::string_view data);
  /// What was never written, or lies past the end, is zero.
  Result<void> read(uint64_t offset, std::span<char> out) const;
  Result<void> grow(uint64_t bytes);
  /// `real` is new and gets what is here.
  Result<void> move_to(std::shared_ptr<File> real);

  uint64_t bytes() const { return bytes_; }
  /// Null while it is in memory. Once set it never changes.
  const std::shared_ptr<File>& real() const { return real_; }

 private:
  std::shared_ptr<File> real_;
  std::map<uint64_t, std::string> pages_;  // until then, by page number; the others are zero
  uint64_t bytes_ = 0;
};

class UnsyncedFile {
 public:
  struct Options {
    bool lying = false;
    uint64_t seed = 0;
  };

  explicit UnsyncedFile(Options options, Platter platter = {});

  Result<void> write(uint64_t offset, std::string_view data);
  /// Errors: kStorageDamaged past the end, as every File's; `path` is for its text.
  Result<void> read(uint64_t offset, std::span<char> out, const std::string& path) const;
  /// What is unsynced is in memory anyway.
  Result<bool> read_cached(uint64_t offset, std::span<char> out, const std::string& path) const;
  /// While the real disk is busy with its own sync, only a part of the sectors is on the platter.
  Result<void> sync();
  Result<void> allocate(uint64_t bytes);
  uint64_t size() const;

  /// A durable name leads to the file from now on, and to `real`.
  Result<void> become_durable(std::unique_ptr<File> real);

  /// True when nothing would be lost if this object were gone.
  bool settled() const;

 private:
  using Pages = std::map<uint64_t, std::string>;  // by page number

  // All with mu_ held.
  Result<void> check_range(uint64_t offset, uint64_t bytes, const std::string& path) const;
  Result<std::string*> dirty_page(uint64_t number);
  Result<void> read_seen(uint64_t offset, std::span<char> out) const;
  Result<void> write_back(const Pages& pages, uint64_t file_bytes);
  Result<void> write_back_some();
  Result<void> write_back_sectors(uint64_t number, const std::string& page, uint64_t percent);

  // Constant.
  const bool lying_;

  // Guarded by mu_.
  mutable std::mutex mu_;
  SeededNumbers numbers_;
  Platter platter_;
  uint64_t bytes_;  // as readers see it
  Pages dirty_;     // written since the last sync()
  Pages promised_;  // lying only: synced by the last sync(), not on the platter
  uint64_t promised_bytes_;
};

}  // namespace forebay::env
