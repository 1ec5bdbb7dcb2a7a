// SPDX-License-Identifier: Apache-2.0
#include "env/line_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::env {
namespace {

using enum LineInput::Next;

/// A pipe that is read by its name, and written by the test.
class LineInputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe(ends_), 0);
    auto opened = LineInput::open("/proc/self/fd/" + std::to_string(ends_[0]));
    ASSERT_TRUE(opened.ok());
    input_.emplace(*std::move(opened));
  }
  void TearDown() override {
    ::close(ends_[0]);
    close_writer();
  }
  void write(std::string_view text) {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  LineInput::Next next() { return *input_->next(line_, 0); }

  int ends_[2] = {-1, -1};
  std::optional<LineInput> input_;
  std::string line_;
};

TEST_F(LineInputTest, GivesLinesAsTheyCome) {
  EXPECT_EQ(next(), kPending);
  write("one\ntwo\r\nthr");
  EXPECT_EQ(next(), kLine);
  EXPECT_EQ(line_, "one");
  EXPECT_EQ(next(), kLine);
  EXPECT_EQ(line_, "two");
  EXPECT_EQ(next(), kPending);
  write("ee\n\n");
  EXPECT_EQ(next(), kLine);
  EXPECT_EQ(line_, "three");
  EXPECT_EQ(next(), kLine);
  EXPECT_EQ(line_, "");
  EXPECT_EQ(input_->bytes_taken(), 16u);
  EXPECT_EQ(input_->size(), std::nullopt);
}

TEST_F(LineInputTest, TheLastLineNeedsNoEnd) {
  write("last");
  EXPECT_EQ(next(), kPending);
  close_writer();
  EXPECT_EQ(next(), kLine);
  EXPECT_EQ(line_, "last");
  EXPECT_EQ(next(), kEnd);
  EXPECT_EQ(next(), kEnd);
}

TEST_F(LineInputTest, TheRestIsOneText) {
  write("a\nb\nc");
  EXPECT_EQ(next(), kLine);
  EXPECT_FALSE(*input_->rest(line_, 0));
  close_writer();
  EXPECT_TRUE(*input_->rest(line_, 0));
  EXPECT_EQ(line_, "b\nc");
  EXPECT_EQ(next(), kEnd);
}

TEST(LineInput, ReadsFilesOfAnyLengthAndKnowsTheirSize) {
  const TemporaryDirectory directory;
  const std::string path = directory / "lines";
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\n";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(fd);
  auto input = LineInput::open(path);
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(input->size(), text.size());
  std::string line;
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(*input->next(line, 0), kLine);
    ASSERT_EQ(line, "line " + std::to_string(i));
  }
  EXPECT_EQ(*input->next(line, 0), kEnd);
}

TEST(LineInput, SaysWhyAFileCannotBeOpened) {
  const auto input = LineInput::open("/nonexistent/file");
  ASSERT_FALSE(input.ok());
  EXPECT_EQ(input.error().message, "cannot open /nonexistent/file: No such file or directory");
}

}  // namespace
}  // namespace forebay::env
