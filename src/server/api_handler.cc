// SPDX-License-Identifier: Apache-2.0
#include "server/api_handler.h"

#include <fmt/format.h>

#include "protocol/codec.h"
#include "protocol/envelope.h"
#include "server/actions.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

bool is_health_request(const http::HttpRequest& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return reads && request.target.substr(0, request.target.find('?')) == "/health";
}

/// As long as SendMessage's, and made once: what a request costs without the API.
http::HttpResponse fixed_reply(env::Random& random) {
  protocol::SendMessageReply reply;
  reply.message_id = uuid_text(random_uuid(random));
  reply.md5_of_message_body = std::string(32, '0');
  const InlineText<36> request_id = uuid_text(random_uuid(random));
  protocol::EncodedReply encoded =
      protocol::encode_reply(protocol::Wire::kJson, "SendMessage", request_id, reply);
  return {encoded.http_status, encoded.content_type, request_id, std::move(encoded.query_error),
          std::move(encoded.body)};
}

Error unknown_action(const protocol::Envelope& envelope) {
  const bool json = envelope.wire == protocol::Wire::kJson;
  return {json ? ErrorCode::kUnknownOperation : ErrorCode::kInvalidAction,
          fmt::format("The action {} is not valid for this endpoint.", envelope.action)};
}

ErrorCode refusal_code(int http_status) {
  if (http_status == 413) return ErrorCode::kRequestEntityTooLarge;
  return http_status >= 500 ? ErrorCode::kServiceUnavailable : ErrorCode::kSerialization;
}

}  // namespace

ApiHandler::ApiHandler(const Config& config, shard::Router& router, env::Random& random,
                       env::Clock& clock)
    : context_{config, router, random},
      clock_(clock),
      started_(clock.monotonic()),
      bench_reply_(fixed_reply(random)) {}

void ApiHandler::handle(const http::HttpRequest& request, http::Respond respond) {
  if (is_health_request(request)) return respond(health());
  if (is_bench_request(request)) return respond(bench_reply_);
  const auto call = std::make_shared<Call>(context_, request, std::move(respond));
  call->guard([&] { dispatch(call); });
}

bool ApiHandler::is_bench_request(const http::HttpRequest& request) const {
  const std::string& path = context_.config.bench_path;
  return !path.empty() && request.target == path;
}

void ApiHandler::dispatch(const CallPtr& call) {
  const http::HttpRequest& http = call->http();
  protocol::Classified classified = protocol::classify(
      {http.method, http.target, http.content_type, http.amz_target, http.accept, http.body});
  if (!classified.envelope.ok()) {
    protocol::Envelope unread;
    unread.wire = classified.wire;
    call->set_envelope(std::move(unread));
    return call->fail(classified.envelope.error());
  }
  const Action* const action = find_action(classified.envelope->action);
  // The request's bytes are gone once it was answered, and logs may name the action later.
  if (action != nullptr) classified.envelope->action = action->name;
  call->set_envelope(std::move(classified.envelope).value());
  const protocol::Envelope& envelope = call->envelope();
  if (action == nullptr) return call->fail(unknown_action(envelope));
  // JSON is the same on every path: some SDKs post everything to the queue's URL.
  const bool on_queue_path = envelope.wire != protocol::Wire::kJson && !envelope.queue_path.empty();
  if (on_queue_path && !action->on_queue_path) return call->fail(unknown_action(envelope));
  action->handle(call);
}

void ApiHandler::client_gone(const std::shared_ptr<const engine::Client>& client) {
  context_.router.abandon(client);
}

http::HttpResponse ApiHandler::refusal(int status, std::string_view reason) {
  const InlineText<36> request_id = uuid_text(random_uuid(context_.random));
  protocol::EncodedReply reply = protocol::encode_error(
      protocol::Wire::kJson, request_id, {refusal_code(status), std::string(reason)});
  return {status, reply.content_type, request_id, std::move(reply.query_error),
          std::move(reply.body)};
}

http::HttpResponse ApiHandler::health() const {
  const int64_t uptime_s = (clock_.monotonic() - started_) / 1000;
  http::HttpResponse response;
  response.content_type = "application/json";
  response.body = fmt::format(R"({{"status":"ok","version":"{}","uptime_s":{},"durability":"{}"}})",
                              FOREBAY_VERSION, uptime_s, durability_name(context_.config));
  return response;
}

}  // namespace forebay::server
