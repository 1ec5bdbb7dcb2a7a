// SPDX-License-Identifier: Apache-2.0
// What `forebay bench` measured, as text, JSON or CSV.
//
// JSON is one object on one line:
//
//   {"mix":"send","endpoint":"http://127.0.0.1:9324","raw_target":"","loop":"closed","rate":0,
//    "connections":16,"threads":1,"batch":1,"body_bytes":1024,"queues":1,"groups":0,
//    "warm_up_seconds":2.0,"seconds":10.0,"requests_per_second":8123.4,
//    "actions":{"send":{"requests":81234,"messages":81234,"requests_per_second":8123.4,
//      "messages_per_second":8123.4,"errors":0,"empty":0,
//      "latency_us":{"p50":1200,"p90":1500,"p99":2100,"p999":3000,"max":4000},
//      "service_us":{"p50":1200,...}}},
//    "not_started":0,"errors":{"OverLimit":3},"first_errors":{"OverLimit":"text"},
//    "load_cpu_seconds":3.2,"load_cpu_user_seconds":1.2,"load_cpu_system_seconds":2.0,
//    "load_cpu_share":0.32,"interrupted":false,"notes":["text"]}
//
// `latency_us` is what a client would see: with a rate the response time, else the service time.
// `load_cpu_share` is of one core. CSV is a head and a line for each action.
// Thread: any.
#pragma once

#include <string>
#include <vector>

#include "cli/bench_arguments.h"
#include "load/load_loop.h"

namespace forebay::cli {

/// What a reader of the figures must know: that the load program or the server could not keep up,
/// that receives found nothing, that the run was cut short. Full sentences.
std::vector<std::string> bench_notes(const BenchArguments& arguments,
                                     const load::LoadFigures& figures);

/// In the format asked for, with its last line end.
std::string bench_report(const BenchArguments& arguments, const load::LoadFigures& figures);

/// "812 us", "1.23 ms", "2.50 s".
std::string latency_text(uint64_t us);

}  // namespace forebay::cli
