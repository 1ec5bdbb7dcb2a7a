// SPDX-License-Identifier: Apache-2.0
// One API request on its way: what a handler works with.
//
//   void handle_delete_queue(const CallPtr& call) {
//     perform(call, prepare(*call), [](engine::DeleteQueue::Reply) { return protocol::EmptyReply{};
//     });
//   }
//
// A handler decodes and checks (`decode`, `queue`), asks the engine for one operation (`perform`),
// and turns its reply into the protocol's. Whoever comes first answers: a call is answered exactly
// once, also when a library throws below a handler.
// Thread: the io thread of the request's
// connection.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <forebay/inline_text.h>

#include "base/result.h"
#include "env/clock.h"
#include "http/server.h"
#include "protocol/codec.h"
#include "protocol/envelope.h"
#include "server/config.h"
#include "server/queue_url.h"
#include "server/request_scope.h"
#include "shard/router.h"

namespace forebay::server {

/// What all calls share. Borrows everything; outlives all calls.
struct ApiContext {
  const Config& config;
  shard::Router& router;
  env::Random& random;
};

class Call {
 public:
  Call(const ApiContext& context, const http::HttpRequest& request, http::Respond respond);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const ApiContext& context() const { return context_; }
  const RequestScope& scope() const { return scope_; }
  /// Views in it stay valid until the call is answered.
  const http::HttpRequest& http() const { return request_; }
  const protocol::Envelope& envelope() const { return envelope_; }

  /// From now on answers go out on the envelope's wire; before, as JSON.
  void set_envelope(protocol::Envelope envelope) { envelope_ = std::move(envelope); }

  template <class Request>
  Result<Request> decode() const {
    return protocol::decode_request<Request>(envelope_);
  }

  /// The queue a QueueUrl parameter means.
  /// Errors: kMissingParameter, kQueueDoesNotExist.
  Result<engine::QueueAddress> queue(const protocol::OptionalString& queue_url) const;

  /// As the client can reach it.
  std::string queue_url(const engine::QueueAddress& queue) const {
    return make_queue_url(context_.config, request_, queue);
  }

  template <class Reply>
  void reply(const Reply& reply) {
    send(protocol::encode_reply(envelope_.wire, envelope_.action, request_id_, reply));
  }
  /// Failures that are nobody's fault but ours are logged too.
  void fail(const Error& error);

  template <class Reply>
  void finish(const Result<Reply>& result) {
    if (result.ok()) {
      reply(result.value());
    } else {
      fail(result.error());
    }
  }

  /// Runs `step`; what it throws ends the call with kInternalFailure.
  template <class Step>
  void guard(Step step) {
    try {
      step();
    } catch (const std::exception& exception) {
      fail_unexpectedly(exception.what());
    }
  }

 private:
  void send(protocol::EncodedReply reply);
  void fail_unexpectedly(const char* what);

  const ApiContext& context_;
  const http::HttpRequest request_;
  const RequestScope scope_;
  const InlineText<36> request_id_;
  protocol::Envelope envelope_;
  http::Respond respond_;  // empty once answered
};

using CallPtr = std::shared_ptr<Call>;

/// Asks for `operation` and answers with what `make_reply` makes of its reply: a protocol reply, or
/// a Result of one. An error anywhere becomes the answer.
template <class Op, class MakeReply>
void perform(const CallPtr& call, Result<Op> operation, MakeReply make_reply) {
  if (!operation.ok()) return call->fail(operation.error());
  shard::ask(call->context().router, std::move(operation).value(),
             [call, make_reply = std::move(make_reply)](Result<typename Op::Reply> reply) mutable {
               call->guard([&] {
                 if (!reply.ok()) return call->fail(reply.error());
                 call->finish(Result(make_reply(std::move(reply).value())));
               });
             });
}

}  // namespace forebay::server
