// SPDX-License-Identifier: Apache-2.0
#include "server/batch.h"

#include <algorithm>

#include <fmt/format.h>

#include "protocol/error_table.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

constexpr size_t kEntryIdMax = 80;

bool is_entry_id(std::string_view id) {
  return !id.empty() && id.size() <= kEntryIdMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

}  // namespace

Result<void> check_batch_ids(const std::vector<std::optional<std::string_view>>& ids,
                             std::string_view noun) {
  if (ids.empty()) {
    return Error{ErrorCode::kEmptyBatchRequest,
                 fmt::format("There should be at least one {} in the request.", noun)};
  }
  if (ids.size() > kBatchEntriesMax) {
    return Error{ErrorCode::kTooManyEntriesInBatchRequest,
                 fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                             kBatchEntriesMax, ids.size())};
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!ids[i]) return missing_parameter(fmt::format("{}.{}.Id", noun, i + 1));
  }
  for (const std::optional<std::string_view>& id : ids) {
    if (!is_entry_id(*id)) {
      return Error{ErrorCode::kInvalidBatchEntryId,
                   "A batch entry id can only contain alphanumeric characters, hyphens and "
                   "underscores. It can be at most 80 letters long."};
    }
  }
  for (auto id = ids.begin(); id != ids.end(); ++id) {  // ten at most
    if (std::find(ids.begin(), id, *id) != id) {
      return Error{ErrorCode::kBatchEntryIdsNotDistinct, fmt::format("Id {} repeated.", **id)};
    }
  }
  return {};
}

protocol::BatchResultErrorEntry failed_entry(std::string id, const Error& error) {
  const protocol::ErrorRow& row = protocol::error_row(error.code);
  return {std::move(id), std::string(row.query_code), error.message, row.sender_fault};
}

protocol::IdBatchReply id_batch_reply(const std::vector<IdBatchEntry>& entries,
                                      const std::vector<Result<void>>& results) {
  protocol::IdBatchReply reply;
  size_t next_result = 0;
  for (const IdBatchEntry& entry : entries) {
    if (entry.early_error) {
      reply.failed.push_back(failed_entry(entry.id, *entry.early_error));
      continue;
    }
    CHECK(next_result < results.size());
    const Result<void>& result = results[next_result++];
    if (result.ok()) {
      reply.successful_ids.push_back(entry.id);
    } else {
      reply.failed.push_back(failed_entry(entry.id, result.error()));
    }
  }
  CHECK(next_result == results.size());
  return reply;
}

}  // namespace forebay::server
