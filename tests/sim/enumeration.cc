// SPDX-License-Identifier: Apache-2.0
#include "sim/enumeration.h"

#include <algorithm>
#include <vector>

namespace forebay::sim {
namespace {

constexpr std::array kFates = {SimDisk::Fate::kFails, SimDisk::Fate::kIsFull, SimDisk::Fate::kDies,
                               SimDisk::Fate::kPowerFails};

/// Whether the system can say "no space left" to such a call.
bool takes_space(SimDisk::Call call) {
  switch (call) {
    case SimDisk::Call::kWrite:
    case SimDisk::Call::kSync:  // with delayed allocation
    case SimDisk::Call::kAllocate:
    case SimDisk::Call::kOpen:
    case SimDisk::Call::kRename:
    case SimDisk::Call::kLink:
    case SimDisk::Call::kSyncDirectory:
    case SimDisk::Call::kCreateDirectory:
      return true;
    case SimDisk::Call::kRead:
    case SimDisk::Call::kRemove:
    case SimDisk::Call::kList:
      return false;
  }
  return false;
}

std::vector<SimDisk::Strike> points(const SimDisk::CallCounts& counts, uint64_t per_kind_max) {
  std::vector<SimDisk::Strike> found;
  for (size_t kind = 0; kind < SimDisk::kCallCount; ++kind) {
    const auto call = static_cast<SimDisk::Call>(kind);
    const uint64_t stride =
        per_kind_max == 0 ? 1
                          : std::max<uint64_t>(1, (counts[kind] + per_kind_max - 1) / per_kind_max);
    for (uint64_t nth = 1; nth <= counts[kind]; nth += stride) {
      for (const SimDisk::Fate fate : kFates) {
        if (fate != SimDisk::Fate::kIsFull || takes_space(call)) found.push_back({call, nth, fate});
      }
    }
  }
  return found;
}

}  // namespace

RunOptions enumeration_options(uint64_t seed) {
  RunOptions options = draw_options(seed);
  options.server.segment_bytes = 40u << 10;
  options.server.batch_bytes_target = 8u << 10;
  options.server.batch_bytes_max = 24u << 10;
  options.server.space.slack_bytes = 4 * options.server.segment_bytes;
  options.server.space.reserve_bytes_min = 24u << 10;
  options.server.space.snapshot_room_bytes_min = 4u << 10;
  options.large_bytes_max = 12'000;
  options.large_per_mille = 300;  // several segments, though the run is short
  options.client_count = 3;
  options.request_count = 40;
  options.nap_per_mille = 0;
  options.crash_count = 2;  // so that mostly something follows what a fault has left behind
  options.power_failure_per_mille = 700;
  options.die_in_call_per_mille = 0;
  options.die_in_start_per_mille = 0;
  options.fault_per_mille = 0;
  options.full_disk = false;
  options.rot_per_mille = 0;
  options.wall_steps = false;
  options.server.delayed_sync = false;
  return options;
}

Enumeration enumerate(uint64_t seed, uint64_t points_per_kind_max, const PointWatcher& watch) {
  RunOptions options = enumeration_options(seed);
  Enumeration enumeration;
  const Outcome whole = run(seed, options);
  enumeration.violation = whole.violation;
  if (!whole.violation.empty()) return enumeration;
  for (const SimDisk::Strike& point : points(whole.calls, points_per_kind_max)) {
    watch(point);
    options.strike = point;
    ++enumeration.point_count;
    enumeration.violation = run(seed, options).violation;
    enumeration.at = point;
    if (!enumeration.violation.empty()) return enumeration;
  }
  return enumeration;
}

}  // namespace forebay::sim
