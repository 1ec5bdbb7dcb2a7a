// SPDX-License-Identifier: Apache-2.0
// A power failure is the end of one UnsyncedFileSystem: what its base has then is what is left.
#include "env/unsynced_file_system.h"

#include <set>

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::env {
namespace {

constexpr uint64_t kTries = 40;
constexpr uint64_t kSectorBytes = 512;
constexpr uint64_t kPageBytes = 4096;

/// One life of a process after the other, on one directory.
class Machine {
 public:
  explicit Machine(uint64_t seed, bool lying = false) : options_{.lying = lying, .seed = seed} {
    come_back();
  }

  UnsyncedFileSystem& files() { return *files_; }
  std::string path(const std::string& name = "f") const { return directory_ / name; }

  std::unique_ptr<File> open(OpenMode mode, const std::string& name = "f") {
    auto file = files_->open(path(name), mode);
    EXPECT_TRUE(file.ok()) << file.error().message;
    return std::move(file).value();
  }

  /// A file whose name and size are durable.
  std::unique_ptr<File> make_durable(uint64_t bytes, const std::string& name = "f") {
    auto file = open(OpenMode::kCreate, name);
    EXPECT_TRUE(file->allocate(bytes).ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_TRUE(files_->sync_directory(directory_.path()).ok());
    return file;
  }

  /// All files must be closed.
  void lose_power() {
    files_.reset();
    come_back();
  }

  /// What the disk has.
  std::string on_disk(const std::string& name = "f") const {
    auto file = posix_file_system().open(path(name), OpenMode::kRead);
    if (!file.ok()) return "no file";
    std::string bytes(*(*file)->size(), '\0');
    EXPECT_TRUE((*file)->read(0, bytes).ok());
    return bytes;
  }
  std::vector<std::string> names_on_disk() const {
    return *posix_file_system().list(directory_.path());
  }
  const std::string& directory() const { return directory_.path(); }

 private:
  void come_back() { files_ = std::make_unique<UnsyncedFileSystem>(posix_file_system(), options_); }

  const UnsyncedFileSystem::Options options_;
  TemporaryDirectory directory_;
  std::unique_ptr<UnsyncedFileSystem> files_;
};

std::string bytes_of(const File& file) {
  std::string bytes(*file.size(), '?');
  EXPECT_TRUE(file.read(0, bytes).ok());
  return bytes;
}

TEST(UnsyncedFileSystem, SyncedDataAndNamesSurvive) {
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    Machine machine(seed);
    auto file = machine.open(OpenMode::kCreate);
    ASSERT_TRUE(file->write(5000, "hello").ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(machine.files().sync_directory(machine.directory()).ok());
    file.reset();
    machine.lose_power();
    EXPECT_EQ(machine.on_disk(), std::string(5000, '\0') + "hello");
    EXPECT_EQ(bytes_of(*machine.open(OpenMode::kRead)), machine.on_disk());
  }
}

TEST(UnsyncedFileSystem, ReadersSeeWhatIsUnsynced) {
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    Machine machine(seed);
    auto file = machine.make_durable(3 * kPageBytes);
    std::string expected(3 * kPageBytes, '\0');
    const auto write = [&](uint64_t offset, const std::string& data) {
      expected.resize(std::max<uint64_t>(expected.size(), offset + data.size()));
      expected.replace(offset, data.size(), data);
      ASSERT_TRUE(file->write(offset, data).ok());
    };
    write(100, std::string(kPageBytes, 'a'));
    write(kPageBytes - 1, "bcd");
    ASSERT_TRUE(file->sync().ok());
    write(kPageBytes, "e");
    write(3 * kPageBytes + 10, "past the end");
    EXPECT_EQ(bytes_of(*file), expected);
    const auto reader = machine.open(OpenMode::kRead);
    EXPECT_EQ(bytes_of(*reader), expected);
    std::string some(100, '?');
    ASSERT_TRUE(*reader->read_cached(kPageBytes - 50, some));
    EXPECT_EQ(some, expected.substr(kPageBytes - 50, 100));
    file.reset();  // a closed file is as unsynced as an open one
    EXPECT_EQ(bytes_of(*machine.open(OpenMode::kRead)), expected);
  }
}

TEST(UnsyncedFileSystem, UnsyncedSectorsAreLostOrKeptEachForItself) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 4 * kTries; ++seed) {
    Machine machine(seed);
    auto file = machine.make_durable(3 * kSectorBytes);
    for (const char mark : {'a', 'b', 'c'}) {
      ASSERT_TRUE(file->write(0, std::string(3 * kSectorBytes, mark)).ok());
    }
    file.reset();
    machine.lose_power();
    const std::string left = machine.on_disk();
    ASSERT_EQ(left.size(), 3 * kSectorBytes);
    std::string outcome;
    for (uint64_t at = 0; at < left.size(); at += kSectorBytes) {
      EXPECT_EQ(left.substr(at, kSectorBytes), std::string(kSectorBytes, left[at]));
      outcome += left[at] == 0 ? '-' : left[at];
    }
    outcomes.insert(outcome);
  }
  EXPECT_TRUE(outcomes.contains("---"));
  EXPECT_TRUE(outcomes.contains("ccc"));
  EXPECT_GT(outcomes.size(), 20u);  // of 64
}

