// SPDX-License-Identifier: Apache-2.0
// `QueueCalls`: the few calls to SQS that a consumer makes, as a seam: in programs a Client, in
// tests whatever answers as they say.
//
// Thread: calls from the consumer's own; callbacks come once, on any thread, also after whoever
// asked has gone.
#pragma once

#include <functional>
#include <memory>

#include <forebay/sqs/client.h>

namespace forebay::sqs::detail {

class QueueCalls {
 public:
  template <class Reply>
  using Then = std::function<void(Result<Reply>)>;

  virtual ~QueueCalls() = default;

  virtual void receive(const ReceiveMessageRequest& request, const CallOptions& options,
                       Then<ReceiveMessageReply> then) = 0;
  virtual void remove(const DeleteMessageBatchRequest& request, const CallOptions& options,
                      Then<BatchReply> then) = 0;
  virtual void change_visibility(const ChangeMessageVisibilityBatchRequest& request,
                                 const CallOptions& options, Then<BatchReply> then) = 0;
  virtual void send(const SendMessageRequest& request, const CallOptions& options,
                    Then<SendMessageReply> then) = 0;
  virtual void get_queue_attributes(const GetQueueAttributesRequest& request,
                                    const CallOptions& options,
                                    Then<GetQueueAttributesReply> then) = 0;
  virtual void get_queue_url(const GetQueueUrlRequest& request, const CallOptions& options,
                             Then<QueueUrlReply> then) = 0;
};

/// Borrows: the client.
std::unique_ptr<QueueCalls> make_client_calls(Client& client);

}  // namespace forebay::sqs::detail
