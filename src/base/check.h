// SPDX-License-Identifier: Apache-2.0
// The two ways this process ends on purpose.
//
// `CHECK(cond)` guards against bugs in our own code: always on, prints the place, aborts (core
// dump). `fatal(text)` is for lost or unknown durability and for a broken environment: prints one
// clear line and exits with kFatalExitCode. Expected refusals are neither: they are `Result`
// (base/result.h).
// Thread: any.
#pragma once

#include <string_view>

#include <forebay/check_failed.h>

namespace forebay {

/// Exit code of fatal(): EX_IOERR of sysexits.h.
inline constexpr int kFatalExitCode = 74;

/// Prints "forebay: fatal: <text>" to standard error and ends the process with kFatalExitCode,
/// without running destructors: state in memory is not to be trusted any more.
[[noreturn]] void fatal(std::string_view text);

}  // namespace forebay

#define CHECK(condition)                             \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::forebay::check_failed(#condition, __FILE__, __LINE__))
