// SPDX-License-Identifier: Apache-2.0
// A sparse array of bytes, as cheap to copy as a large file of zeros should be.
//
// What was never written reads as zero.
// Thread: one owner.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>

namespace forebay::sim {

inline constexpr uint64_t kPageBytes = 4096;

/// Copying shares pages.
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

}  // namespace forebay::sim
