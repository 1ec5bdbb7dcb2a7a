// SPDX-License-Identifier: Apache-2.0
#include "server/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace forebay::server {
namespace {

/// Number of characters to insert, remove or replace (Levenshtein), by rows of the usual table.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view mistyped, std::span<const std::string> names) {
  std::string nearest;
  // More than a third wrong is another word, not a mistyped one.
  size_t distance = std::max<size_t>(mistyped.size() / 3, 1) + 1;
  for (const std::string& name : names) {
    const size_t d = edit_distance(mistyped, name);
    if (d >= distance) continue;
    distance = d;
    nearest = name;
  }
  return nearest;
}

}  // namespace forebay::server
