// SPDX-License-Identifier: Apache-2.0
// Hands replies on in the order in which their requests were decided, however they come.
//
// A reply whose contents must be fetched from the disk leaves the shard after later ones. The model
// is a sequential machine, so whoever feeds it waits for the earlier ones first: to a client that
// is only a slower network. The order of decisions is the shard's to tell (`ShardEnvironment`).
//
//   shard.submit(request, order.enlist(done, lost));
//
// When the process dies, what came is still handed on, in order; of what was decided before and
// never came, `lost` is called in its place.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "shard/router.h"
#include "sim/sim_world.h"
#include "sim/verdict.h"

namespace forebay::sim {

class ReplyOrder {
 public:
  using Lost = std::function<void()>;
  struct Process {
    OwnerId owner;
    /// It is gone, though this step of it still runs: nothing leaves it any more.
    std::function<bool()> dead;
  };

  /// `late_per_mille`: of all receives that deliver something; they come up to kLateMsMax later,
  /// as if their contents had been read from a slow disk.
  ReplyOrder(SimWorld& world, Process process, Verdict& verdict, Prng prng, int late_per_mille)
      : world_(world),
        process_(std::move(process)),
        verdict_(verdict),
        prng_(prng),
        late_per_mille_(late_per_mille) {}
  ReplyOrder(const ReplyOrder&) = delete;
  ReplyOrder& operator=(const ReplyOrder&) = delete;

  /// What to give to the shard in place of `done`.
  shard::Done enlist(shard::Done done, Lost lost);
  void decided(const shard::Done& done);
  void process_died();

  static constexpr int64_t kLateMsMax = 500;

 private:
  struct Request {
    shard::Done done;
    Lost lost;
    bool is_decided = false;
    std::optional<Result<shard::Reply>> reply;
  };
  struct Tap {
    ReplyOrder* order;
    uint64_t id;
    void operator()(Result<shard::Reply> reply) const { order->came(id, std::move(reply)); }
  };

  void came(uint64_t id, Result<shard::Reply> reply);
  void take(uint64_t id, Result<shard::Reply> reply);
  void note_decided(uint64_t id);

  SimWorld& world_;
  const Process process_;
  Verdict& verdict_;
  Prng prng_;
  const int late_per_mille_;
  std::map<uint64_t, Request> requests_;
  std::deque<uint64_t> decided_;  // not handed on yet
  uint64_t last_id_ = 0;
};

}  // namespace forebay::sim
