// SPDX-License-Identifier: Apache-2.0
// Numbers, sizes, moments and tables as an operator reads them.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace forebay::commands {

/// "1,234,567".
std::string count_text(uint64_t count);

/// "1 message", "2 messages", "1,234 messages": `one` gets an s for all numbers but 1.
std::string counted(uint64_t count, std::string_view one);

/// "512 B", "64.0 MiB".
std::string bytes_text(uint64_t bytes);

/// "0.4 s", "45 s", "1 min 5 s", "2 h 3 min".
std::string duration_text(int64_t ms);

/// "2026-11-21T22:08:01.123Z".
std::string moment_text(WallMs moment);

/// Columns as wide as their widest cell, two blanks between them. `sides` says for each column
/// whether it is aligned left ('l') or right ('r'); the last one goes for all further columns.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head, std::string_view sides = "lr") : sides_(sides) {
    row(std::move(head));
  }

  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// One line a row, the head first.
  std::string text() const;

 private:
  std::string sides_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace forebay::commands
