// SPDX-License-Identifier: Apache-2.0
// What `forebay bench --help` prints.
// Thread: any.
#pragma once

#include <string_view>

namespace forebay::cli {

std::string_view bench_help();

}  // namespace forebay::cli
