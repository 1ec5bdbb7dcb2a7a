// SPDX-License-Identifier: Apache-2.0
// A message as a command of `forebay consume` gets it, and what the command's end means for it
// (docs/command-line.md).
// Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <forebay/sqs/consumer_outcome.h>
#include <forebay/sqs/messages.h>

#include "env/child_processes.h"

namespace forebay::commands {

/// Exit codes of commands that say more than success (0) and failure (all others).
inline constexpr int kExecTryLater = 75;  // sysexits' EX_TEMPFAIL
inline constexpr int kExecDead = 100;

/// Longer values of attributes are not given: a program's environment has little room.
inline constexpr size_t kVariableBytesMax = 64u << 10;

struct ExecResult {
  enum class End : uint8_t {
    kItself,      // it ended, `how` says with what
    kTimedOut,    // it was ended: its time was over
    kStopped,     // it was ended: the lease was lost, or everything stops
    kNotStarted,  // `error` says why
  };
  End end = End::kItself;
  env::ChildExit how = {};
  std::chrono::milliseconds took{0};
  std::string error = {};
};

/// "FOREBAY_MESSAGE_ID=..." and the like; message attributes as FOREBAY_ATTRIBUTE_<NAME>, in
/// capitals, with '_' for what a variable's name cannot have; of two that become the same the first
/// in order of names. Binary values in base64.
std::vector<std::string> exec_variables(const sqs::Message& message, const std::string& queue_url);

/// A command that was ended from outside is never taken for done, whatever it then said.
sqs::Outcome exec_outcome(const ExecResult& result,
                          std::optional<std::chrono::seconds> retry_after);

/// "exit code 3", "signal 9 after its time was over": for people.
std::string exec_end_text(const ExecResult& result);

}  // namespace forebay::commands
