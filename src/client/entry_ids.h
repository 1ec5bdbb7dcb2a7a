// SPDX-License-Identifier: Apache-2.0
// The ids of a batch's entries, as everything that sends batches writes and reads them: an entry's
// id is its place in the batch.
// Thread: any.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace forebay::sqs::detail {

inline std::string entry_id(size_t place) {
  return std::to_string(place);
}

/// Nothing for an id that none of `count` entries has.
inline std::optional<size_t> entry_place(std::string_view id, size_t count) {
  size_t place = count;
  const char* const id_end = id.data() + id.size();
  const auto [end, error] = std::from_chars(id.data(), id_end, place);
  if (error != std::errc() || end != id_end || place >= count) return std::nullopt;
  return place;
}

}  // namespace forebay::sqs::detail
