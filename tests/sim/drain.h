// SPDX-License-Identifier: Apache-2.0
// The one who sets the stage and the one who clears it.
//
// `Preparation` asks about every queue after a start, and makes those that never were: what a crash
// left open is settled before the clients go on. `Drain` cancels the move tasks or awaits their
// end, then receives and deletes until every queue says it is empty.
// Thread: one owner.
#pragma once

#include <functional>

#include "sim/session.h"

namespace forebay::sim {

class Preparation {
 public:
  explicit Preparation(Stage& stage) : stage_(stage), session_(stage, "prepare") {}

  /// Calls `ready` when done; not if the server dies before.
  void start(std::function<void()> ready);
  void server_died() {
    ++life_;
    session_.lose();
  }
  Session& session() { return session_; }

 private:
  void settle(size_t queue);
  void create(size_t queue);
  void create_later(size_t queue);
  void compare_tags(size_t queue);
  void list_tasks(size_t queue);

  Stage& stage_;
  Session session_;
  std::function<void()> ready_;
  int life_ = 0;  // of the server
};

class Drain {
 public:
  explicit Drain(Stage& stage) : stage_(stage), session_(stage, "drain") {}
  ~Drain() { stage_.world.cancel(next_); }
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  void start() { end_tasks(0); }
  bool finished() const { return finished_; }
  /// It is over; another one must begin.
  void server_died() {
    session_.lose();
    stage_.world.cancel(next_);
  }
  Session& session() { return session_; }

 private:
  void end_tasks(size_t queue);
  void end_task(size_t queue, const engine::MessageMoveTask& task);
  void look(size_t queue);
  void receive(size_t queue);
  void remove(size_t queue, const engine::ReceiveMessages::Reply& received);
  void later(int64_t ms, std::function<void()> step);

  Stage& stage_;
  Session session_;
  SimWorld::EventId next_ = 0;
  bool clean_ = true;  // this round has found nothing so far
  bool finished_ = false;
};

}  // namespace forebay::sim
