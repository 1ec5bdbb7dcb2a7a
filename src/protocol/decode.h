// SPDX-License-Identifier: Apache-2.0
// The two readers of requests, and what they have in common.
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "protocol/query_parameters.h"
#include "protocol/shapes.h"

namespace forebay::protocol {

/// Reads a request from a JSON body. An empty body is an empty object.
/// Errors: kSerialization.
template <class Request>
Result<Request> decode_json(std::string_view body);

/// Reads a request from Query parameters. A missing QueueUrl is `queue_path`, unless that is empty.
/// Errors: kSerialization.
template <class Request>
Result<Request> decode_query(const QueryParameters& parameters, std::string_view queue_path);

/// Items that a JSON request may have in all its lists and maps together. Like Query's limit on
/// parameters; without it, a body of "{},{},{}" would grow a hundredfold in memory.
inline constexpr size_t kRequestItemsMax = 4096;

inline Error serialization_error(std::string_view text) {
  return Error{ErrorCode::kSerialization, std::string(text)};
}

inline constexpr std::string_view kStringIsNoInteger =
    "STRING_VALUE can not be converted to an Integer";
inline constexpr std::string_view kBadBase64 = "A binary value is not valid base64.";

/// A map has each name once: of entries with the same name only the last stays.
/// Cost: O(n).
template <class Value>
void keep_last_of_each_name(std::vector<std::pair<std::string, Value>>& map) {
  if (map.size() < 2) return;
  std::unordered_set<std::string_view> later;
  std::vector<bool> keep(map.size());
  for (size_t i = map.size(); i-- > 0;) keep[i] = later.insert(map[i].first).second;
  if (later.size() == map.size()) return;
  std::vector<std::pair<std::string, Value>> kept;
  kept.reserve(later.size());
  for (size_t i = 0; i < map.size(); ++i) {
    if (keep[i]) kept.push_back(std::move(map[i]));
  }
  map = std::move(kept);
}

}  // namespace forebay::protocol
