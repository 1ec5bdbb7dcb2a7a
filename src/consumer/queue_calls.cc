// SPDX-License-Identifier: Apache-2.0
#include "consumer/queue_calls.h"

#include <utility>

namespace forebay::sqs::detail {
namespace {

class ClientCalls final : public QueueCalls {
 public:
  explicit ClientCalls(Client& client) : client_(client) {}

  void receive(const ReceiveMessageRequest& request, const CallOptions& options,
               Then<ReceiveMessageReply> then) override {
    client_.call(request, options, std::move(then));
  }
  void remove(const DeleteMessageBatchRequest& request, const CallOptions& options,
              Then<BatchReply> then) override {
    client_.call(request, options, std::move(then));
  }
  void change_visibility(const ChangeMessageVisibilityBatchRequest& request,
                         const CallOptions& options, Then<BatchReply> then) override {
    client_.call(request, options, std::move(then));
  }
  void send(const SendMessageRequest& request, const CallOptions& options,
            Then<SendMessageReply> then) override {
    client_.call(request, options, std::move(then));
  }
  void get_queue_attributes(const GetQueueAttributesRequest& request, const CallOptions& options,
                            Then<GetQueueAttributesReply> then) override {
    client_.call(request, options, std::move(then));
  }
  void get_queue_url(const GetQueueUrlRequest& request, const CallOptions& options,
                     Then<QueueUrlReply> then) override {
    client_.call(request, options, std::move(then));
  }

 private:
  Client& client_;
};

}  // namespace

std::unique_ptr<QueueCalls> make_client_calls(Client& client) {
  return std::make_unique<ClientCalls>(client);
}

}  // namespace forebay::sqs::detail
