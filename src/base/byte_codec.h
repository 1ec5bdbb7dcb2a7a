// SPDX-License-Identifier: Apache-2.0
// Little-endian, length-prefixed encoding used by everything we write to disk.
//
// Writing never fails. Reading is total: after the first short or malformed field `ok()` is false,
// and every later read returns zero or an empty view, so a decoder checks once, at its end. Thread:
// one owner.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace forebay {

static_assert(std::endian::native == std::endian::little, "on-disk formats are little-endian");

/// Sixteen raw bytes: a message id, a keyed hash, a secret.
using Bytes16 = std::array<uint8_t, 16>;

/// Appends fields to a byte string that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <std::integral T>
  void fixed(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  /// Unsigned LEB128, 1 to 10 bytes.
  void varint(uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  /// A varint length, then the bytes.
  void bytes(std::string_view value) {
    varint(value.size());
    out_.append(value);
  }
  void bytes16(const Bytes16& value) {
    out_.append(reinterpret_cast<const char*>(value.data()), value.size());
  }

 private:
  std::string& out_;
};

/// Takes fields from a byte string that must outlive the views it returns.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  /// True when every byte was taken and nothing was malformed.
  bool done() const { return ok_ && in_.empty(); }

  template <std::integral T>
  T fixed() {
    T value{};
    if (std::string_view raw = take(sizeof value); ok_)
      std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return ok_ ? value : 0;
    }
    ok_ = false;
    return 0;
  }
  std::string_view bytes() { return take(varint()); }
  Bytes16 bytes16() {
    Bytes16 value{};
    if (std::string_view raw = take(value.size()); ok_) {
      std::memcpy(value.data(), raw.data(), value.size());
    }
    return value;
  }

 private:
  std::string_view take(uint64_t count) {
    if (!ok_ || count > in_.size()) {
      ok_ = false;
      return {};
    }
    std::string_view taken = in_.substr(0, count);
    in_.remove_prefix(count);
    return taken;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace forebay
