// SPDX-License-Identifier: Apache-2.0
// DeleteMessage (contract section 2.13).
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

Result<engine::DeleteMessages> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::DeleteMessageRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  if (!request.receipt_handle || request.receipt_handle->empty()) {
    return missing_parameter("ReceiptHandle");
  }
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  engine::DeleteMessages operation{std::move(queue), {}};
  operation.receipt_handles.push_back(std::move(*request.receipt_handle));
  return operation;
}

}  // namespace

void handle_delete_message(const CallPtr& call) {
  perform(call, prepare(*call),
          [](engine::DeleteMessages::Reply reply) -> Result<protocol::EmptyReply> {
            CHECK(reply.results.size() == 1);
            TRY(std::move(reply.results.front()));
            return protocol::EmptyReply{};
          });
}

}  // namespace forebay::server
