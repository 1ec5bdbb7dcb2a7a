// SPDX-License-Identifier: Apache-2.0
// A fact of the journal in one line, for people or as JSON.
//
//   48  2026-11-21T22:08:01.123Z  MessageSent  queue=orders message=17 slot=0 ... body="hello"
//   {"position":48,"moment":"2026-11-21T22:08:01.123Z","fact":"MessageSent","queue":"orders",...}
//
// Thread: any.
#pragma once

#include <string>

#include "base/ids.h"
#include "cli/queue_names.h"
#include "engine/facts.h"

namespace forebay::cli {

/// Of a body that is shown in part.
inline constexpr size_t kBodyBytesShown = 60;

struct FactTextOptions {
  bool json = false;
  bool bodies = false;  // whole bodies and attribute values, else their beginnings
};

/// Without a line end.
std::string fact_text(LogPosition at, const engine::TimedFact& timed, const QueueNames& names,
                      const FactTextOptions& options);

/// The line for a stretch of the log that cannot be read.
std::string damage_text(LogPosition at, const std::string& what, const FactTextOptions& options);

}  // namespace forebay::cli
