// SPDX-License-Identifier: Apache-2.0
// `Poller`: receives messages, as many as there are free slots for.
//
// By itself, with fill(): one poll is enough while the queue gives less than was asked for. Each
// full reply allows one poll more to run beside it, up to parallel_max; an empty reply or an error
// goes back to one. Where several queues share slots, with fetch() and park(): a queue that has
// messages is asked without a wait, one that has none with a single long poll that holds no slot.
// On FIFO queues a receive whose answer was lost is repeated with its ReceiveRequestAttemptId: SQS
// then gives the same messages, whose groups would else stand still until their visibility timeout.
// Thread: the consumer's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "consumer/context.h"
#include "consumer/due_list.h"

namespace forebay::sqs::detail {

class Poller {
 public:
  using Received = std::function<void(std::vector<Message>)>;

  /// Messages that a parked poll may bring: few, since no slots are kept for them; more than one,
  /// so that a full reply says that there are more.
  static constexpr size_t kParkedMax = 2;

  Poller(Context& context, Received received);

  /// Begins what polls make sense with so many free slots, those asked for already not included.
  void fill(size_t free_slots);

  /// For `slots` messages (1 or more), at once: replies come without a wait. A fetch that is late
  /// holds its slots no longer; what it brings in the end waits for others.
  void fetch(size_t slots);
  /// For up to `limit` messages (at most kParkedMax are asked for) as soon as there are some; for
  /// `wait_max` at the longest.
  void park(size_t limit, std::chrono::seconds wait_max);
  /// Whether fetch() is of use, as far as the last reply can tell; else park().
  bool has_more() const { return has_more_; }
  bool parked() const { return parked_; }
  /// No poll begins until the pause after an error, or after an empty reply, is over.
  bool pausing() const { return pause_.armed(); }
  /// Slots of fetches that have ended since the last call.
  size_t take_returned() { return std::exchange(returned_, 0); }

  void set_wait_time(std::chrono::seconds wait_time) { wait_time_ = wait_time; }

  size_t open_polls() const { return open_; }
  /// Messages that open polls may bring; parked ones and late fetches do not count.
  size_t asked() const { return asked_; }
  /// Messages that polls of any kind may still bring, those to be repeated included.
  size_t expected() const { return expected_; }
  /// Whether the next poll repeats one whose answer was lost; it is in expected() already.
  bool repeats() const { return !unanswered_.empty(); }
  /// The last reply was empty, and no poll is under way.
  bool found_nothing() const { return empties_ > 0 && open_ == 0; }
  /// The last poll that ended was an error.
  bool failing() const { return errors_ > 0; }

  /// Ends open polls within milliseconds; what is on the way to them is lost until its visibility
  /// timeout.
  void cancel();

 private:
  enum class Kind : uint8_t { kFill, kFetch, kPark };
  struct Poll {
    Kind kind = Kind::kFill;
    size_t asked = 0;
    std::chrono::seconds wait{0};
    uint64_t number = 0;
    std::string attempt_id = {};  // FIFO
    int64_t began_us = 0;
  };

  size_t left_to_receive() const;
  Poll next_poll(Kind kind, size_t limit);
  std::string new_attempt_id() const;
  void begin(Poll poll);
  void ended(Poll poll, Result<ReceiveMessageReply> reply);
  void give_back_slots(const Poll& poll);
  void note_late();
  void note(const ReceiveMessageReply& reply);
  void found(size_t count, const Poll& poll);
  void failed(Poll poll, const Error& error);

  Context& context_;
  const Received received_;
  ReceiveMessageRequest request_;
  CallOptions call_options_;
  std::stop_source stop_;
  DueTimer pause_;  // armed: no poll begins
  DueTimer late_;
  std::chrono::seconds wait_time_;

  size_t open_ = 0;
  size_t asked_ = 0;
  size_t expected_ = 0;
  size_t wanted_ = 1;  // polls that may run beside each other
  int empties_ = 0;    // in a row, as the next
  int errors_ = 0;
  bool has_more_ = true;  // nobody knows yet
  bool parked_ = false;
  size_t returned_ = 0;
  struct Fetch {
    size_t asked;
    int64_t late_ms;
  };
  std::map<uint64_t, Fetch> fetches_;  // under way and not late, by their polls' numbers
  uint64_t last_number_ = 0;
  std::vector<Poll> unanswered_;  // FIFO: to be repeated
};

}  // namespace forebay::sqs::detail
