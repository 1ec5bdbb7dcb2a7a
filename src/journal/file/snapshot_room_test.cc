// SPDX-License-Identifier: Apache-2.0
#include "journal/file/snapshot_room.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/log.h"
#include "env/testing/temporary_directory.h"
#include "journal/testing/faulty_file_system.h"

namespace forebay::journal {
namespace {

constexpr uint64_t kBytes = 1'000'000;

class SnapshotRoomTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  /// Those of the room's files, in the order of their names.
  std::vector<uint64_t> sizes() const {
    std::vector<uint64_t> found;
    for (const char* name : {"1.room", "2.room"}) {
      const std::filesystem::path path = directory_ / name;
      if (std::filesystem::exists(path)) found.push_back(std::filesystem::file_size(path));
    }
    return found;
  }
  SnapshotRoom make_room() { return SnapshotRoom(files_, directory_.path()); }

  env::TemporaryDirectory directory_;
  FaultyFileSystem files_{env::posix_file_system()};
};

using Sizes = std::vector<uint64_t>;

TEST_F(SnapshotRoomTest, IsTwoFiles) {
  SnapshotRoom room(files_, directory_.path());
  EXPECT_FALSE(room.suits(kBytes));
  EXPECT_EQ(room.disk_bytes(), 0u);
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_TRUE(room.suits(kBytes));
  EXPECT_EQ(room.disk_bytes(), 2 * kBytes);
  EXPECT_EQ(sizes(), (Sizes{kBytes, kBytes}));
}

TEST_F(SnapshotRoomTest, IsGivenPieceByPiece) {
  SnapshotRoom room(files_, directory_.path());
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_TRUE(room.give());
  EXPECT_FALSE(room.suits(kBytes));
  EXPECT_EQ(sizes(), (Sizes{kBytes}));
  EXPECT_TRUE(room.give());
  EXPECT_FALSE(room.give());
  EXPECT_EQ(sizes(), Sizes{});
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_EQ(sizes(), (Sizes{kBytes, kBytes}));
}

TEST_F(SnapshotRoomTest, GrowsAndKeepsALittleTooMuch) {
  SnapshotRoom room(files_, directory_.path());
  ASSERT_TRUE(room.make(kBytes).ok());
  ASSERT_TRUE(room.make(2 * kBytes).ok());
  EXPECT_EQ(sizes(), (Sizes{2 * kBytes, 2 * kBytes}));
  EXPECT_TRUE(room.suits(kBytes));
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_EQ(sizes(), (Sizes{2 * kBytes, 2 * kBytes}));
}

TEST_F(SnapshotRoomTest, GivesBackWhatIsFarTooMuch) {
  SnapshotRoom room(files_, directory_.path());
  ASSERT_TRUE(room.make(20 * kBytes).ok());
  EXPECT_FALSE(room.suits(kBytes));
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_EQ(sizes(), (Sizes{kBytes, kBytes}));
  ASSERT_TRUE(room.make(20 * kBytes).ok());
  ASSERT_TRUE(room.make(0).ok());
  EXPECT_EQ(sizes(), Sizes{});
}

TEST_F(SnapshotRoomTest, AnEarlierProcessesFilesAreTakenOver) {
  ASSERT_TRUE(make_room().make(kBytes).ok());
  files_.set_full(true);
  SnapshotRoom room(files_, directory_.path());
  EXPECT_FALSE(room.suits(kBytes));
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_TRUE(room.suits(kBytes));
  EXPECT_EQ(room.disk_bytes(), 2 * kBytes);
}

TEST_F(SnapshotRoomTest, AFullDiskLeavesWhatThereIs) {
  SnapshotRoom room(files_, directory_.path());
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_TRUE(room.give());
  files_.set_full(true);
  for (const uint64_t wanted : {kBytes, 2 * kBytes}) {
    const auto made = room.make(wanted);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, ErrorCode::kStorageFull);
    EXPECT_EQ(sizes(), (Sizes{kBytes}));
    EXPECT_EQ(room.disk_bytes(), kBytes);
  }
  EXPECT_TRUE(room.give());
}

TEST_F(SnapshotRoomTest, AFileThatCannotBeRemovedIsNotCountedOn) {
  SnapshotRoom room(files_, directory_.path());
  ASSERT_TRUE(room.make(kBytes).ok());
  files_.fail(Call::kRemove, 1);
  EXPECT_TRUE(room.give()) << "the other one";
  EXPECT_EQ(sizes(), (Sizes{kBytes}));
  EXPECT_EQ(room.disk_bytes(), 0u);
  ASSERT_TRUE(room.make(kBytes).ok());
  EXPECT_EQ(sizes(), (Sizes{kBytes, kBytes}));
}

}  // namespace
}  // namespace forebay::journal
