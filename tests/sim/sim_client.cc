// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_client.h"

#include <algorithm>

#include <fmt/format.h>

namespace forebay::sim {
namespace {

constexpr size_t kHandlesKept = 40;
constexpr size_t kTasksKept = 3;
constexpr int kKeptPerMille = 100;

class Connection final : public engine::Client {
 public:
  bool connected() const override { return connected_; }
  void close() { connected_ = false; }

 private:
  bool connected_ = true;
};

}  // namespace

SimClient::SimClient(Stage& stage, const RunOptions& options, int& budget, int index, Prng prng)
    : stage_(stage),
      options_(options),
      budget_(budget),
      index_(index),
      prng_(prng),
      session_(stage, fmt::format("client{}", index)) {}

void SimClient::server_died() {
  stage_.world.cancel(next_act_);
  const std::optional<Issued> issued = session_.lose();
  if (issued && std::holds_alternative<engine::SendMessages>(issued->request) &&
      prng_.chance(700)) {
    auto send = std::get<engine::SendMessages>(issued->request);
    for (engine::SendEntry& entry : send.entries) {
      for (uint8_t& byte : entry.message_id) byte = static_cast<uint8_t>(prng_.next());
    }
    repeat_ = {issued->queue, std::move(send)};
  } else if (issued && std::holds_alternative<engine::ReceiveMessages>(issued->request) &&
             prng_.chance(500)) {
    repeat_ = {issued->queue, issued->request};
    std::get<engine::ReceiveMessages>(repeat_->second).client = nullptr;
  }
}

void SimClient::server_back() {
  think();
}

void SimClient::think() {
  int64_t pause_ms = prng_.between(0, options_.think_ms);
  if (prng_.chance(options_.nap_per_mille)) pause_ms += prng_.between(1'000, 120'000);
  next_act_ = stage_.world.at_delay(kScenario, pause_ms, [this] { act(); });
}

void SimClient::act() {
  if (!stage_.server.running() || session_.busy() || stopped_) return;
  if (repeat_) {
    auto [queue, request] = *std::exchange(repeat_, std::nullopt);
    return ask(queue, std::move(request));
  }
  if (budget_ <= 0) return;
  size_t queue = prng_.below(stage_.model.queue_count());
  std::optional<shard::Request> request = draw(queue);
  if (!request) return think();
  --budget_;
  ask(queue, *std::move(request));
}

void SimClient::ask(size_t queue, shard::Request request) {
  asked_queue_ = queue;
  if (const auto* receive = std::get_if<engine::ReceiveMessages>(&request))
    leave_sometimes(receive->client);
  session_.ask(queue, std::move(request),
               [this](const Result<shard::Reply>& reply) { answered(reply); });
}

void SimClient::answered(const Result<shard::Reply>& reply) {
  const auto* received =
      reply.ok() ? std::get_if<engine::ReceiveMessages::Reply>(&*reply) : nullptr;
  if (received != nullptr) {
    for (const auto& message : received->messages)
      handles_.push_back({asked_queue_, message.receipt_handle});
    while (handles_.size() > kHandlesKept) handles_.pop_front();
  }
  think();
}

/// Some clients hang up while they wait; some of them are noticed at once, others only by the
/// check.
void SimClient::leave_sometimes(const std::shared_ptr<const engine::Client>& client) {
  if (client == nullptr || !prng_.chance(100)) return;
  const bool noticed = prng_.chance(500);
  auto connection = std::const_pointer_cast<engine::Client>(client);
  stage_.world.at_delay(kScenario, prng_.between(0, 5'000), [this, connection, noticed] {
    static_cast<Connection&>(*connection).close();
    if (noticed && stage_.server.running()) stage_.server.shard().abandon(connection);
  });
}

std::optional<shard::Request> SimClient::draw(size_t& queue) {
  const RequestWeights& w = options_.weights;
  const engine::QueueAddress& address = stage_.model.spec(queue).address;
  if (stage_.model.spec(queue).kept) {
    if (prng_.chance(kKeptPerMille)) return draw_send(queue);
    return engine::FindQueue{address};
  }
  const int total = w.send + w.receive + w.remove + w.change_visibility + w.describe + w.list +
                    w.set_attributes + w.tag + w.purge + w.delete_queue + w.move_task;
  auto ticket = static_cast<int>(prng_.below(static_cast<uint64_t>(total)));
  const auto drawn = [&ticket](int weight) { return (ticket -= weight) < 0; };
  if (drawn(w.send)) {
    // A task without a destination ends at a message that was sent straight to its source.
    if (w.move_task > 0 && stage_.model.dead_letter_queue(queue) && prng_.chance(950))
      queue = *stage_.model.dead_letter_source(queue);
    return draw_send(queue);
  }
  if (drawn(w.receive)) return draw_receive(queue);
  if (drawn(w.remove)) return draw_delete(queue);
  if (drawn(w.change_visibility)) return draw_change(queue);
  if (drawn(w.describe)) return engine::DescribeQueue{address};
  if (drawn(w.list))
    return engine::ListQueues{address.region, address.account, prng_.chance(500) ? "" : "f", "",
                              1000};
  if (index_ != 0)
    return engine::FindQueue{address};  // one client administers: its requests do not overlap
  if (drawn(w.set_attributes)) return draw_set_attributes(queue);
  if (drawn(w.tag)) return draw_tagging(queue);
  if (drawn(w.purge)) return engine::PurgeQueue{address};
  if (drawn(w.move_task)) return draw_move_task(queue);
  return draw_deletion(queue);
}

shard::Request SimClient::draw_send(size_t queue) {
  engine::SendMessages send{stage_.model.spec(queue).address, {}, prng_.chance(300)};
  const int64_t entries = send.batch ? prng_.between(1, 10) : 1;
  for (int64_t i = 0; i < entries; ++i) send.entries.push_back(draw_entry(queue));
  return send;
}

engine::SendEntry SimClient::draw_entry(size_t queue) {
  engine::SendEntry entry;
  for (uint8_t& byte : entry.message_id) byte = static_cast<uint8_t>(prng_.next());
  entry.content = fmt::format("client{} message {} ", index_, ++serial_);
  const uint64_t bytes = prng_.chance(options_.large_per_mille)
                             ? prng_.below(static_cast<uint64_t>(options_.large_bytes_max))
                             : prng_.below(600);
  entry.content.append(bytes, static_cast<char>('a' + prng_.below(26)));
  entry.size_bytes = static_cast<int64_t>(entry.content.size());
  const engine::QueueAttributes& attributes = stage_.model.attributes(queue);
  if (!attributes.fifo_queue) {
    if (prng_.chance(200)) entry.delay_seconds = static_cast<int32_t>(prng_.between(0, 20));
    if (prng_.chance(options_.tenant_per_mille)) {
      // One of them sends as much as all others together.
      entry.message_group_id = fmt::format("t{}", prng_.chance(500) ? 0 : prng_.below(12));
    }
    return entry;
  }
  entry.message_group_id = fmt::format("g{}", prng_.below(4));
  // Few ids, so that duplicates are frequent; sometimes one of its own.
  const std::string token = prng_.chance(500) ? fmt::format("t{}", prng_.below(30))
                                              : fmt::format("c{}-{}", index_, serial_);
  if (attributes.content_based_deduplication && prng_.chance(700)) {
    entry.body_sha256 = fmt::format("{:0>64}", token);
  } else {
    entry.message_deduplication_id = token;
  }
  return entry;
}

shard::Request SimClient::draw_receive(size_t queue) {
  engine::ReceiveMessages receive;
  receive.queue = stage_.model.spec(queue).address;
  receive.max_number_of_messages = static_cast<int32_t>(prng_.between(1, 10));
  if (prng_.chance(400)) receive.visibility_timeout = static_cast<int32_t>(prng_.between(0, 40));
  if (prng_.chance(700))
    receive.wait_time_seconds = prng_.chance(300) ? static_cast<int32_t>(prng_.between(1, 20)) : 0;
  if (stage_.model.fifo(queue) && prng_.chance(200)) {
    if (last_attempt_.empty() || prng_.chance(500))
      last_attempt_ = fmt::format("a{}-{}", index_, ++serial_);
    receive.receive_request_attempt_id = last_attempt_;
  }
  receive.client = std::make_shared<Connection>();
  return receive;
}

/// One to ten handles of `queue`, preferably; sometimes another queue's.
std::vector<std::string> SimClient::draw_handles(size_t queue, bool keep) {
  std::vector<std::string> drawn;
  const bool foreign = prng_.chance(20);
  const size_t most = prng_.chance(500) ? 1 : 10;
  for (auto it = handles_.begin(); it != handles_.end() && drawn.size() < most;) {
    if ((it->queue == queue || foreign) && prng_.chance(700)) {
      drawn.push_back(it->text);
      it = keep || prng_.chance(100) ? it + 1 : handles_.erase(it);
    } else {
      ++it;
    }
  }
  return drawn;
}

std::optional<shard::Request> SimClient::draw_delete(size_t queue) {
  std::vector<std::string> handles = draw_handles(queue, false);
  if (handles.empty()) return std::nullopt;
  return engine::DeleteMessages{stage_.model.spec(queue).address, std::move(handles)};
}

std::optional<shard::Request> SimClient::draw_change(size_t queue) {
  engine::ChangeVisibility change{stage_.model.spec(queue).address, {}};
  for (std::string& handle : draw_handles(queue, true)) {
    change.entries.push_back(
        {std::move(handle), prng_.chance(400) ? 0 : static_cast<int32_t>(prng_.between(1, 60))});
  }
  if (change.entries.empty()) return std::nullopt;
  return change;
}

shard::Request SimClient::draw_set_attributes(size_t queue) {
  engine::SetQueueAttributes set{stage_.model.spec(queue).address, {}};
  if (prng_.chance(500))
    set.attributes.visibility_timeout = static_cast<int32_t>(prng_.between(0, 30));
  if (prng_.chance(200))
    set.attributes.message_retention_period = static_cast<int32_t>(prng_.between(60, 200));
  if (!stage_.model.fifo(queue))
    set.attributes.delay_seconds = static_cast<int32_t>(prng_.between(0, 5));
  set.attributes.receive_message_wait_time_seconds = static_cast<int32_t>(prng_.between(0, 3));
  return set;
}

shard::Request SimClient::draw_tagging(size_t queue) {
  const engine::QueueAddress& address = stage_.model.spec(queue).address;
  const std::string key = fmt::format("k{}", prng_.below(4));
  if (prng_.chance(300)) return engine::ListQueueTags{address};
  if (prng_.chance(300)) return engine::UntagQueue{address, {key}};
  return engine::TagQueue{address, {{key, fmt::format("v{}", ++serial_)}}};
}

shard::Request SimClient::draw_move_task(size_t& queue) {
  // Mostly of a dead-letter queue; now and then of one that is none.
  for (size_t tries = 0; tries < 20 && !stage_.model.dead_letter_queue(queue); ++tries) {
    if (prng_.chance(20)) break;
    queue = prng_.below(stage_.model.queue_count());
  }
  const engine::QueueAddress& address = stage_.model.spec(queue).address;
  const bool source = stage_.model.dead_letter_queue(queue);
  if (prng_.chance(100)) return engine::ListDeadLetterSourceQueues{address, "", 1000};
  if (prng_.chance(400) || !source) return draw_start(queue);
  if (prng_.chance(300) && !tasks_.empty()) {
    const auto& [of, id] = prng_.chance(600) ? tasks_.back() : tasks_[prng_.below(tasks_.size())];
    queue = of;
    return engine::CancelMessageMoveTask{stage_.model.spec(of).address, id};
  }
  return engine::ListMessageMoveTasks{address, static_cast<int32_t>(prng_.between(1, 10))};
}

/// The destination may be a wrong one.
shard::Request SimClient::draw_start(size_t source) {
  engine::StartMessageMoveTask start;
  for (uint8_t& byte : start.task_id) byte = static_cast<uint8_t>(prng_.next());
  start.source = stage_.model.spec(source).address;
  if (!prng_.chance(options_.default_target_per_mille)) {
    size_t target = prng_.below(stage_.model.queue_count());
    if (prng_.chance(300)) target = deletable_queue().value_or(target);
    start.destination = stage_.model.spec(target).address;
  }
  if (!prng_.chance(options_.unlimited_per_mille)) {
    start.max_number_of_messages_per_second =
        static_cast<int32_t>(prng_.between(1, options_.move_rate_max));
  }
  tasks_.emplace_back(source, start.task_id);
  if (tasks_.size() > kTasksKept) tasks_.pop_front();
  return start;
}

std::optional<size_t> SimClient::deletable_queue() const {
  for (size_t queue = 0; queue < stage_.model.queue_count(); ++queue) {
    if (stage_.model.spec(queue).deletable) return queue;
  }
  return std::nullopt;
}

shard::Request SimClient::draw_deletion(size_t& queue) {
  // With move tasks always one that can be deleted: it may be the destination of one.
  if (options_.weights.move_task > 0) queue = deletable_queue().value_or(queue);
  const QueueSpec& spec = stage_.model.spec(queue);
  if (!spec.deletable) return engine::FindQueue{spec.address};
  if (stage_.model.exists(queue)) return engine::DeleteQueue{spec.address};
  return engine::CreateQueue{spec.address, spec.attributes, {}};
}

}  // namespace forebay::sim