TEST(UnsyncedFileSystem, ASyncIsOnTheDiskOnlyWhenItReturns) {
  Machine machine(1);
  auto file = machine.make_durable(0);
  ASSERT_TRUE(file->write(0, std::string(1000, 'x')).ok());
  EXPECT_NE(machine.on_disk(), std::string(1000, 'x'));
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(machine.on_disk(), std::string(1000, 'x'));
}

TEST(UnsyncedFileSystem, AnUnsyncedSizeIsLostOrKept) {
  std::set<uint64_t> sizes;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    Machine machine(seed);
    auto file = machine.make_durable(10);
    ASSERT_TRUE(file->allocate(20).ok());
    ASSERT_TRUE(file->write(0, "x").ok());
    EXPECT_EQ(*file->size(), 20u);
    file.reset();
    machine.lose_power();
    sizes.insert(machine.on_disk().size());
  }
  EXPECT_EQ(sizes, (std::set<uint64_t>{10, 20}));
}

TEST(UnsyncedFileSystem, AnUnsyncedNameIsLostOrKeptWithItsSyncedData) {
  uint64_t kept = 0;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    Machine machine(seed);
    auto file = machine.open(OpenMode::kCreate);
    ASSERT_TRUE(file->write(0, "hello").ok());
    ASSERT_TRUE(file->sync().ok());
    file.reset();
    EXPECT_TRUE(*machine.files().exists(machine.path()));
    EXPECT_EQ(*machine.files().list(machine.directory()), (std::vector<std::string>{"f"}));
    machine.lose_power();
    if (!*machine.files().exists(machine.path())) continue;
    ++kept;
    EXPECT_EQ(machine.on_disk(), "hello");
  }
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, kTries / 2);
}

TEST(UnsyncedFileSystem, NamesBecomeDurableInTheirOrder) {
  using Names = std::vector<std::string>;
  std::set<Names> outcomes;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    Machine machine(seed);
    machine.make_durable(1, "a").reset();
    ASSERT_TRUE(machine.files().rename(machine.path("a"), machine.path("b")).ok());
    ASSERT_TRUE(machine.files().link(machine.path("b"), machine.path("c")).ok());
    ASSERT_TRUE(machine.files().remove(machine.path("b")).ok());
    EXPECT_EQ(*machine.files().list(machine.directory()), (Names{"c"}));
    EXPECT_FALSE(*machine.files().exists(machine.path("a")));
    EXPECT_FALSE(machine.files().open(machine.path("b"), OpenMode::kRead).ok());
    EXPECT_EQ(bytes_of(*machine.open(OpenMode::kRead, "c")).size(), 1u);
    machine.lose_power();
    outcomes.insert(machine.names_on_disk());
  }
  EXPECT_EQ(outcomes, (std::set<Names>{{"a"}, {"b"}, {"b", "c"}, {"c"}}));
}

