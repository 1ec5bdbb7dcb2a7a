// SPDX-License-Identifier: Apache-2.0
// Decides what each connection asks next, and learns from the replies. No sockets, no clock.
//
// A lane is one connection's part of the load: one request at a time. The stages of a run share
// one Workload, since a stage may delete what an earlier one has received. A duration is over when
// end() was called: lanes then finish the sequence they are in (what was received is deleted).
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/options.h"
#include "load/action.h"
#include "load/requests.h"
#include "load/response.h"

namespace forebay::load {

/// What one reply says.
struct Outcome {
  Action action = Action::kSend;
  uint64_t messages = 0;  // sent, received or deleted
  uint64_t errors = 0;    // entries of a batch that failed; 1 for a request that did
};

class Workload {
 public:
  /// Borrows: `options`, which has at least one connection.
  explicit Workload(const Options& options);

  /// No lane is busy.
  void begin(const Stage& stage);
  /// No new sequence begins from now on.
  void end() { ended_ = true; }

  /// Appends the lane's next request to `out`. False: nothing to do for it now. That may change
  /// with the reply to another lane; when no lane is busy, the stage is over.
  bool next(size_t lane, std::string& out);
  /// The reply to the lane's request.
  Outcome replied(size_t lane, const Response& response);

  /// The stage gave up because receives found nothing, again and again.
  bool ran_dry() const { return ran_dry_; }

 private:
  struct Lane {
    Action action = Action::kSend;  // of the request in flight
    uint32_t messages = 0;          // that this request is about
    uint32_t queue = 0;
    bool has_sent = false;             // kLevel: the receive of this sequence is still to come
    uint32_t owed = 0;                 // kLevel: taken out and not sent again yet
    std::vector<std::string> handles;  // to delete
  };
  struct Received {
    uint32_t queue;
    std::vector<std::string> handles;
  };

  bool next_send(Lane& lane, std::string& out);
  bool next_receive(Lane& lane, std::string& out);
  bool next_delete(Lane& lane, std::string& out);
  bool next_level(Lane& lane, std::string& out);
  /// How many messages the next request may be about, `wanted` at most; 0 ends the stage.
  uint32_t claim(uint32_t wanted);
  uint32_t next_queue();
  bool send(Lane& lane, uint32_t count, std::string& out);
  bool receive(Lane& lane, uint32_t count, std::string& out);
  bool delete_handles(Lane& lane, std::string& out);
  void keep_handles(Lane& lane, std::vector<std::string> handles);

  const Options& options_;
  Requests requests_;
  std::vector<Lane> lanes_;
  std::vector<Received> received_;  // not deleted yet
  uint64_t next_message_;
  Stage stage_;
  uint64_t queue_turn_ = 0;
  uint64_t unclaimed_ = 0;  // messages of the stage that no request is about yet
  uint64_t empty_receives_ = 0;
  bool ended_ = false;
  bool ran_dry_ = false;
};

}  // namespace forebay::load
