// SPDX-License-Identifier: Apache-2.0
// Lines of a file, a pipe or a terminal, as they come.
//
//   Result<LineInput> input = LineInput::standard();
//   while (...) switch (*input->next(line, 100)) { ... }
//
// Unlike the standard library's streams it says when there is nothing yet, so that what has come
// can be worked on, and a program can stop while it waits.
// Thread: one owner.
// Errors: kStorageFailure (the system refused), kInvalidParameterValue (a line is too long).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace forebay::env {

/// A line may have so many bytes.
inline constexpr size_t kLineBytesMax = 16u << 20;

class LineInput {
 public:
  enum class Next : uint8_t {
    kLine,     // a line, without its end ("\n" or "\r\n")
    kPending,  // nothing in the time given; there may be more
    kEnd,      // there is nothing more
  };

  static Result<LineInput> open(const std::string& path);
  /// Standard input; it stays open.
  static LineInput standard();

  LineInput(LineInput&& other) noexcept;
  LineInput& operator=(LineInput&&) = delete;
  ~LineInput();

  /// The next line into `line`, waiting up to `wait_ms` for it. A last line without an end is one.
  Result<Next> next(std::string& line, int wait_ms);
  /// Everything up to the end as one text. False: it has not come yet; what came is kept.
  Result<bool> rest(std::string& text, int wait_ms);

  /// Bytes of the lines given so far.
  uint64_t bytes_taken() const { return taken_; }
  /// All bytes there are; nothing for pipes and terminals.
  std::optional<uint64_t> size() const;

 private:
  LineInput(int fd, bool owned) : fd_(fd), owned_(owned) {}
  /// Reads what is there; false when nothing came in time.
  Result<bool> fill(int wait_ms);

  int fd_;
  bool owned_;
  bool ended_ = false;
  std::string buffer_ = {};
  size_t begin_ = 0;     // of what is not taken yet
  size_t searched_ = 0;  // up to here there is no end of a line
  uint64_t taken_ = 0;
};

}  // namespace forebay::env
