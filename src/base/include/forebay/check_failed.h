// SPDX-License-Identifier: Apache-2.0
// How a bug ends the process: what CHECK (base/check.h) and the classes of the public headers call.
// Here without a macro, so that users' programs get none from us.
// Thread: any.
#pragma once

namespace forebay {

/// Prints the condition and its place to standard error and aborts (core dump).
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace forebay
