// SPDX-License-Identifier: Apache-2.0
// What the three batch actions have in common: the checks of the whole request, and putting the
// answers of single entries together (contract section 2.11).
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/shapes.h"

namespace forebay::server {

inline constexpr size_t kBatchEntriesMax = 10;
inline constexpr int64_t kBatchBytesMax = 1'048'576;

/// Checks 2 to 6 of contract 2.11. `noun` names an entry: "SendMessageBatchRequestEntry".
/// Errors: kEmptyBatchRequest, kTooManyEntriesInBatchRequest, kMissingParameter,
/// kInvalidBatchEntryId,
///   kBatchEntryIdsNotDistinct.
Result<void> check_batch_ids(const std::vector<std::optional<std::string_view>>& ids,
                             std::string_view noun);

/// All checks 1 to 6.
/// Errors: as above, and kMissingParameter without `entries`.
template <class Entry>
Result<void> check_batch(const std::optional<std::vector<Entry>>& entries, std::string_view noun) {
  if (!entries) {
    return Error{ErrorCode::kMissingParameter, "The request must contain the parameter Entries."};
  }
  std::vector<std::optional<std::string_view>> ids;
  ids.reserve(entries->size());
  for (const Entry& entry : *entries) ids.push_back(entry.id);
  return check_batch_ids(ids, noun);
}

/// How one entry's failure looks in a reply.
protocol::BatchResultErrorEntry failed_entry(std::string id, const Error& error);

/// One entry of a DeleteMessageBatch or ChangeMessageVisibilityBatch. An entry with an
/// `early_error` was found bad by itself and is not given to the engine.
struct IdBatchEntry {
  std::string id;
  std::optional<Error> early_error;
};

/// `results` are the engine's, one for each entry without an early error, in order.
protocol::IdBatchReply id_batch_reply(const std::vector<IdBatchEntry>& entries,
                                      const std::vector<Result<void>>& results);

}  // namespace forebay::server
