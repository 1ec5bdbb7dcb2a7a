// SPDX-License-Identifier: Apache-2.0
#include "sim/drain.h"

#include <utility>

namespace forebay::sim {
namespace {

constexpr int64_t kFullDiskPauseMs = 500;

}  // namespace

void Preparation::start(std::function<void()> ready) {
  ready_ = std::move(ready);
  settle(0);
}

void Preparation::settle(size_t queue) {
  if (queue == stage_.model.queue_count()) return std::exchange(ready_, nullptr)();
  session_.ask(queue, engine::DescribeQueue{stage_.model.spec(queue).address},
               [this, queue](const auto& reply) {
                 if (reply.ok()) return compare_tags(queue);
                 stage_.model.ever_created(queue) ? settle(queue + 1) : create(queue);
               });
}

void Preparation::create(size_t queue) {
  const QueueSpec& spec = stage_.model.spec(queue);
  session_.ask(queue, engine::CreateQueue{spec.address, spec.attributes, {{"made", "first"}}},
               [this, queue](const auto& reply) {
                 const bool full =
                     !reply.ok() && reply.error().code == ErrorCode::kServiceUnavailable;
                 full ? create_later(queue) : settle(queue + 1);
               });
}

/// The disk is full; that passes.
void Preparation::create_later(size_t queue) {
  stage_.world.at_delay(kScenario, kFullDiskPauseMs, [this, queue, life = life_] {
    if (life == life_) create(queue);
  });
}

void Preparation::compare_tags(size_t queue) {
  session_.ask(queue, engine::ListQueueTags{stage_.model.spec(queue).address},
               [this, queue](const auto&) { list_tasks(queue); });
}

void Preparation::list_tasks(size_t queue) {
  if (!stage_.model.has_tasks(queue)) return settle(queue + 1);
  session_.ask(queue, engine::ListMessageMoveTasks{stage_.model.spec(queue).address, 10},
               [this, queue](const auto&) { settle(queue + 1); });
}

void Drain::end_tasks(size_t queue) {
  if (queue == stage_.model.queue_count()) return look(0);
  if (!stage_.model.has_tasks(queue)) return end_tasks(queue + 1);
  session_.ask(queue, engine::ListMessageMoveTasks{stage_.model.spec(queue).address, 10},
               [this, queue](const auto& reply) {
                 if (!reply.ok()) return end_tasks(queue + 1);
                 const auto& tasks = std::get<engine::ListMessageMoveTasks::Reply>(*reply).tasks;
                 const bool runs =
                     !tasks.empty() && tasks.front().status == engine::MoveTaskStatus::kRunning;
                 runs ? end_task(queue, tasks.front()) : end_tasks(queue + 1);
               });
}

/// Some it cancels, the others it awaits.
void Drain::end_task(size_t queue, const engine::MessageMoveTask& task) {
  if (task.task_id[0] % 4 != 0) {
    later(1'000, [this, queue] { end_tasks(queue); });
    return;
  }
  session_.ask(queue, engine::CancelMessageMoveTask{stage_.model.spec(queue).address, task.task_id},
               [this, queue](const auto&) { later(1, [this, queue] { end_tasks(queue); }); });
}

void Drain::later(int64_t ms, std::function<void()> step) {
  next_ = stage_.world.at_delay(kScenario, ms, std::move(step));
}

void Drain::look(size_t queue) {
  if (queue == 0) clean_ = true;
  session_.ask(queue, engine::DescribeQueue{stage_.model.spec(queue).address},
               [this, queue](const auto& reply) {
                 if (reply.ok()) {
                   const auto& counts = std::get<engine::DescribeQueue::Reply>(*reply);
                   if (counts.visible_count + counts.not_visible_count + counts.delayed_count > 0)
                     return receive(queue);
                 }
                 if (queue + 1 < stage_.model.queue_count()) return look(queue + 1);
                 if (!clean_) return look(0);
                 finished_ = true;
               });
}

void Drain::receive(size_t queue) {
  clean_ = false;
  engine::ReceiveMessages receive;
  receive.queue = stage_.model.spec(queue).address;
  receive.max_number_of_messages = 10;
  receive.visibility_timeout = 60;
  receive.wait_time_seconds = 2;
  session_.ask(queue, std::move(receive), [this, queue](const auto& reply) {
    if (!reply.ok()) return later(500, [this, queue] { look(queue); });  // a full disk
    remove(queue, std::get<engine::ReceiveMessages::Reply>(*reply));
  });
}

void Drain::remove(size_t queue, const engine::ReceiveMessages::Reply& received) {
  if (received.messages.empty()) {
    // Not in a row without end: whoever waits lets time pass.
    later(500, [this, queue] { look(queue); });
    return;
  }
  engine::DeleteMessages remove{stage_.model.spec(queue).address, {}};
  for (const auto& message : received.messages)
    remove.receipt_handles.push_back(message.receipt_handle);
  session_.ask(queue, std::move(remove), [this, queue](const auto&) { look(queue); });
}

}  // namespace forebay::sim
