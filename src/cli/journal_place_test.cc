// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_place.h"

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::cli {
namespace {

class JournalPlace : public testing::Test {
 protected:
  std::string place(const std::string& name) const { return directory_ / name; }
  void make(const std::string& directory, const std::string& file = "") {
    ASSERT_TRUE(files_.create_directory(place(directory)).ok());
    if (file.empty()) return;
    ASSERT_TRUE(files_.open(place(directory) + "/" + file, env::OpenMode::kCreate).ok());
  }
  std::string refusal(const Result<std::string>& result) {
    EXPECT_FALSE(result.ok());
    if (result.ok()) return *result;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidConfiguration);
    return result.error().message;
  }

  env::TemporaryDirectory directory_;
  env::FileSystem& files_ = env::posix_file_system();
};

TEST_F(JournalPlace, IsFoundByTheDataDirectoryAndByItsOwn) {
  make("data/journal", "00000000000000000001.segment");
  for (const char* name : {"data", "data/", "data/journal", "data/journal//"}) {
    const Result<std::string> found = find_journal(files_, place(name));
    ASSERT_TRUE(found.ok()) << name;
    EXPECT_EQ(*found, place("data/journal"));
  }
}

TEST_F(JournalPlace, IsRefusedWhereThereIsNone) {
  EXPECT_EQ(refusal(find_journal(files_, place("none"))), place("none") + " does not exist.");
  make("other", "something.txt");
  EXPECT_EQ(refusal(find_journal(files_, place("other"))), place("other") + " holds no journal.");
  make("data/journal", "LOCK");
  EXPECT_EQ(refusal(find_journal(files_, place("data"))),
            place("data/journal") + " holds no journal.");
}

TEST_F(JournalPlace, OfANewDataDirectoryMustBeFree) {
  const Result<std::string> fresh = place_for_journal(files_, place("new/"));
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(*fresh, place("new/journal"));
  make("empty/lost+found");
  EXPECT_TRUE(place_for_journal(files_, place("empty")).ok());
  make("used", "file");
  EXPECT_EQ(refusal(place_for_journal(files_, place("used"))),
            place("used") + " is not empty: name a directory to make.");
}

}  // namespace
}  // namespace forebay::cli
