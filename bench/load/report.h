// SPDX-License-Identifier: Apache-2.0
// A run as one line of JSON.
//
//   {"stages":[{"stage":"send","seconds":1.002,"errors":0,"first_error":"","ran_dry":false,
//     "send":{"requests":2000,"messages":20000,"messages_per_second":19960.1,
//       "requests_per_second":1996.0,"p50_us":431,"p99_us":980,"max_us":2210,
//       "latencies_us":[[211,1],[213,4]],"windows":[{"start_ms":1764000000000,
//       "latencies_us":[[211,1]]}]}}]}
//
// Only actions of which the stage made requests are there. `latencies_us` are pairs of a value and
// how many requests took that long (histogram.h), so that a reader can add runs up; `windows` is
// there only when windows were asked for.
#pragma once

#include <span>
#include <string>

#include "bench/load/options.h"
#include "bench/load/stage_run.h"

namespace forebay::load {

/// `results` are those of `stages`, in their order.
std::string report(std::span<const Stage> stages, std::span<StageResult> results);

}  // namespace forebay::load
