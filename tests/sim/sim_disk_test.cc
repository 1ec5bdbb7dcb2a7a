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

TEST(SimDisk, EveryKindOfCallFailsWhenOrdered) {
  using Call = SimDisk::Call;
  const auto outcome = [](SimDisk& disk, Call call) -> Result<void> {
    char byte = 0;
    switch (call) {
      case Call::kWrite:
        return disk.open("/d/f", env::OpenMode::kReadWrite).value()->write(0, "a");
      case Call::kSync:
        return disk.open("/d/f", env::OpenMode::kReadWrite).value()->sync();
      case Call::kAllocate:
        return disk.open("/d/f", env::OpenMode::kReadWrite).value()->allocate(10);
      case Call::kRead:
        return disk.open("/d/f", env::OpenMode::kRead).value()->read(0, {&byte, 1});
      case Call::kOpen: {
        const auto opened = disk.open("/d/f", env::OpenMode::kRead);
        return opened.ok() ? Result<void>() : opened.error();
      }
      case Call::kList: {
        const auto names = disk.list("/d");
        return names.ok() ? Result<void>() : names.error();
      }
      case Call::kLink:
        return disk.link("/d/f", "/d/h");
      case Call::kRename:
        return disk.rename("/d/h", "/d/i");
      case Call::kRemove:
        return disk.remove("/d/i");
      case Call::kSyncDirectory:
        return disk.sync_directory("/d");
      case Call::kCreateDirectory:
        return disk.create_directory("/e");
    }
    return {};
  };
  SimDisk disk{Prng(1)};
  ASSERT_TRUE(make(disk, "/d/f")->write(0, "f").ok());
  for (const Call call :
       {Call::kWrite, Call::kSync, Call::kAllocate, Call::kOpen, Call::kRead, Call::kLink,
        Call::kRename, Call::kRemove, Call::kSyncDirectory, Call::kCreateDirectory, Call::kList}) {
    const uint64_t before = disk.calls()[static_cast<size_t>(call)];
    disk.fail(call, 1, ErrorCode::kStorageFailure);
    const Result<void> refused = outcome(disk, call);
    ASSERT_FALSE(refused.ok()) << to_text(call);
    EXPECT_EQ(refused.error().code, ErrorCode::kStorageFailure);
    EXPECT_TRUE(outcome(disk, call).ok()) << to_text(call);
    EXPECT_EQ(disk.calls()[static_cast<size_t>(call)], before + 2) << to_text(call);
  }
  EXPECT_EQ(disk.failed_read_count(), 1u);
}

