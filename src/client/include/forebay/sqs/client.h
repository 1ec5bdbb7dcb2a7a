// SPDX-License-Identifier: Apache-2.0
// `Client`: all 23 actions of SQS, against AWS or any server that speaks its API.
//
//   Result<Client> client = Client::create({.endpoint_url = "http://127.0.0.1:9324"});
//   auto sent = client->send_message({.queue_url = url, .message_body = "hello"});   // waits
//   client->call(request, [](Result<SendMessageReply> reply) { ... });               // calls back
//   Result<SendMessageReply> reply = co_await client->async(request);                // awaits
//
// Three faces, one engine: one I/O thread and a pool of kept-alive connections. Each call is
// signed, retried with jitter where that is safe, limited in time (with room for a long poll), can
// be stopped within milliseconds, and has its MD5 values checked in both directions.
// Thread: any; one Client serves all threads of a program.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <forebay/sqs/awaitable.h>
#include <forebay/sqs/client_options.h>
#include <forebay/sqs/detail/exchange.h>
#include <forebay/sqs/error.h>
#include <forebay/sqs/message_move_tasks.h>
#include <forebay/sqs/messages.h>
#include <forebay/sqs/queues.h>

namespace forebay::sqs {

/// What a client has done so far.
struct ClientStatistics {
  uint64_t calls = 0;               // that have ended, well or not
  uint64_t attempts = 0;            // requests sent, repeated ones included
  uint64_t throttled = 0;           // attempts that the server refused for their rate
  uint64_t connections_opened = 0;  // far below `attempts` when connections are reused
};

class Client {
 public:
  /// Resolves region, endpoint and profile, and starts the I/O thread; connects to nothing yet, and
  /// looks for credentials at the first call.
  /// Errors: kConfiguration (no region, a bad endpoint URL, no such profile, no such CA file).
  static Result<Client> create(ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  /// Ends calls that are under way with kCancelled: their callbacks run, their coroutines resume
  /// (before this returns, unless an executor takes them). Not from a callback or coroutine on the
  /// I/O thread itself.
  ~Client();

  /// Waits for the reply. On the I/O thread (in a callback): kInvalidRequest.
  template <ActionRequest Request>
  Result<typename Request::Reply> call(const Request& request, const CallOptions& options = {}) {
    detail::Sent sent;
    return detail::decode<Request>(detail::wait(*engine_, detail::encode(request, sent), options),
                                   sent);
  }

  /// Returns at once. `callback` is called once with a Result<Request::Reply>, never inside this
  /// function: where ClientOptions::executor runs it, else on the I/O thread, where it must be
  /// short and must not block (it may begin further calls). It must not throw.
  template <ActionRequest Request, std::invocable<Result<typename Request::Reply>> Callback>
  void call(const Request& request, const CallOptions& options, Callback callback) {
    auto ended = std::make_unique<CallbackCompletion<Request, Callback>>(std::move(callback));
    detail::EncodedCall encoded = detail::encode(request, ended->sent);
    // Owns itself from here until it is told.
    detail::start(*engine_, std::move(encoded), options, *ended.release());
  }
  template <ActionRequest Request, std::invocable<Result<typename Request::Reply>> Callback>
  void call(const Request& request, Callback callback) {
    call(request, CallOptions(), std::move(callback));
  }

  /// To be awaited by a coroutine (forebay/sqs/awaitable.h). The request is read here.
  template <ActionRequest Request>
  Awaitable<Request> async(const Request& request, CallOptions options = {}) {
    return Awaitable<Request>(*engine_, request, std::move(options));
  }

// The blocking face by name, one for each action.
#define FOREBAY_SQS_ACTION(name, Request)                                                \
  Result<Request::Reply> name(const Request& request, const CallOptions& options = {}) { \
    return call(request, options);                                                       \
  }
  FOREBAY_SQS_ACTION(add_permission, AddPermissionRequest)
  FOREBAY_SQS_ACTION(cancel_message_move_task, CancelMessageMoveTaskRequest)
  FOREBAY_SQS_ACTION(change_message_visibility, ChangeMessageVisibilityRequest)
  FOREBAY_SQS_ACTION(change_message_visibility_batch, ChangeMessageVisibilityBatchRequest)
  FOREBAY_SQS_ACTION(create_queue, CreateQueueRequest)
  FOREBAY_SQS_ACTION(delete_message, DeleteMessageRequest)
  FOREBAY_SQS_ACTION(delete_message_batch, DeleteMessageBatchRequest)
  FOREBAY_SQS_ACTION(delete_queue, DeleteQueueRequest)
  FOREBAY_SQS_ACTION(get_queue_attributes, GetQueueAttributesRequest)
  FOREBAY_SQS_ACTION(get_queue_url, GetQueueUrlRequest)
  FOREBAY_SQS_ACTION(list_dead_letter_source_queues, ListDeadLetterSourceQueuesRequest)
  FOREBAY_SQS_ACTION(list_message_move_tasks, ListMessageMoveTasksRequest)
  FOREBAY_SQS_ACTION(list_queue_tags, ListQueueTagsRequest)
  FOREBAY_SQS_ACTION(list_queues, ListQueuesRequest)
  FOREBAY_SQS_ACTION(purge_queue, PurgeQueueRequest)
  FOREBAY_SQS_ACTION(receive_message, ReceiveMessageRequest)
  FOREBAY_SQS_ACTION(remove_permission, RemovePermissionRequest)
  FOREBAY_SQS_ACTION(send_message, SendMessageRequest)
  FOREBAY_SQS_ACTION(send_message_batch, SendMessageBatchRequest)
  FOREBAY_SQS_ACTION(set_queue_attributes, SetQueueAttributesRequest)
  FOREBAY_SQS_ACTION(start_message_move_task, StartMessageMoveTaskRequest)
  FOREBAY_SQS_ACTION(tag_queue, TagQueueRequest)
  FOREBAY_SQS_ACTION(untag_queue, UntagQueueRequest)
#undef FOREBAY_SQS_ACTION

  const std::string& region() const;
  const std::string& endpoint_url() const;  // without a slash at its end
  ClientStatistics statistics() const;

  /// For the library's own tests and tools: a client over an engine made elsewhere.
  explicit Client(std::unique_ptr<detail::Engine> engine);

 private:
  template <class Request, class Callback>
  struct CallbackCompletion final : detail::Completion {
    explicit CallbackCompletion(Callback c) : callback(std::move(c)) {}
    void complete(Result<std::string>& answer) noexcept override {
      const std::unique_ptr<CallbackCompletion> self(this);
      callback(detail::decode<Request>(answer, sent));
    }
    Callback callback;
    detail::Sent sent;
  };

  std::unique_ptr<detail::Engine> engine_;
};

}  // namespace forebay::sqs
