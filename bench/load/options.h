// SPDX-License-Identifier: Apache-2.0
// What the load program is asked to do: one queue or many, one connection or many, and stages.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/action.h"
#include "load/endpoint.h"
#include "load/requests.h"

namespace forebay::load {

enum class StageKind : uint8_t {
  kSend,
  kReceive,  // and keep the receipt handles for a stage that deletes
  kDelete,   // what stages before have received
  kConsume,  // each connection in turn: receive, delete
  kLevel,    // each connection in turn: send as many as it took out, receive, delete
};

/// A part of the run, measured for itself. Ends after `count` messages, or after `duration_ms`, or,
/// when both are 0 (only kDelete), when nothing is left to do.
struct Stage {
  StageKind kind = StageKind::kSend;
  uint64_t count = 0;
  int64_t duration_ms = 0;
};

struct Options {
  std::string queue_url;  // "{}" in it stands for the number of the queue, from 0
  Endpoint endpoint;      // of queue_url
  RequestForm form;       // complete but for its `run`
  uint32_t queues = 1;
  uint32_t batch = 1;  // messages a request
  uint32_t keep = 0;   // messages of each receive that are not deleted
  uint32_t connections = 1;
  uint64_t start = 0;      // number of the first message sent: groups and queues go on from there
  uint32_t window_ms = 0;  // also report latencies per window of this length; 0: do not
  std::vector<Stage> stages;
};

std::string_view stage_name(StageKind kind);

/// "send=20000" (messages), "level=2.5s" (seconds), "delete".
/// Errors: kInvalidConfiguration.
Result<Stage> parse_stage(std::string_view text);

/// Flags come in pairs, "--batch 10"; every other word is a stage.
/// Errors: kInvalidConfiguration, with what is wrong.
Result<Options> parse_options(std::span<const char* const> words);

}  // namespace forebay::load
