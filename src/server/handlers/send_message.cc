// SPDX-License-Identifier: Apache-2.0
// SendMessage (contract section 2.10).
#include "protocol/digests.h"
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"
#include "server/send_entry.h"

namespace forebay::server {
namespace {

struct Prepared {
  engine::SendMessages operation;
  protocol::SendMessageReply reply;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(const auto request, call.decode<protocol::SendMessageRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  if (!request.message_body || request.message_body->empty()) {
    return missing_parameter("MessageBody");
  }
  TRY(check_delay_seconds(request.delay_seconds));
  Prepared prepared;
  TRY_ASSIGN(prepared.operation.queue, call.queue(request.queue_url));
  PreparedMessage message = prepare_message(
      {prepared.operation.queue, call.scope().account, call.http().trace_id, call.context().random},
      given_message(request), protocol::md5_hex(*request.message_body));
  prepared.operation.entries.push_back(std::move(message.entry));
  prepared.reply = message.reply;
  return prepared;
}

}  // namespace

void handle_send_message(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  perform(call, Result(std::move(prepared->operation)),
          [reply = prepared->reply](
              engine::SendMessages::Reply sent) mutable -> Result<protocol::SendMessageReply> {
            CHECK(sent.results.size() == 1);
            TRY_ASSIGN(const engine::SentMessage message, std::move(sent.results.front()));
            finish_reply(reply, message);
            return reply;
          });
}

}  // namespace forebay::server
