// SPDX-License-Identifier: Apache-2.0
// An array that grows and shrinks at its end without ever moving many elements at once.
//
// Elements stand in chunks of kChunk. A second and later chunk is allocated whole; the first grows
// by doubling, so that a small array is small. What moves in one call is at most one chunk's worth
// of elements, or the table of chunks.
// Thread: one owner.
// Cost: O(1); growing may move kChunk elements, or size() / kChunk pointers.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"

namespace forebay::engine {

template <class T, uint32_t kChunk>
class ChunkedArray {
  static_assert(std::has_single_bit(kChunk));

 public:
  T& operator[](uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  const T& operator[](uint32_t index) const { return chunks_[index / kChunk][index % kChunk]; }
  uint32_t size() const { return size_; }

  /// References to elements of the first chunk are invalid afterwards.
  T& push_back(T value) {
    if (size_ % kChunk == 0) {
      CHECK(size_ < UINT32_MAX - kChunk);
      chunks_.emplace_back();
      if (size_ > 0) chunks_.back().reserve(kChunk);
    }
    ++size_;
    return chunks_.back().emplace_back(std::move(value));
  }

  void pop_back() {
    CHECK(size_ > 0);
    --size_;
    chunks_.back().pop_back();
    if (chunks_.back().empty()) chunks_.pop_back();
  }

 private:
  std::vector<std::vector<T>> chunks_;  // none is empty
  uint32_t size_ = 0;
};

}  // namespace forebay::engine
