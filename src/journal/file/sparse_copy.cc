// SPDX-License-Identifier: Apache-2.0
#include "journal/file/sparse_copy.h"

#include <algorithm>
#include <string_view>

namespace forebay::journal {
namespace {

constexpr uint64_t kCopyBytes = 1u << 20;

}  // namespace

Result<void> copy_bytes(const env::File& from, env::File& to, uint64_t begin, uint64_t end,
                        ProgressMeter& meter) {
  std::string bytes;
  for (uint64_t at = begin; at < end; at += bytes.size()) {
    bytes.resize(std::min(kCopyBytes, end - at));
    TRY(from.read(at, bytes));
    if (bytes.find_first_not_of('\0') != std::string::npos) TRY(to.write(at, bytes));
    meter.add(bytes.size());
  }
  return {};
}

Result<void> extend_to(env::File& file, uint64_t bytes) {
  TRY_ASSIGN(const uint64_t size, file.size());
  if (size >= bytes) return {};
  return file.write(bytes - 1, std::string_view("\0", 1));
}

Result<void> copy_file(env::FileSystem& files, const env::File& from, const std::string& path,
                       ProgressMeter& meter) {
  TRY_ASSIGN(const uint64_t bytes, from.size());
  TRY_ASSIGN(const auto to, files.open(path, env::OpenMode::kCreate));
  TRY(copy_bytes(from, *to, 0, bytes, meter));
  TRY(extend_to(*to, bytes));
  return to->sync();
}

}  // namespace forebay::journal