TEST(UnsyncedFileSystem, SyncedNamesSurviveWhateverTheyWereBefore) {
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    Machine machine(seed);
    auto file = machine.open(OpenMode::kCreate, "made");
    ASSERT_TRUE(file->write(0, "x").ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(machine.files().rename(machine.path("made"), machine.path("final")).ok());
    machine.open(OpenMode::kCreate, "gone").reset();
    ASSERT_TRUE(machine.files().remove(machine.path("gone")).ok());
    ASSERT_TRUE(machine.files().sync_directory(machine.directory() + "/").ok());
    ASSERT_TRUE(file->write(0, "y").ok());
    ASSERT_TRUE(file->sync().ok());
    file.reset();
    machine.lose_power();
    EXPECT_EQ(machine.names_on_disk(), (std::vector<std::string>{"final"}));
    EXPECT_EQ(machine.on_disk("final"), "y");
  }
}

TEST(UnsyncedFileSystem, ANameCanBeGivenAgain) {
  Machine machine(3);
  auto old = machine.make_durable(1);
  ASSERT_TRUE(machine.files().remove(machine.path()).ok());
  auto young = machine.open(OpenMode::kCreate);
  ASSERT_TRUE(young->write(0, "young").ok());
  ASSERT_TRUE(young->sync().ok());
  EXPECT_EQ(bytes_of(*old), std::string(1, '\0'));
  ASSERT_TRUE(machine.files().sync_directory(machine.directory()).ok());
  EXPECT_EQ(machine.on_disk(), "young");
}

TEST(UnsyncedFileSystem, RefusesWhatTheRealOneRefuses) {
  Machine machine(1);
  FileSystem& files = machine.files();
  const auto missing = files.open(machine.path(), OpenMode::kReadWrite);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "open " + machine.path() + ": No such file or directory");
  EXPECT_FALSE(files.open(machine.path("none/f"), OpenMode::kCreate).ok());
  EXPECT_FALSE(files.remove(machine.path()).ok());
  EXPECT_FALSE(files.rename(machine.path(), machine.path("g")).ok());
  auto file = machine.open(OpenMode::kCreate);
  EXPECT_FALSE(files.open(machine.path(), OpenMode::kCreate).ok());
  EXPECT_FALSE(files.link(machine.path(), machine.path()).ok());
  EXPECT_FALSE(machine.open(OpenMode::kRead)->write(0, "x").ok());
  std::string out(1, '\0');
  EXPECT_EQ(file->read(0, out).error().code, ErrorCode::kStorageDamaged);
  EXPECT_EQ(file->read_cached(0, out).error().code, ErrorCode::kStorageDamaged);
}

TEST(UnsyncedFileSystem, TheSameSeedLosesTheSame) {
  const auto left_by = [](uint64_t seed) {
    Machine machine(seed);
    auto file = machine.make_durable(64 * kSectorBytes);
    for (uint64_t i = 0; i < 20; ++i) {
      EXPECT_TRUE(file->write(i * 3 * kSectorBytes, std::string(2000, 'x')).ok());
    }
    file.reset();
    machine.lose_power();
    return machine.on_disk();
  };
  EXPECT_EQ(left_by(7), left_by(7));
  EXPECT_NE(left_by(7), left_by(8));
}

TEST(UnsyncedFileSystem, ALyingDiskIsOneSyncBehind) {
  Machine machine(1, true);
  auto file = machine.make_durable(kPageBytes);
  for (const char* text : {"first", "other", "third"}) {
    ASSERT_TRUE(file->write(0, text).ok());
    ASSERT_TRUE(file->sync().ok());
    EXPECT_EQ(bytes_of(*file).substr(0, 5), text);
  }
  ASSERT_TRUE(file->write(0, "never").ok());
  EXPECT_EQ(bytes_of(*file).substr(0, 5), "never");
  file.reset();
  machine.lose_power();
  EXPECT_EQ(machine.on_disk().substr(0, 5), "other");
}

}  // namespace
}  // namespace forebay::env
