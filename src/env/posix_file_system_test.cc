// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "env/file_system.h"
#include "env/testing/temporary_directory.h"

namespace forebay::env {
namespace {

class PosixFileSystemTest : public testing::Test {
 protected:
  std::unique_ptr<File> open(const std::string& name, OpenMode mode) {
    auto file = files_.open(directory_ / name, mode);
    EXPECT_TRUE(file.ok()) << file.error().message;
    return std::move(file).value();
  }

  TemporaryDirectory directory_;
  FileSystem& files_ = posix_file_system();
};

TEST_F(PosixFileSystemTest, ReadsBackWhatWasWrittenAtAnOffset) {
  auto file = open("a", OpenMode::kCreate);
  ASSERT_TRUE(file->write(5, "hello").ok());
  ASSERT_TRUE(file->write(0, "12345").ok());
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(*file->size(), 10u);
  file.reset();
  std::string out(10, '\0');
  ASSERT_TRUE(open("a", OpenMode::kRead)->read(0, out).ok());
  EXPECT_EQ(out, "12345hello");
}

TEST_F(PosixFileSystemTest, PaddingIsZeroAndEndsWhereItShould) {
  auto file = open("a", OpenMode::kCreate);
  ASSERT_TRUE(file->write(0, std::string(20, '?')).ok());
  ASSERT_TRUE(file->write_padded(3, "hello", 4).ok());
  std::string out(20, '\0');
  ASSERT_TRUE(file->read(0, out).ok());
  EXPECT_EQ(out, "???hello" + std::string(4, '\0') + "????????");
  ASSERT_TRUE(file->write_padded(12, "", 0).ok());
  EXPECT_EQ(*file->size(), 20u);
}

/// Whole pages go past the cache, which must show them all the same; the rest cannot.
TEST_F(PosixFileSystemTest, ZeroesPagesAndPartsOfPages) {
  constexpr uint64_t kBytes = 300 * kFilePageBytes;
  const std::string before(kBytes, '?');
  for (const auto& [offset, bytes] :
       {std::pair<uint64_t, uint64_t>{kFilePageBytes, 290 * kFilePageBytes},
        {5, 3},
        {0, kFilePageBytes + 1},
        {kFilePageBytes, 0}}) {
    auto file = open(std::to_string(offset) + "-" + std::to_string(bytes), OpenMode::kCreate);
    ASSERT_TRUE(file->write(0, before).ok());
    ASSERT_TRUE(file->zero(offset, bytes).ok());
    std::string out(kBytes, '\0');
    ASSERT_TRUE(file->read(0, out).ok());
    std::string wanted = before;
    wanted.replace(offset, bytes, std::string(bytes, '\0'));
    EXPECT_TRUE(out == wanted) << offset << " " << bytes;
    EXPECT_EQ(*file->size(), kBytes);
  }
}

TEST_F(PosixFileSystemTest, ReadingPastTheEndIsDamage) {
  auto file = open("a", OpenMode::kCreate);
  ASSERT_TRUE(file->write(0, "12345").ok());
  std::string out(6, '\0');
  auto read = file->read(0, out);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kStorageDamaged);
  EXPECT_NE(read.error().message.find(directory_ / "a"), std::string::npos);
}

TEST_F(PosixFileSystemTest, AllocatedSpaceReadsAsZeroAndKeepsWhatIsThere) {
  auto file = open("a", OpenMode::kCreate);
  ASSERT_TRUE(file->write(0, "x").ok());
  ASSERT_TRUE(file->allocate(100'000).ok());
  EXPECT_EQ(*file->size(), 100'000u);
  ASSERT_TRUE(file->allocate(10).ok());
  EXPECT_EQ(*file->size(), 100'000u);
  std::string out(100'000, '?');
  ASSERT_TRUE(file->read(0, out).ok());
  EXPECT_EQ(out, "x" + std::string(99'999, '\0'));
}

TEST_F(PosixFileSystemTest, OpenModesAreKept) {
  EXPECT_EQ(files_.open(directory_ / "a", OpenMode::kRead).error().code,
            ErrorCode::kStorageFailure);
  EXPECT_FALSE(files_.open(directory_ / "a", OpenMode::kReadWrite).ok());
  open("a", OpenMode::kCreate);
  EXPECT_FALSE(files_.open(directory_ / "a", OpenMode::kCreate).ok());
  EXPECT_FALSE(open("a", OpenMode::kRead)->write(0, "x").ok());
  EXPECT_TRUE(open("a", OpenMode::kReadWrite)->write(0, "x").ok());
}

TEST_F(PosixFileSystemTest, AnErrorNamesTheCallThePathAndTheReason) {
  const auto opened = files_.open(directory_ / "missing", OpenMode::kRead);
  EXPECT_EQ(opened.error().message,
            "open " + (directory_ / "missing") + ": No such file or directory");
}

TEST_F(PosixFileSystemTest, AFullDeviceIsStorageFull) {
  auto full = files_.open("/dev/full", OpenMode::kReadWrite);
  ASSERT_TRUE(full.ok());
  EXPECT_EQ((*full)->write(0, "x").error().code, ErrorCode::kStorageFull);
}

TEST_F(PosixFileSystemTest, ListsNamesInByteOrder) {
  for (const char* name : {"b", "a", "B"}) open(name, OpenMode::kCreate);
  EXPECT_EQ(*files_.list(directory_.path()), (std::vector<std::string>{"B", "a", "b"}));
  EXPECT_FALSE(files_.list(directory_ / "missing").ok());
}

TEST_F(PosixFileSystemTest, RenamesAndRemoves) {
  open("a", OpenMode::kCreate);
  ASSERT_TRUE(files_.rename(directory_ / "a", directory_ / "b").ok());
  EXPECT_FALSE(*files_.exists(directory_ / "a"));
  EXPECT_TRUE(*files_.exists(directory_ / "b"));
  ASSERT_TRUE(files_.remove(directory_ / "b").ok());
  EXPECT_FALSE(*files_.exists(directory_ / "b"));
  EXPECT_FALSE(files_.remove(directory_ / "b").ok());
  EXPECT_TRUE(files_.sync_directory(directory_.path()).ok());
}

TEST_F(PosixFileSystemTest, CreatesADirectoryWithItsParents) {
  for (const char* path : {"/x/y/z", "/x/y/z", "/x/w/", "/x"}) {
    ASSERT_TRUE(files_.create_directory(directory_.path() + path).ok()) << path;
    EXPECT_TRUE(std::filesystem::is_directory(directory_.path() + path));
  }
}

TEST_F(PosixFileSystemTest, AFileInTheWayOfADirectoryIsRefused) {
  open("a", OpenMode::kCreate);
  EXPECT_FALSE(files_.create_directory(directory_ / "a").ok());
  EXPECT_FALSE(files_.create_directory(directory_ / "a/b").ok());
}

TEST_F(PosixFileSystemTest, ASecondLockInTheSameProcessIsRefused) {
  auto first = files_.lock(directory_.path());
  ASSERT_TRUE(first.ok());
  const auto second = files_.lock(directory_.path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kStorageFailure);
  EXPECT_NE(second.error().message.find("another process"), std::string::npos);
}

TEST_F(PosixFileSystemTest, ALockIsFreeAgainAfterItsHolder) {
  ASSERT_TRUE(files_.lock(directory_.path()).ok());
  EXPECT_TRUE(files_.lock(directory_.path()).ok());
}

TEST_F(PosixFileSystemTest, AnotherProcessCannotTakeAHeldLock) {
  auto held = files_.lock(directory_.path());
  ASSERT_TRUE(held.ok());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(files_.lock(directory_.path()).ok() ? 1 : 0);
  ASSERT_GT(child, 0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace forebay::env
