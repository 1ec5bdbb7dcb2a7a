// SPDX-License-Identifier: Apache-2.0
// One pass over a dead-letter queue: receive, decide, make safe, delete; ten messages at a time.
//
// Every message that was met is remembered until the pass ends, with its latest receipt handle, so
// that one which comes again (its hold ended, or a delete failed) is recognised and never handled
// twice; only a handle that still counts is kept for renewing the hold and for letting go.
// Thread: one owner; calls wait.
// Invariants: (1) a message is deleted only when it is safe elsewhere or decided to go; (2) `seen`
// is the sum of what became of the messages, but for a dry run.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <forebay/sqs/dead_letter_manager.h>

#include "dead_letter_manager/entry_calls.h"
#include "dead_letter_manager/target_queues.h"

namespace forebay::sqs::detail {

class Pass {
 public:
  /// Borrows: `client`, `options`.
  Pass(Client& client, const std::string& queue_url, const ProcessOptions& options);

  DeadLetterReport run();

 private:
  enum class State : uint8_t {
    kInHand,  // being decided on and made safe
    kLeft,    // stays: it was kept, or something failed
    kSafe,    // is safe elsewhere, and not deleted yet
    kGone,    // deleted
  };
  using Counter = uint64_t DeadLetterReport::*;
  struct Met {
    State state = State::kInHand;
    bool failed = false;              // and counted so
    Counter counter = nullptr;        // of kSafe and kGone: what it counts as once it is deleted
    std::string receipt_handle = {};  // empty: of no use any more
    int64_t held_since_ms = 0;
  };
  struct Letter {
    Message message = {};
    LetterVerdict verdict = {};
    std::string rule = {};
  };
  using Letters = std::vector<Letter>;

  /// False when the pass is over; report_.end says why.
  bool step();
  Result<ReceiveMessageReply> receive();
  /// What was not met before.
  Letters take_new(std::vector<Message> messages);
  void met_again(Met& met, const Message& message);

  void decide(Letter& letter);
  void limit_requeues(Letter& letter, const DeadLetter& seen);
  void count_class(const Letter& letter);

  void act(Letters letters);
  /// These return the ids of what is safe now.
  std::vector<std::string> archive(const Letters& letters);
  std::vector<std::string> requeue(const Letters& letters);
  std::vector<std::string> requeue_to(const std::string& url,
                                      const std::vector<const Letter*>& letters);
  void remove_as(Counter counter, const std::vector<std::string>& ids);
  void remove(const std::vector<std::string>& ids);
  void removed(Met& met);
  void leave(const std::string& id) { met_.at(id).state = State::kLeft; }
  void fail(DeadLetterFailure::Step step, const std::string& id, Error error);
  void trouble(const Error& error);

  void hold(const std::string& id, Met& met);
  void renew_holds();
  bool is_held(const Met& met, int64_t now) const;
  void lose_hold(const std::string& id, Met& met);
  void release();

  Timestamp now() const;
  int64_t now_ms() const;  // for measuring
  int64_t visibility_ms() const;

  Client& client_;
  const std::string queue_url_;
  const ProcessOptions& options_;
  EntryCalls calls_;
  TargetQueues targets_;

  DeadLetterReport report_;
  int empty_receives_ = 0;
  bool over_ = false;
  std::unordered_map<std::string, Met> met_;  // by message id
  struct Hold {
    int64_t since_ms;
    std::string id;
  };
  std::deque<Hold> holds_;  // oldest first; one whose message was renewed or is gone means nothing
};

}  // namespace forebay::sqs::detail
