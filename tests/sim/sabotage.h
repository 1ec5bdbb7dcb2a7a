// SPDX-License-Identifier: Apache-2.0
// Broken promises: a simulated server that breaks exactly one of them, to prove that the checkers
// notice.
//
// A saboteur stands between the clients and the product, or between the product and its log and
// disk. It changes, withholds or makes up what passes there, now and then; for the clients the
// promise is broken just as if the product had broken it. The product itself is the one that ships.
//
//   for (const BrokenPromise& broken : broken_promises()) ...   // one test each
//
// Thread: one owner.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shard/router.h"
#include "sim/prng.h"
#include "sim/sim_world.h"

namespace forebay::sim {

enum class Sabotage : uint8_t {
  // What clients are told, and what becomes of it.
  kSendIsLost,
  kSendIsLostByCrash,
  kDeleteIsUndone,
  kDeleteIsUndoneByCrash,
  kPurgeIsUndone,
  kContentIsChanged,
  kForeignMessageComes,
  kVisibleIsWithheld,
  kPollIsForgotten,
  kRequestIsNotAnswered,
  kDeliveredWhileInvisible,
  kDelayIsIgnored,
  kExpiredIsDelivered,
  kReceiveCountStays,
  kSendTimeIsWrong,
  kFifoIsReordered,
  kGroupIsShared,
  kDuplicateIsAccepted,
  kNewIsTakenForDuplicate,
  kNumberIsGivenTwice,
  kDeadLetterIsLate,
  kDeadLetterHidesItsSource,
  kOldHandleDeletes,
  kHandleIsForgotten,
  kCountsAreWrong,
  kQueueIsForgotten,
  kSettingsAreLost,
  kTagsAreLost,
  kSendIsRefused,
  kTaskIsForgotten,
  kTaskCountIsWrong,
  kMovedMessageIsNotNew,
  // What the log and the disk do.
  kSyncDoesNothing,
  kRecordIsNotReplayed,
  kRecordIsAltered,
  kEpochStays,
  kEndsByItself,
};

/// A broken promise, and what the checkers say of it (the beginning or a part of the text; one of
/// these).
struct BrokenPromise {
  Sabotage sabotage;
  std::string_view name;
  std::vector<std::string_view> noticed;
};
const std::vector<BrokenPromise>& broken_promises();

class Saboteur {
 public:
  using Door = std::function<void(shard::Request request, shard::Done done)>;

  /// `behind` carries out requests of the saboteur's own, which nobody hears of.
  Saboteur(Sabotage sabotage, const SimWorld& world, Prng prng,
           std::function<void(shard::Request)> behind)
      : sabotage_(sabotage), world_(world), prng_(prng), behind_(std::move(behind)) {}
  Saboteur(const Saboteur&) = delete;
  Saboteur& operator=(const Saboteur&) = delete;

  void process_started() { ++process_; }
  /// A client's request goes to the server's `door`, its reply to `done`: as they are, or not.
  void carry(shard::Request request, shard::Done done, const Door& door);
  /// True when this is what it breaks, and now is the time.
  bool strikes(Sabotage sabotage, int per_mille = 1000) {
    return sabotage_ == sabotage && prng_.chance(per_mille);
  }

 private:
  using Received = engine::ReceiveMessages::Reply;
  struct Stolen {
    std::string queue;
    engine::ReceiveMessages::Message message;
    uint64_t process;
  };

  bool swallows(const shard::Request& request);
  void change(shard::Request& request);
  /// The reply to give while the request is not carried out.
  std::optional<shard::Reply> made_up(const shard::Request& request);
  void change(const shard::Request& request, Result<shard::Reply>& reply);

  void change(const engine::ReceiveMessages& request, Received& reply);
  void change(const engine::SendMessages& request, engine::SendMessages::Reply& reply);
  void change(const engine::DeleteMessages& request, engine::DeleteMessages::Reply& reply);
  void change(const engine::DescribeQueue& request, engine::DescribeQueue::Reply& reply);
  void change(const engine::ListMessageMoveTasks& request,
              engine::ListMessageMoveTasks::Reply& reply);
  template <class Op, class Reply>
  void change(const Op&, Reply&) {}

  // Parts of what becomes of a receive's reply.
  void alter(engine::ReceiveMessages::Message& message);
  void lose_some(const engine::ReceiveMessages& request, Received& reply);
  void steal(const engine::ReceiveMessages& request, Received& reply);
  void bring_back(const engine::ReceiveMessages& request, Received& reply);
  bool may_bring_back(const Stolen& stolen, const std::string& queue) const;

  const Sabotage sabotage_;
  const SimWorld& world_;
  Prng prng_;
  const std::function<void(shard::Request)> behind_;
  uint64_t process_ = 0;
  uint64_t first_number_ = 0;  // of the messages sent in this process; see lose_some()
  uint64_t counted_in_ = 0;
  std::deque<Stolen> stolen_;
  std::map<std::string, Stolen> delivered_;          // by receipt handle
  std::map<std::string, engine::SentMessage> sent_;  // the first one of each FIFO queue
};

}  // namespace forebay::sim
