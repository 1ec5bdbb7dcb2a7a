// SPDX-License-Identifier: Apache-2.0
// ChangeMessageVisibility (contract section 2.15).
#include "engine/limits.h"
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

Result<engine::ChangeVisibility> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ChangeMessageVisibilityRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  if (!request.receipt_handle || request.receipt_handle->empty()) {
    return missing_parameter("ReceiptHandle");
  }
  if (!request.visibility_timeout) return missing_parameter("VisibilityTimeout");
  const int32_t timeout = *request.visibility_timeout;
  if (timeout < 0 || timeout > engine::kVisibilityTimeoutMax) {
    return invalid_parameter(timeout, "VisibilityTimeout", "Must be between 0 and 43200.");
  }
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return engine::ChangeVisibility{std::move(queue),
                                  {{std::move(*request.receipt_handle), timeout}}};
}

}  // namespace

void handle_change_message_visibility(const CallPtr& call) {
  perform(call, prepare(*call),
          [](engine::ChangeVisibility::Reply reply) -> Result<protocol::EmptyReply> {
            CHECK(reply.results.size() == 1);
            TRY(std::move(reply.results.front()));
            return protocol::EmptyReply{};
          });
}

}  // namespace forebay::server
