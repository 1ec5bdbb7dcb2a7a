// SPDX-License-Identifier: Apache-2.0
// A simulated client: draws a request, waits for its answer, thinks, draws the next.
//
// Keeps old receipt handles and uses them late; repeats what was lost when the server died, with
// the same deduplication id, as SDKs do.
// Thread: one owner.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/options.h"
#include "sim/session.h"

namespace forebay::sim {

class SimClient {
 public:
  /// `budget`: requests that all clients may still make.
  SimClient(Stage& stage, const RunOptions& options, int& budget, int index, Prng prng);

  void server_died();
  void server_back();
  /// No new requests any more.
  void stop() { stopped_ = true; }
  void resume() { stopped_ = false; }
  Session& session() { return session_; }

 private:
  struct OldHandle {
    size_t queue;
    std::string text;
  };

  void think();
  void act();
  void ask(size_t queue, shard::Request request);
  void answered(const Result<shard::Reply>& reply);

  /// May turn to another queue.
  std::optional<shard::Request> draw(size_t& queue);
  shard::Request draw_send(size_t queue);
  engine::SendEntry draw_entry(size_t queue);
  shard::Request draw_receive(size_t queue);
  std::optional<shard::Request> draw_delete(size_t queue);
  std::optional<shard::Request> draw_change(size_t queue);
  shard::Request draw_set_attributes(size_t queue);
  shard::Request draw_tagging(size_t queue);
  shard::Request draw_deletion(size_t& queue);
  shard::Request draw_move_task(size_t& queue);
  shard::Request draw_start(size_t source);
  std::optional<size_t> deletable_queue() const;
  std::vector<std::string> draw_handles(size_t queue, bool keep);
  void leave_sometimes(const std::shared_ptr<const engine::Client>& client);

  Stage& stage_;
  const RunOptions& options_;
  int& budget_;
  const int index_;
  Prng prng_;
  Session session_;
  size_t asked_queue_ = 0;
  std::deque<OldHandle> handles_;
  std::optional<std::pair<size_t, shard::Request>> repeat_;  // after the server is back
  std::string last_attempt_;
  std::deque<std::pair<size_t, Bytes16>> tasks_;  // the latest, and their sources
  uint64_t serial_ = 0;
  bool stopped_ = false;
  SimWorld::EventId next_act_ = 0;
};

}  // namespace forebay::sim
