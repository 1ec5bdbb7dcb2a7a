// SPDX-License-Identifier: Apache-2.0
// The fake disk itself: a simulator that forgets too little proves nothing.
#include "sim/sim_disk.h"

#include <set>

#include <gtest/gtest.h>

namespace forebay::sim {
namespace {

constexpr uint64_t kTries = 200;

std::unique_ptr<env::File> make(SimDisk& disk, const std::string& path) {
  EXPECT_TRUE(disk.create_directory("/d").ok());
  auto file = disk.open(path, env::OpenMode::kCreate);
  EXPECT_TRUE(file.ok());
  return std::move(file).value();
}

void fail_power(SimDisk& disk) {
  disk.power_failure();
  disk.come_back();
}

TEST(SimDisk, SyncedDataAndNamesSurvive) {
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    SimDisk disk{Prng(seed)};
    auto file = make(disk, "/d/f");
    ASSERT_TRUE(file->write(100, "hello").ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(disk.sync_directory("/d").ok());
    file.reset();
    fail_power(disk);
    EXPECT_EQ(disk.contents("/d/f").substr(100), "hello");
  }
}

TEST(SimDisk, UnsyncedNameIsLostOrKept) {
  int kept = 0;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    SimDisk disk{Prng(seed)};
    auto file = make(disk, "/d/f");
    ASSERT_TRUE(file->write(0, "hello").ok());
    ASSERT_TRUE(file->sync().ok());
    file.reset();
    fail_power(disk);
    if (*disk.exists("/d/f")) {
      ++kept;
      EXPECT_EQ(disk.contents("/d/f"), "hello");
    }
  }
  EXPECT_GT(kept, 10);
  EXPECT_LT(kept, static_cast<int>(kTries) - 10);
}

TEST(SimDisk, UnsyncedWriteIsLostKeptOrTornInAnyOrder) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    SimDisk disk{Prng(seed)};
    auto file = make(disk, "/d/f");
    ASSERT_TRUE(file->allocate(4 * kSectorBytes).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(disk.sync_directory("/d").ok());
    for (uint64_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(
          file->write(i * kSectorBytes, std::string(kSectorBytes, static_cast<char>('a' + i)))
              .ok());
    }
    file.reset();
    fail_power(disk);
    const std::string contents = disk.contents("/d/f");
    std::string outcome;
    for (uint64_t i = 0; i < 3; ++i)
      outcome += contents[i * kSectorBytes] == 0 ? '-' : contents[i * kSectorBytes];
    outcomes.insert(outcome);
  }
  EXPECT_EQ(outcomes.size(), 8u);  // every subset
}

TEST(SimDisk, TornWriteKeepsAnySubsetOfSectors) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    SimDisk disk{Prng(seed)};
    auto file = make(disk, "/d/f");
    ASSERT_TRUE(file->allocate(3 * kSectorBytes).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(disk.sync_directory("/d").ok());
    ASSERT_TRUE(file->write(0, std::string(3 * kSectorBytes, 'x')).ok());
    file.reset();
    fail_power(disk);
    const std::string contents = disk.contents("/d/f");
    outcomes.insert({contents[0], contents[kSectorBytes], contents[2 * kSectorBytes]});
  }
  EXPECT_EQ(outcomes.size(), 8u);
}

TEST(SimDisk, WithoutAPowerFailureTheNextProcessReadsEverything) {
  SimDisk disk{Prng(1)};
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->write(0, "hello").ok());
  file.reset();
  disk.come_back();
  EXPECT_EQ(disk.contents("/d/f"), "hello");
}

TEST(SimDisk, FailedSyncIsNotMadeGoodByTheNextOne) {
  int lost = 0;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    SimDisk disk{Prng(seed)};
    auto file = make(disk, "/d/f");
    ASSERT_TRUE(disk.sync_directory("/d").ok());
    ASSERT_TRUE(file->write(0, "hello").ok());
    disk.fail(SimDisk::Call::kSync, 1, ErrorCode::kStorageFailure);
    EXPECT_FALSE(file->sync().ok());
    EXPECT_TRUE(file->sync().ok());
    std::string seen(5, '\0');
    ASSERT_TRUE(file->read(0, seen).ok());
    EXPECT_EQ(seen, "hello");
    file.reset();
    fail_power(disk);
    if (disk.contents("/d/f") != "hello") ++lost;
  }
  EXPECT_GT(lost, 10);
  EXPECT_LT(lost, static_cast<int>(kTries) - 10);
}

TEST(SimDisk, OrderedFaultHappensOnce) {
  SimDisk disk{Prng(1)};
  auto file = make(disk, "/d/f");
  disk.fail(SimDisk::Call::kWrite, 2, ErrorCode::kStorageFull);
  EXPECT_TRUE(file->write(0, "a").ok());
  const Result<void> refused = file->write(1, "b");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kStorageFull);
  EXPECT_TRUE(file->write(1, "b").ok());
}

TEST(SimDisk, DeadProcessChangesNothing) {
  SimDisk disk{Prng(1)};
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->write(0, "a").ok());
  disk.die_at(1);
  EXPECT_FALSE(file->sync().ok());
  EXPECT_TRUE(disk.dead());
  EXPECT_FALSE(file->write(0, "b").ok());
  EXPECT_FALSE(disk.remove("/d/f").ok());
  file.reset();
  disk.come_back();
  EXPECT_EQ(disk.contents("/d/f"), "a");
}

TEST(SimDisk, DirectoryIsLockedOnce) {
  SimDisk disk{Prng(1)};
  auto first = disk.lock("/d");
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(disk.lock("/d").ok());
  first.value().reset();
  EXPECT_TRUE(disk.lock("/d").ok());
}

}  // namespace
}  // namespace forebay::sim
