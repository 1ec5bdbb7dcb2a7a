// SPDX-License-Identifier: Apache-2.0
// How far a command has come, where the number of steps is not known before.
// Thread: one owner.
#pragma once

#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace forebay::commands {

/// One line on a terminal, drawn over again and again.
class StatusLine {
 public:
  explicit StatusLine(bool shown) : shown_(shown) {}
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine() { show(""); }

  void show(const std::string& text) {
    if (!shown_ || (text.empty() && columns_ == 0)) return;
    const size_t left_over = columns_ > text.size() ? columns_ - text.size() : 0;
    columns_ = text.size();
    fmt::print(stderr, "\r{}{}{}", text, std::string(left_over, ' '), text.empty() ? "\r" : "");
    std::fflush(stderr);
  }

 private:
  const bool shown_;
  size_t columns_ = 0;
};

}  // namespace forebay::commands
