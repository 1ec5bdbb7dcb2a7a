// SPDX-License-Identifier: Apache-2.0
// What a run leaves behind: the first thing that was wrong, and a digest of everything that
// happened.
//
// Thread: one owner.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace forebay::sim {

/// Keeps the first violation; what follows from it is noise.
class Verdict {
 public:
  void violation(std::string text) {
    if (text_.empty()) text_ = std::move(text);
  }
  bool good() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// The history of a run, line by line, as a 64-bit FNV-1a hash; printed too when `verbose`.
class Trace {
 public:
  explicit Trace(bool verbose) : verbose_(verbose) {}

  void note(std::string_view line) {
    for (const char c : line) mix(static_cast<uint8_t>(c));
    mix('\n');
    if (verbose_) std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  }
  uint64_t digest() const { return digest_; }

 private:
  void mix(uint8_t byte) { digest_ = (digest_ ^ byte) * 0x100000001b3; }

  const bool verbose_;
  uint64_t digest_ = 0xcbf29ce484222325;
};

}  // namespace forebay::sim
