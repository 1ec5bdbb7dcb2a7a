// SPDX-License-Identifier: Apache-2.0
#include "journal/file/void_batches.h"

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"
#include "journal/batch.h"

namespace forebay::journal {
namespace {

TEST(VoidBatches, HaveExactlyTheSizeThatIsWanted) {
  const env::TemporaryDirectory directory;
  auto file = env::posix_file_system().open(directory / "file", env::OpenMode::kCreate);
  ASSERT_TRUE(file.ok());
  constexpr uint64_t kMiB = 1u << 20;
  for (const uint64_t size : {uint64_t{48}, uint64_t{57}, uint64_t{96}, kMiB, kMiB + 1, kMiB + 48,
                              kMiB + 56, kMiB + 57, 3 * kMiB - 1, 3 * kMiB, 3 * kMiB + 56}) {
    SCOPED_TRACE(size);
    ASSERT_TRUE(can_be_void(size));
    const LogPosition from(1000);
    ASSERT_TRUE(write_void_batches(**file, 10, from, from + size, Epoch(7)).ok());
    std::string bytes(size, '?');
    ASSERT_TRUE((*file)->read(10, bytes).ok());
    LogPosition at = from;
    while (!bytes.empty()) {
      const auto header = decode_batch_header(bytes);
      ASSERT_TRUE(header.ok()) << header.error().message;
      EXPECT_EQ(header->position, at);
      EXPECT_EQ(header->epoch, Epoch(7));
      const uint64_t batch_bytes = kBatchHeaderBytes + header->payload_bytes;
      ASSERT_LE(batch_bytes, bytes.size());
      const auto visited =
          visit_records(bytes.substr(0, batch_bytes), [](LogPosition, std::string_view record) {
            EXPECT_EQ(record.front(), '\xFF');
            EXPECT_EQ(record.find_last_not_of('\0'), 0u);
            return Result<void>();
          });
      ASSERT_TRUE(visited.ok()) << visited.error().message;
      bytes.erase(0, batch_bytes);
      at = at + batch_bytes;
    }
    EXPECT_EQ(at, from + size);
  }
}

TEST(VoidBatches, NothingShorterThanABatchCanBeVoid) {
  for (uint64_t size = 0; size < 57; ++size) EXPECT_EQ(can_be_void(size), size == 48) << size;
}

}  // namespace
}  // namespace forebay::journal
