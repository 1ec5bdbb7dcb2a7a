// SPDX-License-Identifier: Apache-2.0
#include "sim/liveness.h"

#include <utility>

#include <fmt/format.h>

#include "journal/file/file_log.h"

namespace forebay::sim {
namespace {

/// The one being written, one ahead, one being emptied, what waits for the next two snapshots.
constexpr uint64_t kSegmentsBesides = 6;
/// What the product promises for segments that are not as small as the simulator's.
constexpr uint64_t kPromised = 256u << 20;
/// Snapshots of next to nothing, and the lock.
constexpr uint64_t kBytesBesides = 256u << 10;
constexpr int64_t kAgainMs = 1'000;

}  // namespace

void SendProbe::send(size_t queue) {
  while (queue < stage_.model.queue_count() && !stage_.model.exists(queue)) ++queue;
  if (queue == stage_.model.queue_count()) {
    finished_ = true;
    return;
  }
  engine::SendEntry entry;
  for (uint8_t& byte : entry.message_id) byte = static_cast<uint8_t>(prng_.next());
  entry.content = fmt::format("after all faults {}", queue);
  entry.size_bytes = static_cast<int64_t>(entry.content.size());
  if (stage_.model.fifo(queue)) {
    entry.message_group_id = "g0";
    entry.message_deduplication_id = fmt::format("probe {}", prng_.next());
  }
  engine::SendMessages request{stage_.model.spec(queue).address, {std::move(entry)}, false};
  session_.ask(queue, std::move(request), [this, queue](const Result<shard::Reply>& reply) {
    const bool accepted =
        reply.ok() && std::get<engine::SendMessages::Reply>(*reply).results.at(0).ok();
    if (accepted) return send(queue + 1);
    again_ = stage_.world.at_delay(kScenario, kAgainMs, [this, queue] { send(queue); });
  });
}

std::string space_excess(const journal::Space::Usage& usage, uint64_t used_bytes,
                         uint64_t segment_bytes) {
  const uint64_t besides =
      segment_bytes < journal::kSegmentBytesMin ? kSegmentsBesides * segment_bytes : kPromised;
  const uint64_t most = 2 * usage.live_bytes + besides + kBytesBesides;
  if (used_bytes <= most) return {};
  return fmt::format(
      "the journal takes {} bytes of the disk for {} live ones; at most {} are right", used_bytes,
      usage.live_bytes, most);
}

}  // namespace forebay::sim
