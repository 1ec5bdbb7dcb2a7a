// SPDX-License-Identifier: Apache-2.0
#include "sim/options.h"

#include <fmt/format.h>

namespace forebay::sim {

namespace {

/// Last, so that the runs without move tasks are those of before there were any.
void draw_move_tasks(Prng& prng, RunOptions& options) {
  if (!prng.chance(500)) return;
  options.weights.move_task = static_cast<int>(prng.between(1, 8));
  options.move_rate_max = static_cast<int>(prng.chance(700) ? prng.between(1, 4) : 50);
  options.unlimited_per_mille = static_cast<int>(prng.between(0, 1000));
  options.default_target_per_mille = static_cast<int>(prng.between(0, 1000));
  if (prng.chance(700)) options.max_receive_count = 1;  // fills the dead-letter queues
  if (!options.fifo_queue) options.standard_queue = true;
}

/// Segments so small that every run rolls; bodies and batches to match.
void draw_small_segments(Prng& prng, RunOptions& options) {
  constexpr uint64_t kSmallest = 40u << 10;
  options.server.segment_bytes = prng.chance(500) ? kSmallest : 128u << 10;
  options.server.batch_bytes_target = 8u << 10;
  options.server.batch_bytes_max = 24u << 10;
  options.server.space.slack_bytes = 4 * options.server.segment_bytes;
  options.server.space.reserve_bytes_min = 24u << 10;
  options.server.space.snapshot_room_bytes_min = 4u << 10;
  options.server.space.relocated_bytes_per_append = prng.between(1, 16 << 10);
  options.large_bytes_max = 12'000;
}

/// What storage goes through, each on or off for a whole run.
void draw_storage(Prng& prng, RunOptions& options) {
  ServerOptions& server = options.server;
  if (prng.chance(600)) draw_small_segments(prng, options);
  options.full_disk = prng.chance(150);
  options.rot_per_mille = prng.chance(150) ? 500 : 0;
  if (prng.chance(700)) {  // often, and in pieces so small that requests come in between
    server.snapshots.growth_bytes_min = prng.between(2'000, 60'000);
    server.snapshots.growth_bytes_max = server.snapshots.growth_bytes_min;
    server.snapshots.piece_bytes = prng.between(1, 2'000);
  }
  server.cold_per_mille = prng.chance(300) ? static_cast<int>(prng.between(100, 1000)) : 0;
  server.late_per_mille = prng.chance(300) ? static_cast<int>(prng.between(50, 800)) : 0;
  if (prng.chance(200)) {
    server.stall_per_mille = static_cast<int>(prng.between(1, 20));
    server.stall_ms = prng.between(200, 5'000);
  }
  server.delayed_sync = prng.chance(100);
  // Rot in what was not synced yet looks like its loss.
  if (server.delayed_sync) options.rot_per_mille = 0;
  options.kept_queue = prng.chance(300);
  if (prng.chance(150)) {  // a life of purges
    options.weights.purge = 5;
    server.cooldowns = false;
  }
  if (prng.chance(150)) {  // most messages go by the end of their retention period
    options.short_lived_queue = true;
    options.weights.remove = 1;
    options.think_ms = prng.between(1'000, 5'000);
    options.nap_per_mille = 30;
  }
}

}  // namespace

RunOptions draw_options(uint64_t seed) {
  Prng prng(seed ^ 0x6f7074696f6e73);
  RunOptions options;
  options.server.cooldowns = prng.chance(700);
  options.server.disk_latency_ms = prng.chance(300) ? prng.between(20, 400) : prng.between(0, 10);
  options.server.timer_lateness_ms = prng.between(0, 5);

  RequestWeights& weights = options.weights;
  weights.send = static_cast<int>(prng.between(3, 15));
  weights.receive = static_cast<int>(prng.between(3, 15));
  weights.remove = static_cast<int>(prng.between(0, 10));
  weights.change_visibility = prng.chance(600) ? static_cast<int>(prng.between(1, 5)) : 0;
  weights.describe = static_cast<int>(prng.between(0, 3));
  weights.list = prng.chance(300) ? 1 : 0;
  weights.set_attributes = prng.chance(400) ? 1 : 0;
  weights.tag = prng.chance(300) ? 1 : 0;
  weights.purge = prng.chance(300) ? 1 : 0;
  weights.delete_queue = prng.chance(500) ? 1 : 0;

  options.standard_queue = prng.chance(600);
  options.fifo_queue = prng.chance(600);
  options.group_scope_queue = prng.chance(500);
  options.short_lived_queue = prng.chance(400);
  options.scratch_queue =
      prng.chance(400) || !(options.standard_queue || options.fifo_queue ||
                            options.group_scope_queue || options.short_lived_queue);
  options.client_count = static_cast<int>(prng.between(1, 10));
  options.request_count = static_cast<int>(prng.between(50, 900));
  options.think_ms = prng.chance(500) ? prng.between(0, 20) : prng.between(50, 5000);
  options.nap_per_mille = prng.chance(500) ? 0 : static_cast<int>(prng.between(1, 30));
  options.large_per_mille = prng.chance(250) ? static_cast<int>(prng.between(50, 500)) : 0;
  options.max_receive_count = static_cast<int>(prng.between(1, 5));

  options.crash_count = static_cast<int>(prng.between(0, 6));
  options.power_failure_per_mille = static_cast<int>(prng.between(0, 1000));
  options.die_in_call_per_mille = static_cast<int>(prng.between(0, 1000));
  options.die_in_start_per_mille = prng.chance(500) ? 300 : 0;
  options.close_per_mille = prng.chance(500) ? 200 : 0;
  options.fault_per_mille = prng.chance(300) ? 500 : 0;
  options.wall_steps = prng.chance(200);
  draw_move_tasks(prng, options);
  options.tenant_per_mille = prng.chance(500) ? static_cast<int>(prng.between(100, 1000)) : 0;
  draw_storage(prng, options);
  return options;
}

std::string to_text(const RunOptions& o) {
  return fmt::format(
      "queues {}{}{}{}{} clients {} requests {} think {} ms, {} crashes, power failures {}/1000, "
      "large bodies {}/1000, "
      "faults {}/1000, tenants {}/1000, disk {} ms{}{}{}; segments of {} KB{}{}{}{}{}{}{}",
      o.standard_queue ? "standard " : "", o.fifo_queue ? "fifo " : "",
      o.group_scope_queue ? "group-scope " : "", o.short_lived_queue ? "short-lived " : "",
      o.scratch_queue ? "scratch " : "", o.client_count, o.request_count, o.think_ms, o.crash_count,
      o.power_failure_per_mille, o.large_per_mille, o.fault_per_mille, o.tenant_per_mille,
      o.server.disk_latency_ms, o.wall_steps ? ", wall clock steps" : "",
      o.server.cooldowns ? "" : ", no cooldowns",
      o.weights.move_task > 0 ? fmt::format(", move tasks of up to {} a second", o.move_rate_max)
                              : "",
      o.server.segment_bytes >> 10, o.full_disk ? ", full disk" : "",
      o.rot_per_mille > 0 ? ", rot" : "",
      o.server.cold_per_mille > 0 ? fmt::format(", cold {}/1000", o.server.cold_per_mille) : "",
      o.server.late_per_mille > 0 ? fmt::format(", late {}/1000", o.server.late_per_mille) : "",
      o.server.stall_per_mille > 0 ? fmt::format(", stalls of {} ms", o.server.stall_ms) : "",
      o.kept_queue ? ", kept messages" : "", o.server.delayed_sync ? ", delayed syncs" : "");
}

}  // namespace forebay::sim
