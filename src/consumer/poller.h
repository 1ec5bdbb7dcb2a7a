// SPDX-License-Identifier: Apache-2.0
// `Poller`: receives messages, as many as there are free slots for.
//
// One poll is enough while the queue gives less than was asked for. Each full reply allows one poll
// more to run beside it, up to parallel_max; an empty reply or an error goes back to one. On FIFO
// queues a receive whose answer was lost is repeated with its ReceiveRequestAttemptId: SQS then
// gives the same messages, whose groups would else stand still until their visibility timeout.
// Thread: the consumer's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "consumer/context.h"
#include "consumer/due_list.h"

namespace forebay::sqs::detail {

class Poller {
 public:
  using Received = std::function<void(std::vector<Message>)>;

  Poller(Context& context, Received received);

  /// Begins what polls make sense with so many free slots, those asked for already not included.
  void fill(size_t free_slots);

  size_t open_polls() const { return open_; }
  /// Messages that open polls may bring.
  size_t asked() const { return asked_; }
  /// The last reply was empty, and no poll is under way.
  bool found_nothing() const { return empties_ > 0 && open_ == 0; }

  /// Ends open polls within milliseconds; what is on the way to them is lost until its visibility
  /// timeout.
  void cancel();

 private:
  struct Poll {
    size_t asked = 0;
    std::string attempt_id = {};  // FIFO
    int64_t began_us = 0;
  };

  size_t left_to_receive() const;
  Poll next_poll(size_t free_slots);
  std::string new_attempt_id() const;
  void begin(Poll poll);
  void ended(Poll poll, Result<ReceiveMessageReply> reply);
  void note(const ReceiveMessageReply& reply);
  void found(size_t count, size_t asked);
  void failed(Poll poll, const Error& error);

  Context& context_;
  const Received received_;
  ReceiveMessageRequest request_;
  CallOptions call_options_;
  std::stop_source stop_;
  DueTimer pause_;  // armed: no poll begins

  size_t open_ = 0;
  size_t asked_ = 0;
  size_t wanted_ = 1;  // polls that may run beside each other
  int empties_ = 0;    // in a row, as the next
  int errors_ = 0;
  std::vector<Poll> unanswered_;  // FIFO: to be repeated
};

}  // namespace forebay::sqs::detail
