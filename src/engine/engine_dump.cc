// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/base64.h"
#include "engine/engine.h"

namespace forebay::engine {
namespace {

std::string hex(const Bytes16& bytes) {
  return hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// The facts' own encoding already is canonical.
std::string encoded(const QueueAttributes& attributes) {
  std::string out;
  encode_fact(QueueAttributesSet{QueueId{}, attributes}, WallMs{}, out);
  return hex_encode(out);
}

void dump_message(const MessageTable& table, Slot slot, std::string& out) {
  const Message& m = table[slot];
  const History& h = table.history(m);
  out += fmt::format(
      "    message {} slot {} at {}+{} state {} sent {} visible {} received {} first {} count "
      "{}-{} from {} moves {}\n",
      m.number.value, slot.value, m.position.value, uint32_t{m.record_bytes},
      static_cast<int>(MessageState{m.state}), m.sent.value, m.visible_at.value, h.received.value,
      h.first_received.value, h.receive_count, h.receive_count_at_arrival, h.dead_letter_source,
      h.move_count);
}

void dump_task(const MessageMoveTask& task, int64_t next_step_us, std::string& out) {
  out +=
      fmt::format("  task {} status {} to {} rate {} started {} moved {} of {} failed {} next {}\n",
                  hex(task.task_id), static_cast<int>(task.status),
                  task.destination ? queue_arn(*task.destination) : "",
                  task.max_number_of_messages_per_second.value_or(0), task.started.value,
                  task.moved_count, task.to_move_count, task.failure_reason, next_step_us);
}

/// Without the processing times: they are no promise, and a snapshot does not keep them.
void dump_ready(const MessageTable& table, const ReadyMessages& ready, std::string& out) {
  ReadyMessages::Cursor by_turn(ready, table);
  for (Slot slot = by_turn.next(); slot != kNoSlot; slot = by_turn.next()) {
    out += fmt::format("  ready {}\n", slot.value);
  }
  for (const ReadyMessages::Tenant* tenant : ready.tenants()) {
    out += fmt::format("  tenant {}: {} messages, {} in flight, ready", tenant->id,
                       tenant->message_count, tenant->processing.in_flight());
    for (Slot slot = tenant->ready.first(); slot != kNoSlot;
         slot = tenant->ready.next(table, slot)) {
      out += fmt::format(" {}", slot.value);
    }
    out += '\n';
  }
  out += fmt::format("  last grouped send {}\n", ready.last_grouped_send().value);
}

}  // namespace

std::string Engine::dump(WallMs now) {
  std::string out = fmt::format("shard {} last number {}\n", hex(secret_), last_number_.value);
  for (const auto& [address, id] : in_order_) dump_queue(*advance(id, now), now, out);
  for (const auto& [moment, address] : deleted_order_) {
    out += fmt::format("deleted {} at {}\n", queue_arn(address), moment.value);
  }
  for (const QueueAddress& source : dead_letter_sources_) {
    out += fmt::format("source {}\n", source.name.empty() ? "" : queue_arn(source));
  }
  return out;
}

void Engine::dump_queue(const Queue& queue, WallMs now, std::string& out) const {
  out += fmt::format("queue {} {} created {} modified {} purged {} through {} attributes {}\n",
                     queue.id.value, queue_arn(queue.address), queue.created.value,
                     queue.last_modified.value, queue.purged.value, queue.purged_through.value,
                     encoded(queue.attributes));
  for (const auto& [key, value] : queue.tags) out += fmt::format("  tag {}={}\n", key, value);
  for (const MoveTask& task : queue.move_tasks) dump_task(task.shown, task.next_step_us, out);
  const QueueContents& contents = *queue.contents;
  out += fmt::format("  {} messages, {} in flight, {} delayed\n", contents.message_count(),
                     contents.in_flight_count(), contents.delayed_count());
  for (Slot slot = contents.oldest(); slot != kNoSlot;
       slot = contents.next_oldest(messages_, slot)) {
    dump_message(messages_, slot, out);
  }
  dump_ready(messages_, contents.ready(), out);
  const MessageGroups& groups = contents.groups();
  for (GroupIndex group = groups.first_available(); group != kNoGroup; group = groups[group].next) {
    out += fmt::format("  group {}:", groups[group].id);
    for (Slot slot = groups[group].first; slot != kNoSlot; slot = messages_[slot].group_next) {
      out += fmt::format(" {}", slot.value);
    }
    out += '\n';
  }
  contents.deduplication.for_each(
      [&](WallMs expires, const Bytes16& key, const DeduplicationEntry& entry) {
        if (expires <= now) return;  // gone for everyone; only its memory is not freed yet
        out += fmt::format("  deduplication {} {} {} until {}\n", hex(key), hex(entry.message_id),
                           entry.number.value, expires.value);
      });
  contents.attempts.for_each([&](WallMs expires, const Bytes16& key, const AttemptEntry& entry) {
    if (expires <= now) return;
    out +=
        fmt::format("  attempt {} of {} until {}\n", hex(key), entry.items.size(), expires.value);
  });
}

}  // namespace forebay::engine
