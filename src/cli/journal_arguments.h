// SPDX-License-Identifier: Apache-2.0
// The command line of `forebay journal ...`, taken apart.
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace forebay::cli {

enum class JournalVerb : uint8_t { kVerify, kDump, kBackup, kRestore, kRepair };

struct JournalArguments {
  std::optional<JournalVerb> verb = {};  // unset: only help was asked for
  bool help = false;                     // of the verb, or the overview without one
  std::string source = {};               // data directory; of restore the backup
  std::string target = {};               // of backup the backup, of restore the data directory
  bool queues = false;
  bool json = false;
  bool bodies = false;
  bool yes = false;
  bool quiet = false;
  std::optional<LogPosition> from = {};
  std::optional<LogPosition> to = {};
};

/// `arguments` behind "journal".
/// Errors: kInvalidConfiguration: complete sentences, with where to find help.
Result<JournalArguments> parse_journal_arguments(std::vector<std::string> arguments);

}  // namespace forebay::cli
