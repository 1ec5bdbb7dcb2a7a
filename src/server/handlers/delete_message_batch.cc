// SPDX-License-Identifier: Apache-2.0
// DeleteMessageBatch (contract section 2.14).
#include "server/batch.h"
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

struct Prepared {
  engine::DeleteMessages operation;
  std::vector<IdBatchEntry> entries;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::DeleteMessageBatchRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  TRY(check_batch(request.entries, "DeleteMessageBatchRequestEntry"));
  Prepared prepared;
  TRY_ASSIGN(prepared.operation.queue, call.queue(request.queue_url));
  for (auto& given : *request.entries) {
    IdBatchEntry& entry = prepared.entries.emplace_back();
    entry.id = std::move(*given.id);
    if (!given.receipt_handle || given.receipt_handle->empty()) {
      entry.early_error = missing_parameter("ReceiptHandle");
    } else {
      prepared.operation.receipt_handles.push_back(std::move(*given.receipt_handle));
    }
  }
  return prepared;
}

}  // namespace

void handle_delete_message_batch(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  perform(call, Result(std::move(prepared->operation)),
          [entries = std::move(prepared->entries)](const engine::DeleteMessages::Reply& reply) {
            return id_batch_reply(entries, reply.results);
          });
}

}  // namespace forebay::server
