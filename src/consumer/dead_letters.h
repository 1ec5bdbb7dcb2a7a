// SPDX-License-Identifier: Apache-2.0
// `DeadLetters`: sends messages to the dead-letter queue with SendMessage, and finds that queue.
//
// SQS has no call that moves one message: it is sent first, and deleted by the caller when that is
// confirmed, so it may be twice, and is never nowhere.
// Thread: the consumer's own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "consumer/context.h"
#include "consumer/held_message.h"

namespace forebay::sqs::detail {

/// What is sent. Pure, for tests.
SendMessageRequest dead_letter_of(const Message& message, const std::string& reason,
                                  const std::string& dead_letter_queue_url);

class DeadLetters {
 public:
  DeadLetters(Context& context, std::function<void(HeldMessage&, bool sent)> ended);

  /// `held.outcome` is Dead.
  void send(HeldMessage& held);

 private:
  void find_queue();
  void found_policy(const Result<GetQueueAttributesReply>& reply);
  void found_queue(const Result<QueueUrlReply>& reply);
  void cannot_find(const Error& error);
  void send_now(HeldMessage& held);

  Context& context_;
  const std::function<void(HeldMessage&, bool)> ended_;
  std::string queue_url_;              // empty: not found yet
  std::vector<HeldMessage*> waiting_;  // for it
};

}  // namespace forebay::sqs::detail
