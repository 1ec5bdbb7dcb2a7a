// SPDX-License-Identifier: Apache-2.0
// Copies bytes between files and leaves out what is zero anyway.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "env/file_system.h"
#include "journal/file/progress_meter.h"

namespace forebay::journal {

/// Copies the bytes `begin` to `end` of `from` to the same place in `to`, which must read as zero
/// there: stretches of zeros are not written.
Result<void> copy_bytes(const env::File& from, env::File& to, uint64_t begin, uint64_t end,
                        ProgressMeter& meter);

/// Makes a new file at `path` with all bytes of `from`.
/// Durable: the bytes, not the name.
Result<void> copy_file(env::FileSystem& files, const env::File& from, const std::string& path,
                       ProgressMeter& meter);

/// Makes `file` `bytes` long without taking space; it must not be longer yet.
Result<void> extend_to(env::File& file, uint64_t bytes);

}  // namespace forebay::journal
