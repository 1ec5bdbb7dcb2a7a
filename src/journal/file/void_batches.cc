// SPDX-License-Identifier: Apache-2.0
#include "journal/file/void_batches.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "journal/batch.h"

namespace forebay::journal {
namespace {

constexpr uint64_t kSmallestBytes = kBatchHeaderBytes + kRecordHeaderBytes + 1;
constexpr uint64_t kLargestBytes = 1u << 20;
static_assert(kLargestBytes - kSmallestBytes > kSmallestBytes);

/// How long the first of the batches that fill `bytes` is: what remains can be void too.
uint64_t first_batch_bytes(uint64_t bytes) {
  if (bytes <= kLargestBytes) return bytes;
  return bytes - kLargestBytes < kSmallestBytes ? kLargestBytes - kSmallestBytes : kLargestBytes;
}

}  // namespace

bool can_be_void(uint64_t bytes) {
  return bytes == kBatchHeaderBytes || bytes >= kSmallestBytes;
}

Result<void> write_void_batches(env::File& file, uint64_t offset, LogPosition from, LogPosition to,
                                Epoch epoch) {
  CHECK(from < to && can_be_void(to - from));
  while (from < to) {
    const uint64_t bytes = first_batch_bytes(to - from);
    BatchWriter batch(from);
    if (bytes > kBatchHeaderBytes) {
      batch.add([&](std::string& out) {
        out.push_back(static_cast<char>(kVoidRecordType));
        out.append(bytes - kSmallestBytes, '\0');
      });
    }
    CHECK(batch.size() == bytes);
    TRY(file.write(offset, batch.seal(epoch)));
    offset += bytes;
    from = from + bytes;
  }
  return {};
}

}  // namespace forebay::journal
