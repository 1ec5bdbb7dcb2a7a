// SPDX-License-Identifier: Apache-2.0
#include "sim/session.h"

#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/crc32c.h"

namespace forebay::sim {
namespace {

std::string short_id(const Bytes16& id) {
  return hex_encode({reinterpret_cast<const char*>(id.data()), 4});
}

std::string to_text(const Result<void>& result) {
  return result.ok() ? "ok" : result.error().message;
}

struct RequestText {
  std::string operator()(const engine::CreateQueue&) { return "create"; }
  std::string operator()(const engine::DeleteQueue&) { return "delete queue"; }
  std::string operator()(const engine::FindQueue&) { return "find"; }
  std::string operator()(const engine::ListQueues&) { return "list"; }
  std::string operator()(const engine::DescribeQueue&) { return "describe"; }
  std::string operator()(const engine::SetQueueAttributes&) { return "set attributes"; }
  std::string operator()(const engine::TagQueue&) { return "tag"; }
  std::string operator()(const engine::UntagQueue&) { return "untag"; }
  std::string operator()(const engine::ListQueueTags&) { return "list tags"; }
  std::string operator()(const engine::PurgeQueue&) { return "purge"; }
  std::string operator()(const engine::SendMessages& op) {
    std::string out = "send";
    for (const engine::SendEntry& e : op.entries) {
      out += fmt::format(" {}({} bytes, group {}, deduplication {}, delay {})",
                         short_id(e.message_id), e.content.size(), e.message_group_id.value_or("-"),
                         e.message_deduplication_id.value_or("-"), e.delay_seconds.value_or(-1));
    }
    return out;
  }
  std::string operator()(const engine::ReceiveMessages& op) {
    return fmt::format("receive {} visibility {} wait {} attempt {}", op.max_number_of_messages,
                       op.visibility_timeout.value_or(-1), op.wait_time_seconds.value_or(-1),
                       op.receive_request_attempt_id);
  }
  std::string operator()(const engine::DeleteMessages& op) {
    std::string out = "delete";
    for (const std::string& handle : op.receipt_handles)
      out += fmt::format(" {:08x}", crc32c(handle));
    return out;
  }
  std::string operator()(const engine::ListDeadLetterSourceQueues&) { return "list sources"; }
  std::string operator()(const engine::StartMessageMoveTask& op) {
    return fmt::format("start task {} to {} rate {}", short_id(op.task_id),
                       op.destination ? op.destination->name : "-",
                       op.max_number_of_messages_per_second.value_or(0));
  }
  std::string operator()(const engine::CancelMessageMoveTask& op) {
    return "cancel task " + short_id(op.task_id);
  }
  std::string operator()(const engine::ListMessageMoveTasks& op) {
    return fmt::format("list {} tasks", op.max_results);
  }
  std::string operator()(const engine::ChangeVisibility& op) {
    std::string out = "change";
    for (const auto& e : op.entries)
      out += fmt::format(" {:08x}={}", crc32c(e.receipt_handle), e.visibility_timeout);
    return out;
  }
};

struct ReplyText {
  std::string operator()(const engine::CreateQueue::Reply& reply) {
    return reply.created ? "created" : "there";
  }
  std::string operator()(const engine::ListQueues::Reply& reply) {
    return fmt::format("{} names", reply.names.size());
  }
  std::string operator()(const engine::DescribeQueue::Reply& reply) {
    return fmt::format("{} visible {} in flight {} delayed", reply.visible_count,
                       reply.not_visible_count, reply.delayed_count);
  }
  std::string operator()(const engine::ListQueueTags::Reply& reply) {
    return fmt::format("{} tags", reply.tags.size());
  }
  std::string operator()(const engine::SendMessages::Reply& reply) {
    std::string out;
    for (const auto& sent : reply.results) {
      out += sent.ok() ? fmt::format(" {}={}", short_id(sent->message_id), sent->number.value)
                       : sent.error().message;
    }
    return out;
  }
  std::string operator()(const engine::ReceiveMessages::Reply& reply) {
    std::string out = fmt::format("{} messages", reply.messages.size());
    for (const auto& m : reply.messages) {
      out +=
          fmt::format(" {}x{}:{:08x}", m.number.value, m.receive_count, crc32c(m.receipt_handle));
      if (m.move_count > 0) out += fmt::format(" moved {}", m.move_count);
    }
    return out;
  }
  std::string operator()(const engine::ListDeadLetterSourceQueues::Reply& reply) {
    return fmt::format("{} names", reply.names.size());
  }
  std::string operator()(const engine::CancelMessageMoveTask::Reply& reply) {
    return fmt::format("moved {}", reply.moved_count);
  }
  std::string operator()(const engine::ListMessageMoveTasks::Reply& reply) {
    std::string out = fmt::format("{} tasks", reply.tasks.size());
    for (const engine::MessageMoveTask& task : reply.tasks) {
      out += fmt::format(" {} status {} moved {} of {} {}", short_id(task.task_id),
                         static_cast<int>(task.status), task.moved_count, task.to_move_count,
                         task.failure_reason);
    }
    return out;
  }
  template <class Batch>
    requires requires(const Batch& b) { b.results; }
  std::string operator()(const Batch& reply) {
    std::string out;
    for (const Result<void>& result : reply.results) out += ' ' + to_text(result);
    return out;
  }
  template <class Empty>
  std::string operator()(const Empty&) {
    return "ok";
  }
};

}  // namespace

std::string to_text(const shard::Request& request) {
  return std::visit(RequestText{}, request);
}

std::string to_text(const Result<shard::Reply>& reply) {
  return reply.ok() ? std::visit(ReplyText{}, *reply) : reply.error().message;
}

void Session::ask(size_t queue, shard::Request request, Answer answer) {
  CHECK(!busy() && stage_.server.running());
  stage_.trace.note(
      fmt::format("{} {} q{} {}", stage_.world.monotonic().value, name_, queue, to_text(request)));
  issued_ = Issued{queue, request, stage_.time.look()};
  stage_.model.issued(*issued_);
  answer_ = std::move(answer);
  asked_at_ = stage_.world.monotonic();
  const uint64_t serial = ++serial_;
  stage_.server.submit(
      std::move(request),
      [this, alive = alive_, serial](const Result<shard::Reply>& reply) {
        if (*alive) answered(serial, reply);
      },
      [this, alive = alive_, serial] {
        if (*alive && serial == serial_) lose_in_order();
      });
}

void Session::answered(uint64_t serial, const Result<shard::Reply>& reply) {
  if (serial != serial_ || !issued_) {
    return stage_.verdict.violation(name_ + " was answered twice");
  }
  stage_.trace.note(
      fmt::format("{} {} <- {}", stage_.world.monotonic().value, name_, to_text(reply)));
  ++stage_.answer_count;
  const Issued issued = *std::exchange(issued_, std::nullopt);
  stage_.model.answered(issued, reply, stage_.time.now());
  const Answer answer = std::exchange(answer_, nullptr);
  // The last thing that reached this client before the server was gone.
  if (stage_.server.running()) answer(reply);
}

void Session::lose_in_order() {
  if (!issued_) return;
  stage_.model.lost(*issued_, stage_.time.now());
  stage_.model.settle_lost_receives(stage_.time.now());
  issued_.reset();
  answer_ = nullptr;
}

std::optional<Issued> Session::lose() {
  if (issued_) stage_.model.lost(*issued_, stage_.time.now());
  answer_ = nullptr;
  return std::exchange(issued_, std::nullopt);
}

void Session::check_waiting(int64_t slack_ms) {
  if (!issued_) return;
  stage_.model.check_waiting(*issued_, stage_.world.monotonic() - asked_at_, stage_.time.now(),
                             slack_ms);
}

}  // namespace forebay::sim
