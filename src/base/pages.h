// SPDX-License-Identifier: Apache-2.0
// Memory straight from the system, apart from the heap.
//
// For what grows without bound and stays: on the heap it would come to lie in the gaps that
// short-lived buffers leave, and the next buffers would find none that fits (a quarter of an index
// of ten million messages was lost that way).
#pragma once

#include <cstddef>
#include <utility>

namespace forebay {

class Pages {
 public:
  /// Zeros, aligned as any type needs; takes memory only where it is touched. Out of memory ends
  /// the process, as anywhere.
  explicit Pages(size_t bytes);
  Pages(Pages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Pages& operator=(Pages&&) = delete;
  ~Pages();

  void* data() const { return data_; }

 private:
  void* data_;
  size_t bytes_;
};

}  // namespace forebay
