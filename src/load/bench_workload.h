// SPDX-License-Identifier: Apache-2.0
// What each connection asks next, for ever, and what it learns from the replies. No sockets, no
// clock.
//
// A lane is one connection's part of the load: one request at a time. Whatever happened, a lane
// always has a next request; a sequence whose request failed goes on with what can still be done.
// Thread: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "load/action.h"
#include "load/error_counts.h"
#include "load/mix.h"
#include "load/requests.h"
#include "load/response.h"

namespace forebay::load {

struct BenchWorkloadOptions {
  Mix mix;
  uint32_t lanes = 1;
  uint32_t batch = 1;               // messages a request
  uint64_t first_message = 0;       // differs between threads: messages and queues go on from there
  bool any_200_is_success = false;  // a target that is no queue: replies are not looked into
};

/// What one reply says.
struct Reply {
  Action action = Action::kSend;
  uint32_t messages = 0;  // sent, received or deleted
  uint32_t errors = 0;    // entries of a batch that failed; 1 for a request that did
  bool answered = false;  // the request was carried out, at least in part
};

class BenchWorkload {
 public:
  /// Borrows: `form`, which names at least one queue; `clock`.
  BenchWorkload(BenchWorkloadOptions options, const RequestForm& form, const env::Clock& clock);

  /// Appends the lane's next request to `out`.
  Action next(size_t lane, std::string& out);
  /// The reply to the lane's request. Adds what failed to `errors`.
  Reply replied(size_t lane, const Response& response, ErrorCounts& errors);
  /// There will be no reply. The action that got none.
  Action failed(size_t lane);

 private:
  struct Lane {
    Action action = Action::kSend;  // of the request in flight
    uint32_t messages = 0;          // that this request is about
    uint32_t queue = 0;
    uint32_t awaited = 0;  // kRoundtrip: sent and not received yet
    uint32_t held = 0;     // how many of handles_ wait to be deleted
    std::array<std::string, kBatchMax> handles;
  };
  /// kWeights: received by any lane, not deleted yet.
  struct Received {
    uint32_t queue = 0;
    uint32_t count = 0;
    std::array<std::string, kBatchMax> handles;
  };

  Action choose(Lane& lane);
  Action choose_by_weight(Lane& lane);
  void send(Lane& lane, std::string& out);
  void delete_held(Lane& lane, std::string& out);
  void note_received(Lane& lane, const Response& response, Reply& reply);
  void keep_for_later(Lane& lane);
  void take_kept(Lane& lane);

  const BenchWorkloadOptions options_;
  const uint32_t queue_count_;
  Requests requests_;
  WeightedTurns turns_;
  std::vector<Lane> lanes_;
  std::vector<Received> received_;  // a stack whose room is used again
  size_t received_count_ = 0;
  uint64_t next_message_;
  uint64_t queue_turn_;
};

}  // namespace forebay::load
