// SPDX-License-Identifier: Apache-2.0
// ReceiveMessage (contract section 2.12).
#include "engine/limits.h"
#include "server/handlers/handlers.h"
#include "server/message_rules.h"
#include "server/parameter_errors.h"
#include "server/received_attributes.h"

namespace forebay::server {
namespace {

Result<void> check_range(const protocol::OptionalInt& value, std::string_view name, int32_t max) {
  if (value && (*value < 0 || *value > max)) {
    return invalid_parameter(*value, name,
                             "Must be >= 0 and <= " + std::to_string(max) + ", if provided.");
  }
  return {};
}

Result<void> check_ranges(const protocol::ReceiveMessageRequest& request) {
  const int32_t max_number = request.max_number_of_messages.value_or(1);
  if (max_number < 1 || max_number > engine::kMaxNumberOfMessagesMax) {
    return invalid_parameter(max_number, "MaxNumberOfMessages",
                             "Must be between 1 and 10, if provided.");
  }
  TRY(check_range(request.wait_time_seconds, "WaitTimeSeconds",
                  engine::kReceiveMessageWaitTimeSecondsMax));
  TRY(check_range(request.visibility_timeout, "VisibilityTimeout", engine::kVisibilityTimeoutMax));
  return {};
}

struct Prepared {
  engine::ReceiveMessages operation;
  AttributeSelection selection;
};

/// Ranges come before the queue is looked for; which is first on AWS is not recorded [?].
Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ReceiveMessageRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  TRY(check_ranges(request));
  engine::ReceiveMessages operation;
  TRY_ASSIGN(operation.queue, call.queue(request.queue_url));
  if (request.receive_request_attempt_id && is_fifo_name(operation.queue.name)) {
    TRY(check_token("ReceiveRequestAttemptId", *request.receive_request_attempt_id));
    operation.receive_request_attempt_id = std::move(*request.receive_request_attempt_id);
  }
  operation.max_number_of_messages = request.max_number_of_messages.value_or(1);
  operation.visibility_timeout = request.visibility_timeout;
  operation.wait_time_seconds = request.wait_time_seconds;
  operation.client = call.http().client;
  return Prepared{std::move(operation),
                  AttributeSelection(std::move(request.attribute_names),
                                     std::move(request.message_attribute_names))};
}

}  // namespace

void handle_receive_message(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  perform(
      call, Result(std::move(prepared->operation)),
      [selection = std::move(prepared->selection)](
          const engine::ReceiveMessages::Reply& received) -> Result<protocol::ReceiveMessageReply> {
        protocol::ReceiveMessageReply reply;
        reply.messages.reserve(received.messages.size());
        for (const engine::ReceiveMessages::Message& message : received.messages) {
          TRY_ASSIGN(auto shown, show_message(message, selection));
          reply.messages.push_back(std::move(shown));
        }
        return reply;
      });
}

}  // namespace forebay::server
