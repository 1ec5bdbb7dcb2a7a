// SPDX-License-Identifier: Apache-2.0
// What files without a faster way do.
#include <algorithm>

#include "env/file_system.h"

namespace forebay::env {

Result<void> File::write_padded(uint64_t offset, std::string_view data, uint64_t zero_bytes) {
  std::string padded(data);
  padded.append(zero_bytes, '\0');
  return write(offset, padded);
}

Result<void> File::zero(uint64_t offset, uint64_t bytes) {
  const std::string zeros(std::min<uint64_t>(bytes, 1u << 20), '\0');
  while (bytes > 0) {
    const uint64_t part = std::min<uint64_t>(bytes, zeros.size());
    TRY(write(offset, std::string_view(zeros).substr(0, part)));
    offset += part;
    bytes -= part;
  }
  return {};
}

}  // namespace forebay::env
