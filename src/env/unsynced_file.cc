// SPDX-License-Identifier: Apache-2.0
#include "env/unsynced_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::env {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kSectorBytes = 512;
/// How often a write takes some dirty sectors along to the platter, and from how many pages.
constexpr uint64_t kWriteBackPercent = 25;
constexpr uint64_t kWriteBackPagesMax = 64;

/// Copies the parts of `pages` that lie in [offset, offset + out.size()).
void overlay(const std::map<uint64_t, std::string>& pages, uint64_t offset, std::span<char> out) {
  const uint64_t end = offset + out.size();
  auto page = pages.lower_bound(offset / kPageBytes);
  for (; page != pages.end() && page->first * kPageBytes < end; ++page) {
    const uint64_t page_at = page->first * kPageBytes;
    const uint64_t from = std::max(page_at, offset);
    const uint64_t to = std::min(page_at + kPageBytes, end);
    std::memcpy(out.data() + (from - offset), page->second.data() + (from - page_at), to - from);
  }
}

/// Cuts [offset, offset + bytes) at the ends of pages: visit(page number, offset in it, bytes).
template <typename Visit>
Result<void> for_each_page(uint64_t offset, uint64_t bytes, const Visit& visit) {
  while (bytes > 0) {
    const uint64_t at = offset % kPageBytes;
    const uint64_t part = std::min(kPageBytes - at, bytes);
    TRY(visit(offset / kPageBytes, at, part));
    offset += part;
    bytes -= part;
  }
  return {};
}

}  // namespace

