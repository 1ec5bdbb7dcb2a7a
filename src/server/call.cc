// SPDX-License-Identifier: Apache-2.0
#include "server/call.h"

#include "base/log.h"
#include "server/parameter_errors.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

bool is_our_fault(ErrorCode code) {
  return code == ErrorCode::kInternalFailure || code == ErrorCode::kStorageFailure ||
         code == ErrorCode::kStorageDamaged;
}

}  // namespace

Call::Call(const ApiContext& context, const http::HttpRequest& request, http::Respond respond)
    : context_(context),
      request_(request),
      scope_(request_scope(context.config, request)),
      request_id_(uuid_text(random_uuid(context.random))),
      respond_(std::move(respond)) {}

Result<engine::QueueAddress> Call::queue(const protocol::OptionalString& queue_url) const {
  if (!queue_url || queue_url->empty()) return missing_parameter("QueueUrl");
  return parse_queue_url(scope_, *queue_url);
}

void Call::fail(const Error& error) {
  if (is_our_fault(error.code)) {
    log_error("a request failed", {{"action", std::string(envelope_.action)},
                                   {"request_id", std::string(request_id_)},
                                   {"reason", error.message}});
  }
  send(protocol::encode_error(envelope_.wire, request_id_, error));
}

void Call::fail_unexpectedly(const char* what) {
  if (!respond_) {
    log_error("unexpected exception after a request was answered",
              {{"action", std::string(envelope_.action)},
               {"request_id", std::string(request_id_)},
               {"exception", what}});
    return;
  }
  log_error("unexpected exception", {{"action", std::string(envelope_.action)},
                                     {"request_id", std::string(request_id_)},
                                     {"exception", what}});
  send(protocol::encode_error(envelope_.wire, request_id_,
                              {ErrorCode::kInternalFailure, "An internal error occurred."}));
}

void Call::send(protocol::EncodedReply reply) {
  CHECK(respond_);
  const http::Respond respond = std::exchange(respond_, nullptr);
  respond(http::HttpResponse{reply.http_status, reply.content_type, request_id_,
                             std::move(reply.query_error), std::move(reply.body)});
}

}  // namespace forebay::server
