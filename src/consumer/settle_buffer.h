// SPDX-License-Identifier: Apache-2.0
// `SettleBuffer`: tells SQS what became of messages: deletes and returns, ten in a call.
//
// The first entry waits `linger` for others. What fails is tried again, entry by entry, after a
// pause: deletes as long as the lease lives, returns a few times (the message comes back by
// itself).
// Thread: the consumer's own.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <vector>

#include <forebay/sqs/client.h>

#include "base/check.h"
#include "consumer/context.h"
#include "consumer/due_list.h"
#include "consumer/held_message.h"

namespace forebay::sqs::detail {

class SettleBuffer {
 public:
  struct Events {
    /// SQS has confirmed it, or it was given up.
    std::function<void(HeldMessage&, bool confirmed)> settled;
    std::function<void(HeldMessage&)> unpinned;
  };

  SettleBuffer(Context& context, Events events);

  void remove(HeldMessage& held);
  /// Visible again after 0 s to 12 h.
  void give_back(HeldMessage& held, std::chrono::seconds visibility);

  /// Sends what waits for others, now.
  void flush();
  /// Messages that are not settled yet.
  size_t size() const { return size_; }
  /// Forgets everything and cancels calls under way: nothing more is told.
  void abandon();

 private:
  /// What one call settles; in place, since each message passes through one.
  class Batch {
   public:
    void push_back(HeldMessage* held) {
      CHECK(!full());
      entries_[size_++] = held;
    }
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool full() const { return size_ == entries_.size(); }
    HeldMessage& operator[](size_t place) const { return *entries_[place]; }

   private:
    std::array<HeldMessage*, kBatchEntriesMax> entries_{};
    size_t size_ = 0;
  };

  struct Waiting {
    Batch entries;                    // never full
    std::vector<HeldMessage*> again;  // failed, and to be tried again after a pause
  };

  void add(Waiting& waiting, HeldMessage& held);
  void gather(Waiting& waiting, HeldMessage& held);
  void send_all(Waiting& waiting);
  void send(const Batch& batch);
  void send_deletes(const Batch& batch);
  void send_returns(const Batch& batch);
  void answered(const Batch& batch, const Result<BatchReply>& reply);
  void try_again(HeldMessage& held);
  void end(HeldMessage& held, bool confirmed);
  void retry();

  Context& context_;
  const Events events_;
  std::stop_source stop_;
  DueTimer linger_;
  DueTimer retry_;
  Waiting deletes_;
  Waiting returns_;
  DeleteMessageBatchRequest delete_request_;  // its texts' memory is used again
  size_t size_ = 0;
  bool abandoned_ = false;
};

}  // namespace forebay::sqs::detail
