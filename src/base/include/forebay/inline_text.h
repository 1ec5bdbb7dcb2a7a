// SPDX-License-Identifier: Apache-2.0
// `InlineText<N>`: a text of at most N bytes that is kept in place, without memory of its own.
//
// For ids and digests, which have a known length that is just too long for what std::string keeps
// in place: a batch of ten has thirty of them.
// Thread: plain value.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string_view>

#include <forebay/check_failed.h>

namespace forebay {

template <size_t N>
class InlineText {
 public:
  InlineText() = default;
  /// At most N bytes: anything longer is a bug.
  template <std::convertible_to<std::string_view> Text>
  InlineText(const Text& text) {
    append(text);
  }

  void append(std::string_view text) {
    if (text.size() > N - size_) check_failed("text.size() <= N - size_", __FILE__, __LINE__);
    if (text.empty()) return;
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ = static_cast<uint8_t>(size_ + text.size());
  }
  void push_back(char c) { append({&c, 1}); }
  void clear() { size_ = 0; }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  std::string_view view() const { return {bytes_, size_}; }
  operator std::string_view() const { return view(); }

  friend bool operator==(const InlineText& a, const InlineText& b) { return a.view() == b.view(); }
  template <std::convertible_to<std::string_view> Text>
  friend bool operator==(const InlineText& a, const Text& b) {
    return a.view() == std::string_view(b);
  }
  friend std::ostream& operator<<(std::ostream& out, const InlineText& text) {
    return out << text.view();
  }

 private:
  static_assert(N <= UINT8_MAX);
  uint8_t size_ = 0;
  char bytes_[N];
};

}  // namespace forebay
