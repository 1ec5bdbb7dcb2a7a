// SPDX-License-Identifier: Apache-2.0
// Decides what a repair does about what an inspection has found.
// Thread: any; plain values.
#pragma once

#include <string>
#include <vector>

#include "journal/file/journal_repair.h"

namespace forebay::journal {

/// A plan for the journal in `directory`. Changes nothing.
RepairPlan plan_repair(const std::string& directory, Inspection inspection);

/// Where void batches between `from` and `to` must begin anew: a restart scans from the position of
/// a snapshot, so a batch must begin there. `from` first, `to` last.
std::vector<LogPosition> batch_borders(const Inspection& inspection, LogPosition from,
                                       LogPosition to);

}  // namespace forebay::journal