TEST(SimDisk, StrikeMeetsThatVeryCallAndNoOther) {
  for (const SimDisk::Fate fate : {SimDisk::Fate::kFails, SimDisk::Fate::kDies}) {
    SimDisk disk{Prng(1)};
    auto file = make(disk, "/d/f");
    disk.strike({SimDisk::Call::kWrite, 2, fate});
    EXPECT_TRUE(file->write(0, "a").ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_FALSE(disk.struck());
    EXPECT_FALSE(file->write(1, "b").ok());
    EXPECT_TRUE(disk.struck());
    EXPECT_EQ(disk.dead(), fate == SimDisk::Fate::kDies);
    EXPECT_EQ(file->write(1, "b").ok(), fate == SimDisk::Fate::kFails);
  }
}

TEST(SimDisk, FullDiskRefusesGrowthAndSaysWhatIsLeft) {
  SimDisk disk{Prng(1)};
  disk.set_capacity(10'000);
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->allocate(4'000).ok());
  EXPECT_EQ(*disk.free_bytes("/d"), 6'000u);
  ASSERT_TRUE(file->write(3'000, std::string(2'000, 'x')).ok());  // grows by half of that
  EXPECT_EQ(*disk.free_bytes("/d"), 5'000u);
  const Result<void> refused = file->allocate(10'001);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kStorageFull);
  EXPECT_EQ(*file->size(), 5'000u);
  EXPECT_EQ(file->write(5'000, std::string(5'001, 'x')).error().code, ErrorCode::kStorageFull);
  EXPECT_LE(*file->size(), 10'000u);
  EXPECT_TRUE(file->write(0, std::string(3'000, 'y')).ok());  // no growth
  EXPECT_EQ(disk.refusal_count(), 2u);
}

TEST(SimDisk, OthersTakeSpaceAndGiveItBack) {
  SimDisk disk{Prng(1)};
  disk.set_capacity(10'000);
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->allocate(1'000).ok());
  disk.leave(500);
  EXPECT_EQ(disk.bytes_left(), 500u);
  EXPECT_FALSE(file->allocate(1'501).ok());
  EXPECT_TRUE(file->allocate(1'500).ok());
  disk.leave(UINT64_MAX);
  EXPECT_EQ(disk.bytes_left(), 8'500u);
}

TEST(SimDisk, SpaceComesBackWithTheLastNameAndHandle) {
  SimDisk disk{Prng(1)};
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->allocate(1'000).ok());
  ASSERT_TRUE(disk.link("/d/f", "/d/g").ok());
  EXPECT_EQ(disk.used_bytes(), 1'000u);
  ASSERT_TRUE(disk.remove("/d/f").ok());
  EXPECT_EQ(disk.used_bytes(), 1'000u);
  ASSERT_TRUE(disk.remove("/d/g").ok());
  EXPECT_EQ(disk.used_bytes(), 1'000u);  // still open
  file.reset();
  EXPECT_EQ(disk.used_bytes(), 0u);
}

TEST(SimDisk, RottenBitStaysUntilItIsHealedOrWrittenAgain) {
  SimDisk disk{Prng(1)};
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->write(0, "hello").ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(disk.sync_directory("/d").ok());
  disk.rot_on_read("/d/f", 1, 2);
  std::string seen(1, '\0');
  ASSERT_TRUE(file->read(0, seen).ok());
  EXPECT_TRUE(disk.rotten().empty());  // that read did not touch it
  seen.resize(5);
  ASSERT_TRUE(file->read(0, seen).ok());
  ASSERT_EQ(disk.rotten().size(), 1u);
  EXPECT_EQ(disk.rotten()[0].offset, 1u);
  EXPECT_NE(seen[1], 'e');
  EXPECT_EQ(seen[0], 'h');
  file.reset();
  fail_power(disk);
  EXPECT_EQ(disk.contents("/d/f"), seen);
  disk.heal();
  EXPECT_EQ(disk.contents("/d/f"), "hello");
  disk.rot({"/d/f", 4, 0});
  auto again = disk.open("/d/f", env::OpenMode::kReadWrite).value();
  ASSERT_TRUE(again->write(4, "!").ok());
  ASSERT_TRUE(again->sync().ok());
  again.reset();
  EXPECT_TRUE(disk.rotten().empty());
  disk.heal();
  fail_power(disk);
  EXPECT_EQ(disk.contents("/d/f"), "hell!");
}

TEST(SimDisk, WriteThatIsLostBringsTheRotBack) {
  int lost = 0;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    SimDisk disk{Prng(seed)};
    auto file = make(disk, "/d/f");
    ASSERT_TRUE(file->write(0, "hello").ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(disk.sync_directory("/d").ok());
    disk.rot({"/d/f", 4, 0});
    ASSERT_TRUE(file->write(4, "!").ok());
    file.reset();
    fail_power(disk);
    const bool rotten = !disk.rotten().empty();
    lost += rotten ? 1 : 0;
    EXPECT_EQ(disk.contents("/d/f"), rotten ? "helln" : "hell!");
    disk.heal();
    EXPECT_EQ(disk.contents("/d/f"), rotten ? "hello" : "hell!");
  }
  EXPECT_GT(lost, 10);
  EXPECT_LT(lost, static_cast<int>(kTries) - 10);
}

TEST(SimDisk, ColdReadsAreAShareAndLeaveNothingUseful) {
  SimDisk disk{Prng(1)};
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->write(0, "hello").ok());
  disk.set_cold(300);
  int cold = 0;
  for (int i = 0; i < 1'000; ++i) {
    std::string seen(5, '\0');
    const Result<bool> read = file->read_cached(0, seen);
    ASSERT_TRUE(read.ok());
    cold += *read ? 0 : 1;
    EXPECT_EQ(seen == "hello", *read);
  }
  EXPECT_GT(cold, 200);
  EXPECT_LT(cold, 400);
}

TEST(SimDisk, LinkIsASecondNameThatASyncOfTheDirectoryKeeps) {
  SimDisk disk{Prng(1)};
  auto file = make(disk, "/d/f");
  ASSERT_TRUE(file->write(0, "hello").ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(disk.link("/d/f", "/d/g").ok());
  EXPECT_FALSE(disk.link("/d/f", "/d/g").ok());
  ASSERT_TRUE(disk.sync_directory("/d").ok());
  ASSERT_TRUE(disk.remove("/d/f").ok());
  ASSERT_TRUE(disk.sync_directory("/d").ok());
  file.reset();
  fail_power(disk);
  EXPECT_FALSE(*disk.exists("/d/f"));
  EXPECT_EQ(disk.contents("/d/g"), "hello");
}

}  // namespace
}  // namespace forebay::sim