uint64_t SeededNumbers::next() {
  // SplitMix64: each step of a counter, mixed.
  state_ += 0x9e3779b97f4a7c15;
  uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

Result<void> Platter::write(uint64_t offset, std::string_view data) {
  bytes_ = std::max(bytes_, offset + data.size());
  if (real_ != nullptr) return real_->write(offset, data);
  return for_each_page(offset, data.size(), [&](uint64_t number, uint64_t at, uint64_t part) {
    std::string& page = pages_[number];
    page.resize(kPageBytes, '\0');
    std::memcpy(page.data() + at, data.data(), part);
    data.remove_prefix(part);
    return Result<void>();
  });
}

Result<void> Platter::read(uint64_t offset, std::span<char> out) const {
  std::memset(out.data(), 0, out.size());
  if (offset >= bytes_) return {};
  const std::span<char> inside = out.first(std::min(out.size(), bytes_ - offset));
  if (real_ != nullptr) return real_->read(offset, inside);
  overlay(pages_, offset, inside);
  return {};
}

Result<void> Platter::grow(uint64_t bytes) {
  if (bytes <= bytes_) return {};
  if (real_ != nullptr) TRY(real_->allocate(bytes));
  bytes_ = bytes;
  return {};
}

Result<void> Platter::move_to(std::shared_ptr<File> real) {
  CHECK(real_ == nullptr);
  if (bytes_ > 0) TRY(real->allocate(bytes_));
  for (const auto& [number, page] : pages_) {
    const uint64_t at = number * kPageBytes;
    TRY(real->write(at, std::string_view(page).substr(0, bytes_ - at)));
  }
  pages_.clear();
  real_ = std::move(real);
  return {};
}

UnsyncedFile::UnsyncedFile(Options options, Platter platter)
    : lying_(options.lying),
      numbers_(options.seed),
      platter_(std::move(platter)),
      bytes_(platter_.bytes()),
      promised_bytes_(bytes_) {}

Result<void> UnsyncedFile::write(uint64_t offset, std::string_view data) {
  const std::lock_guard lock(mu_);
  TRY(for_each_page(offset, data.size(),
                    [&](uint64_t number, uint64_t at, uint64_t part) -> Result<void> {
                      TRY_ASSIGN(std::string* const page, dirty_page(number));
                      std::memcpy(page->data() + at, data.data(), part);
                      data.remove_prefix(part);
                      bytes_ = std::max(bytes_, number * kPageBytes + at + part);
                      return {};
                    }));
  if (lying_ || !numbers_.chance(kWriteBackPercent)) return {};
  return write_back_some();
}

Result<void> UnsyncedFile::read(uint64_t offset, std::span<char> out,
                                const std::string& path) const {
  const std::lock_guard lock(mu_);
  TRY(check_range(offset, out.size(), path));
  return read_seen(offset, out);
}

Result<bool> UnsyncedFile::read_cached(uint64_t offset, std::span<char> out,
                                       const std::string& path) const {
  const std::lock_guard lock(mu_);
  TRY(check_range(offset, out.size(), path));
  if (dirty_.empty() && promised_.empty() && platter_.real() != nullptr &&
      offset + out.size() <= platter_.bytes()) {
    return platter_.real()->read_cached(offset, out);
  }
  TRY(read_seen(offset, out));
  return true;
}

Result<void> UnsyncedFile::sync() {
  std::unique_lock lock(mu_);
  if (lying_) {
    TRY(write_back(promised_, promised_bytes_));
    promised_ = std::exchange(dirty_, {});
    promised_bytes_ = bytes_;
    return {};
  }
  TRY(write_back_some());
  if (const std::shared_ptr<File> real = platter_.real(); real != nullptr) {
    lock.unlock();
    TRY(real->sync());
    lock.lock();
  }
  TRY(write_back(dirty_, bytes_));
  dirty_.clear();
  return {};
}

Result<void> UnsyncedFile::allocate(uint64_t bytes) {
  const std::lock_guard lock(mu_);
  bytes_ = std::max(bytes_, bytes);
  return {};
}

uint64_t UnsyncedFile::size() const {
  const std::lock_guard lock(mu_);
  return bytes_;
}

Result<void> UnsyncedFile::become_durable(std::unique_ptr<File> real) {
  const std::lock_guard lock(mu_);
  return platter_.move_to(std::move(real));
}

bool UnsyncedFile::settled() const {
  const std::lock_guard lock(mu_);
  return dirty_.empty() && promised_.empty() && platter_.real() != nullptr &&
         platter_.bytes() == bytes_;
}

Result<void> UnsyncedFile::check_range(uint64_t offset, uint64_t bytes,
                                       const std::string& path) const {
  if (offset + bytes <= bytes_) return {};
  return Error{ErrorCode::kStorageDamaged,
               fmt::format("read {}: the file ends at byte {}, {} bytes are missing", path, bytes_,
                           offset + bytes - bytes_)};
}

Result<std::string*> UnsyncedFile::dirty_page(uint64_t number) {
  const auto found = dirty_.find(number);
  if (found != dirty_.end()) return &found->second;
  std::string page(kPageBytes, '\0');
  TRY(read_seen(number * kPageBytes, page));
  return &dirty_.emplace(number, std::move(page)).first->second;
}

Result<void> UnsyncedFile::read_seen(uint64_t offset, std::span<char> out) const {
  TRY(platter_.read(offset, out));
  overlay(promised_, offset, out);
  overlay(dirty_, offset, out);
  return {};
}

Result<void> UnsyncedFile::write_back(const Pages& pages, uint64_t file_bytes) {
  TRY(platter_.grow(file_bytes));
  for (const auto& [number, page] : pages) {
    const uint64_t at = number * kPageBytes;
    TRY(platter_.write(at, std::string_view(page).substr(0, file_bytes - at)));
  }
  return {};
}

/// A few random pages from a random place on.
Result<void> UnsyncedFile::write_back_some() {
  if (numbers_.chance(50)) TRY(platter_.grow(bytes_));
  if (dirty_.empty()) return {};
  const uint64_t percent = 25 * (1 + numbers_.below(4));
  auto page = dirty_.lower_bound(
      dirty_.begin()->first + numbers_.below(dirty_.rbegin()->first + 1 - dirty_.begin()->first));
  for (uint64_t count = 0; page != dirty_.end() && count < kWriteBackPagesMax; ++page, ++count) {
    TRY(write_back_sectors(page->first, page->second, percent));
  }
  return {};
}

Result<void> UnsyncedFile::write_back_sectors(uint64_t number, const std::string& page,
                                              uint64_t percent) {
  for (uint64_t at = 0; at < kPageBytes; at += kSectorBytes) {
    const uint64_t place = number * kPageBytes + at;
    if (place >= bytes_ || !numbers_.chance(percent)) continue;
    const uint64_t bytes = std::min(kSectorBytes, bytes_ - place);
    TRY(platter_.write(place, std::string_view(page).substr(at, bytes)));
  }
  return {};
}

}  // namespace forebay::env
