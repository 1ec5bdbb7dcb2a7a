// SPDX-License-Identifier: Apache-2.0
// One simulated connection: at most one request under way, every answer checked by the model and
// traced.
//
//   session.ask(queue, engine::FindQueue{...}, [](const Result<shard::Reply>& reply) {...});
//
// Thread: one owner.
// Borrows: a `Stage`, shared by all sessions of a run.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/model.h"
#include "sim/shard_time.h"
#include "sim/sim_server.h"
#include "sim/sim_world.h"

namespace forebay::sim {

/// What all clients of a run share.
struct Stage {
  SimWorld& world;
  SimServer& server;
  Model& model;
  ShardTime& time;
  Verdict& verdict;
  Trace& trace;
  uint64_t answer_count = 0;
};

class Session {
 public:
  using Answer = std::function<void(const Result<shard::Reply>& reply)>;

  Session(Stage& stage, std::string name) : stage_(stage), name_(std::move(name)) {}
  ~Session() { *alive_ = false; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Only while the server runs and no other request is under way. `answer` may run inside.
  void ask(size_t queue, shard::Request request, Answer answer);

  bool busy() const { return issued_.has_value(); }
  /// The server died; returns what was under way.
  std::optional<Issued> lose();
  /// Checks that what is under way does not wait for nothing.
  void check_waiting(int64_t slack_ms);

  const std::string& name() const { return name_; }

 private:
  void answered(uint64_t serial, const Result<shard::Reply>& reply);
  /// Replies to later decisions have reached their clients, this one has not.
  void lose_in_order();

  Stage& stage_;
  const std::string name_;
  std::optional<Issued> issued_;
  Answer answer_;
  MonotonicMs asked_at_;
  uint64_t serial_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// For the trace.
std::string to_text(const shard::Request& request);
std::string to_text(const Result<shard::Reply>& reply);

}  // namespace forebay::sim
