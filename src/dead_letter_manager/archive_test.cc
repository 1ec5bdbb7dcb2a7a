// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <forebay/sqs/dead_letter_archive.h>
#include <gtest/gtest.h>

#include "dead_letter_manager/archive_directory.h"
#include "env/limited_file_system.h"
#include "env/testing/temporary_directory.h"
#include "env/unsynced_file_system.h"

namespace forebay::sqs {
namespace {

using std::chrono::milliseconds;

constexpr Timestamp kSent(milliseconds(1'767'323'045'678));

ArchivedLetter letter_of(std::string id) {
  ArchivedLetter letter{.queue = "http://host/000000000000/orders-dlq",
                        .rule = "age",
                        .reason = "older than \"24 h\"",
                        .archived = kSent + milliseconds(5)};
  Message& message = letter.message;
  message.message_id = MessageId(id);
  message.body = "größe \u2028 \"quoted\" \\ \t\n {}";
  message.message_attributes["text"] = MessageAttributeValue::string("a,b");
  message.message_attributes["bytes"] = MessageAttributeValue::binary(std::string("\0\xff", 2));
  message.attributes = {
      .sender_id = "AIDA",
      .sent_timestamp = kSent,
      .approximate_receive_count = 4,
      .approximate_first_receive_timestamp = kSent + milliseconds(1),
      .message_group_id = "g",
      .message_deduplication_id = "d",
      .sequence_number = "18",
      .aws_trace_header = "Root=1",
      .dead_letter_queue_source_arn = "arn:aws:sqs:us-east-1:000000000000:orders"};
  return letter;
}

TEST(ArchivedLetter, ComesBackFromItsJson) {
  const ArchivedLetter letter = letter_of("id-1");
  const std::string json = to_json(letter);
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  const Result<ArchivedLetter> read = archived_letter_of_json(json);
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_EQ(to_json(*read), json);
  EXPECT_EQ(read->message.body, letter.message.body);
  EXPECT_EQ(read->message.message_attributes, letter.message.message_attributes);
  EXPECT_EQ(read->message.attributes.sent_timestamp, kSent);
  EXPECT_EQ(read->name(), letter.name());
}

TEST(ArchivedLetter, IsNotReadFromWhatItIsNot) {
  for (const char* json :
       {"", "[]", "{}", R"({"message_id":"a","body":"b"})",
        R"({"message_id":"","body":"b","queue":"q"})", R"({"message_id":"a","body":5,"queue":"q"})",
        R"({"message_id":"a","body":"b","queue":"q","sent_timestamp":"soon"})",
        R"({"message_id":"a","body":"b","queue":"q","message_attributes":{"x":{}}})",
        R"({"message_id":"a","body":"b","queue":"q","message_attributes":{"x":)"
        R"({"data_type":"Binary","binary_value":"?"}}})"}) {
    const Result<ArchivedLetter> read = archived_letter_of_json(json);
    ASSERT_FALSE(read.ok()) << json;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalidRequest);
  }
  EXPECT_TRUE(
      archived_letter_of_json(R"({"message_id":"a","body":"b","queue":"q","later":[1]})").ok());
}

TEST(ArchivedLetter, NamesSortByTheTimeOfTheSend) {
  ArchivedLetter letter = letter_of("id/../1");
  EXPECT_EQ(letter.name(), "20260102T030405.678Z-id____1.json");
  const std::string before = letter.name();
  letter.message.attributes.sent_timestamp = kSent + milliseconds(1);
  EXPECT_LT(before, letter.name());
}

class ArchiveDirectoryTest : public ::testing::Test {
 protected:
  std::unique_ptr<DeadLetterArchive> open(env::FileSystem& files) {
    auto archive = detail::open_directory(files, directory_ / "a/b");
    EXPECT_TRUE(archive.ok()) << archive.error();
    return std::move(archive).value();
  }
  static std::vector<std::string> names(DeadLetterArchive& archive) {
    const auto listed = archive.list("", {});
    EXPECT_TRUE(listed.ok()) << listed.error();
    return *listed;
  }

  env::TemporaryDirectory directory_;
  env::FileSystem& files_ = env::posix_file_system();
};

TEST_F(ArchiveDirectoryTest, KeepsOneFileForEachName) {
  const auto archive = open(files_);
  const std::vector<ArchiveFile> files = {{"b.json", "first"}, {"a.json", "2"}, {"b.json", "3"}};
  for (const Result<void>& answer : archive->put(files, {})) EXPECT_TRUE(answer.ok());
  EXPECT_EQ(names(*archive), (std::vector<std::string>{"a.json", "b.json"}));
  EXPECT_EQ(*archive->list("a.json", {}), (std::vector<std::string>{"b.json"}));
  EXPECT_EQ(*archive->get("b.json", {}), "3");
  EXPECT_FALSE(archive->get("c.json", {}).ok());
}

TEST_F(ArchiveDirectoryTest, TellsOfEachFileThatItCannotTake) {
  const auto archive = open(files_);
  const std::vector<ArchiveFile> files = {{"../a.json", "x"}, {"a.json", "x"}, {"", "x"}};
  const auto answers = archive->put(files, {});
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].error().kind, ErrorKind::kInvalidRequest);
  EXPECT_TRUE(answers[1].ok());
  EXPECT_FALSE(answers[2].ok());
}

TEST_F(ArchiveDirectoryTest, IsForOneProgramAtATime) {
  const auto archive = open(files_);
  const auto second = open_archive_directory(directory_ / "a/b");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
}

TEST_F(ArchiveDirectoryTest, WhatItSaysIsSafeSurvivesAPowerFailure) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string name = std::to_string(seed) + ".json";
    {
      env::UnsyncedFileSystem disk(files_, {.seed = seed});
      const auto archive = open(disk);
      ASSERT_TRUE(archive->put(std::vector<ArchiveFile>{{name, "content"}}, {}).front().ok());
    }  // the power is gone: what was not synced is lost
    const auto archive = open(files_);
    const Result<std::string> content = archive->get(name, {});
    ASSERT_TRUE(content.ok()) << content.error();
    EXPECT_EQ(*content, "content");
  }
}

/// What an earlier program left half written stands in nobody's way and is never listed.
TEST_F(ArchiveDirectoryTest, StartsAgainWhereAnotherWasInterrupted) {
  auto archive = open(files_);
  {
    auto file = files_.open(directory_ / "a/b/x.json.partial", env::OpenMode::kCreate);
    ASSERT_TRUE((*file)->write(0, "hal").ok());
  }
  EXPECT_TRUE(names(*archive).empty());
  ASSERT_TRUE(archive->put(std::vector<ArchiveFile>{{"x.json", "whole"}}, {}).front().ok());
  EXPECT_EQ(*archive->get("x.json", {}), "whole");
  EXPECT_EQ(names(*archive).size(), 1u);
}

TEST_F(ArchiveDirectoryTest, StopsBetweenFiles) {
  const auto archive = open(files_);
  std::stop_source stop;
  stop.request_stop();
  const auto answers = archive->put(std::vector<ArchiveFile>{{"a.json", "x"}}, stop.get_token());
  EXPECT_EQ(answers.front().error().kind, ErrorKind::kCancelled);
  EXPECT_TRUE(names(*archive).empty());
}

}  // namespace
}  // namespace forebay::sqs
