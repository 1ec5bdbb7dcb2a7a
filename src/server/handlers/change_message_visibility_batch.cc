// SPDX-License-Identifier: Apache-2.0
// ChangeMessageVisibilityBatch (contract section 2.16).
#include "engine/limits.h"
#include "server/batch.h"
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

using GivenEntry = protocol::ChangeMessageVisibilityBatchRequest::Entry;

std::optional<Error> find_entry_error(const GivenEntry& entry) {
  if (!entry.receipt_handle || entry.receipt_handle->empty()) {
    return missing_parameter("ReceiptHandle");
  }
  if (!entry.visibility_timeout) return missing_parameter("VisibilityTimeout");
  const int32_t timeout = *entry.visibility_timeout;
  if (timeout < 0 || timeout > engine::kVisibilityTimeoutMax) {
    return invalid_parameter(timeout, "VisibilityTimeout",
                             "VisibilityTimeout must be an integer between 0 and 43200.");
  }
  return std::nullopt;
}

struct Prepared {
  engine::ChangeVisibility operation;
  std::vector<IdBatchEntry> entries;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ChangeMessageVisibilityBatchRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  TRY(check_batch(request.entries, "ChangeMessageVisibilityBatchRequestEntry"));
  Prepared prepared;
  TRY_ASSIGN(prepared.operation.queue, call.queue(request.queue_url));
  for (GivenEntry& given : *request.entries) {
    prepared.entries.push_back({*given.id, find_entry_error(given)});
    if (prepared.entries.back().early_error) continue;
    prepared.operation.entries.push_back(
        {std::move(*given.receipt_handle), *given.visibility_timeout});
  }
  return prepared;
}

}  // namespace

void handle_change_message_visibility_batch(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  perform(call, Result(std::move(prepared->operation)),
          [entries = std::move(prepared->entries)](const engine::ChangeVisibility::Reply& reply) {
            return id_batch_reply(entries, reply.results);
          });
}

}  // namespace forebay::server
