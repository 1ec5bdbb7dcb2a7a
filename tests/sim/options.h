// SPDX-License-Identifier: Apache-2.0
// The character of one run, drawn from its seed: which queues, which requests, how slow, which
// faults.
//
// Drawing whole features on or off per run (swarm testing; Groce et al. 2012) reaches states that a
// run with a little of everything never does.
// Thread: immutable values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/sim_server.h"

namespace forebay::sim {

/// How often each request is drawn, in parts of their sum; 0: never in this run.
struct RequestWeights {
  int send = 10;
  int receive = 10;
  int remove = 6;
  int change_visibility = 2;
  int describe = 1;
  int list = 1;
  int set_attributes = 0;
  int tag = 0;
  int purge = 0;
  int delete_queue = 0;
  int move_task = 0;  // starts, cancels and lists; and lists of dead-letter sources
};

struct RunOptions {
  ServerOptions server;
  RequestWeights weights;
  // Queues, by kind. There is always at least one.
  bool standard_queue = true;     // with a dead-letter queue
  bool fifo_queue = true;         // deduplication scope queue, with a dead-letter queue
  bool group_scope_queue = true;  // deduplication scope messageGroup, content-based
  bool short_lived_queue = true;  // 60 s of retention, delays
  bool scratch_queue = true;      // deleted and created again
  bool kept_queue = false;        // now and then a message that stays to the end of the run
  // Clients.
  int client_count = 4;
  int request_count = 600;
  int64_t think_ms = 20;    // most, between two requests
  int nap_per_mille = 5;    // chance of a pause of up to two minutes
  int large_per_mille = 0;  // chance of a large body
  int64_t large_bytes_max = 300'000;
  int max_receive_count = 3;
  int tenant_per_mille = 0;            // of all sends to standard queues: with a MessageGroupId
  int move_rate_max = 50;              // messages a second
  int unlimited_per_mille = 300;       // of all starts: without a rate
  int default_target_per_mille = 500;  // of all starts: without a destination
  // What goes wrong.
  int crash_count = 3;
  int power_failure_per_mille = 700;  // of all deaths; else kill -9
  int die_in_call_per_mille =
      500;  // of all deaths: within a changing call of the disk, else between two events
  int die_in_start_per_mille = 250;  // of all starts
  int close_per_mille = 100;         // of all deaths: an orderly end instead
  int fault_per_mille = 150;         // of all lives: one call of the disk fails
  bool full_disk = false;            // others take the disk's space, and give it back
  int rot_per_mille = 0;             // of all starts, and of all lives: a bit of a file rots
  /// Exactly this goes wrong with the disk, once.
  std::optional<SimDisk::Strike> strike;
  bool wall_steps = false;
  /// A disk that fills up may end the process, which starts again when there is space. False: only
  /// sends may be refused.
  bool ends_on_full_disk = false;
};

RunOptions draw_options(uint64_t seed);

/// One line, for a person who looks at a failing seed.
std::string to_text(const RunOptions& options);

}  // namespace forebay::sim
