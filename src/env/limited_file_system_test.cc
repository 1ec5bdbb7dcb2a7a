// SPDX-License-Identifier: Apache-2.0
#include "env/limited_file_system.h"

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::env {
namespace {

constexpr uint64_t kCapacity = 1000;

class LimitedFileSystemTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.create_directory(directory_.path()).ok()); }

  std::unique_ptr<File> make(FileSystem& files, const std::string& name) {
    auto file = files.open(directory_ / name, OpenMode::kCreate);
    EXPECT_TRUE(file.ok()) << file.error().message;
    return std::move(file).value();
  }
  uint64_t free_bytes() { return *files_.free_bytes(directory_.path()); }

  TemporaryDirectory directory_;
  LimitedFileSystem files_{posix_file_system(), kCapacity};
};

TEST_F(LimitedFileSystemTest, AllocationStopsAtTheCapacity) {
  auto a = make(files_, "a");
  auto b = make(files_, "b");
  ASSERT_TRUE(a->allocate(600).ok());
  EXPECT_EQ(free_bytes(), 400u);
  const auto refused = b->allocate(401);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kStorageFull);
  EXPECT_EQ(refused.error().message, "allocate " + directory_ / "b" + ": No space left on device");
  EXPECT_EQ(*b->size(), 0u);
  EXPECT_TRUE(b->allocate(400).ok());
  EXPECT_TRUE(b->allocate(10).ok());  // never shrinks, so needs nothing
  EXPECT_EQ(free_bytes(), 0u);
}

TEST_F(LimitedFileSystemTest, AWriteThatDoesNotFitIsHalfWritten) {
  auto file = make(files_, "a");
  ASSERT_TRUE(file->write(0, std::string(990, 'x')).ok());
  const auto refused = file->write(980, std::string(100, 'y'));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kStorageFull);
  std::string found(*file->size(), '\0');
  ASSERT_TRUE(file->read(0, found).ok());
  EXPECT_EQ(found, std::string(980, 'x') + std::string(20, 'y'));
  EXPECT_EQ(file->write(5000, "z").error().code, ErrorCode::kStorageFull);
}

TEST_F(LimitedFileSystemTest, WritesInsideAFileNeedNoRoom) {
  auto file = make(files_, "a");
  ASSERT_TRUE(file->allocate(kCapacity).ok());
  EXPECT_TRUE(file->write(0, std::string(kCapacity, 'x')).ok());
  EXPECT_TRUE(file->sync().ok());
}

TEST_F(LimitedFileSystemTest, RemovingMakesRoomWhoeverDoesIt) {
  ASSERT_TRUE(make(files_, "a")->allocate(500).ok());
  ASSERT_TRUE(make(posix_file_system(), "of somebody else")->allocate(500).ok());
  auto file = make(files_, "b");
  EXPECT_FALSE(file->allocate(1).ok());
  ASSERT_TRUE(files_.remove(directory_ / "a").ok());
  EXPECT_TRUE(file->allocate(500).ok());
  ASSERT_TRUE(posix_file_system().remove(directory_ / "of somebody else").ok());
  EXPECT_TRUE(file->allocate(1000).ok());
}

TEST_F(LimitedFileSystemTest, WhatStandsThereAtTheStartCounts) {
  ASSERT_TRUE(make(files_, "a")->allocate(700).ok());
  LimitedFileSystem next_life(posix_file_system(), kCapacity);
  ASSERT_TRUE(next_life.lock(directory_.path()).ok());
  EXPECT_EQ(*next_life.free_bytes(directory_.path()), 300u);
}

}  // namespace
}  // namespace forebay::env
