// SPDX-License-Identifier: Apache-2.0
// Passes over a dead-letter queue of the whole server, on virtual time.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dead_letter_manager/archive_directory.h"
#include "dead_letter_manager/testing/server_fixture.h"
#include "env/unsynced_file_system.h"

namespace forebay::sqs {
namespace {

using forebay::testing::Fault;
using forebay::testing::Server;
using std::chrono::hours;
using std::chrono::seconds;
using testing::DeadLetterServer;
using Step = DeadLetterFailure::Step;

class ProcessDeadLetters : public DeadLetterServer {};

TEST_F(ProcessDeadLetters, EachRuleTakesWhatIsIts) {
  for (int i = 0; i < 25; ++i) {
    send("dead", R"({"eventType": "UserDeleted", "n": )" + std::to_string(i) + "}");
    send("dead", "again " + std::to_string(i));
  }
  send("dead", "drop me");
  ProcessOptions given = options();
  given.rules = {event_type_rule({"UserDeleted"}, ArchiveLetter{}),
                 decision_rule("junk",
                               [](const DeadLetter& letter) -> std::optional<LetterVerdict> {
                                 if (letter.message.body != "drop me") return std::nullopt;
                                 return LetterVerdict{DeleteLetter{}, "says so"};
                               }),
                 receive_count_rule(2, KeepLetter{})};
  given.otherwise = RequeueLetter{.queue = "other"};
  given.archive = archive();
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.end, PassEnd::kExhausted);
  EXPECT_EQ(report.seen, 51u);
  EXPECT_EQ(report.archived, 25u);
  EXPECT_EQ(report.requeued, 25u);
  EXPECT_EQ(report.deleted, 1u);
  auto classes = report.classes;
  std::ranges::sort(classes, {}, &DeadLetterClass::rule);
  EXPECT_EQ(classes,
            (std::vector<DeadLetterClass>{{"event type", "archive", "event type UserDeleted", 25},
                                          {"junk", "delete", "says so", 1},
                                          {"otherwise", "requeue", "no rule decided", 25}}));
  EXPECT_EQ(server.message_count("dead").total(), 0);
  EXPECT_EQ(server.message_count("other").visible, 25);
  EXPECT_EQ(archived().size(), 25u);
}

TEST_F(ProcessDeadLetters, WhatIsKeptIsSeenOnceAndVisibleAfterwards) {
  for (int i = 0; i < 35; ++i) send("dead", std::to_string(i));
  ProcessOptions given = options();
  given.progress = [&, calls = 0](const DeadLetterReport& report) mutable {
    // Held while the pass goes on, so that nothing comes twice.
    if (calls++ == 1) EXPECT_EQ(server.message_count("dead").not_visible, 20);
    EXPECT_LE(report.seen, 35u);
  };
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.kept, 35u);
  EXPECT_EQ(server.message_count("dead").visible, 35);
}

TEST_F(ProcessDeadLetters, WithoutReleaseTheyStayHidden) {
  send("dead", "a");
  ProcessOptions given = options();
  given.release = false;
  EXPECT_EQ(process(given).kept, 1u);
  EXPECT_EQ(server.message_count("dead").not_visible, 1);
}

TEST_F(ProcessDeadLetters, AgeIsThatOfTheFirstSend) {
  send("orders", "old");
  server.advance(hours(25));
  let_die("orders");
  send("dead", "young");
  ProcessOptions given = options();
  given.rules = {age_rule(hours(24), DeleteLetter{})};
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.deleted, 1u);
  EXPECT_EQ(bodies("dead"), (std::vector<std::string>{"young"}));
}

TEST_F(ProcessDeadLetters, ARequeuedMessageGoesWhereItCameFrom) {
  send("orders", {.message_body = "größe",
                  .message_attributes = {{"tries", MessageAttributeValue::number(3)}},
                  .message_system_attributes = {
                      {"AWSTraceHeader", MessageAttributeValue::string("Root=1-2-3")}}});
  let_die("orders");
  ASSERT_EQ(server.message_count("dead").visible, 1);
  EXPECT_EQ(process_otherwise(RequeueLetter{.delay = seconds(300)}).requeued, 1u);
  EXPECT_EQ(server.message_count("orders").delayed, 1);
  server.advance(seconds(299));
  EXPECT_EQ(server.message_count("orders").visible, 0);
  server.advance(seconds(1));
  const std::vector<Message> again = receive("orders");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].body, "größe");
  EXPECT_EQ(again[0].attributes.aws_trace_header, "Root=1-2-3");
  const MessageAttributes& attributes = again[0].message_attributes;
  EXPECT_EQ(attributes.size(), 3u);
  EXPECT_EQ(attributes.at("tries"), MessageAttributeValue::number(3));
  EXPECT_EQ(attributes.at("RequeueAttempt"), MessageAttributeValue::number(1));
  EXPECT_TRUE(attributes.contains("FirstFailureTimestamp"));
}

TEST_F(ProcessDeadLetters, AfterItsAttemptsAMessageIsArchived) {
  send("orders", "poison");
  for (int attempt = 1; attempt <= 3; ++attempt) {
    let_die("orders");
    EXPECT_EQ(process_otherwise(RequeueLetter{}).requeued, 1u) << attempt;
  }
  let_die("orders");
  const DeadLetterReport report = process_otherwise(RequeueLetter{});
  EXPECT_EQ(report.archived, 1u);
  ASSERT_EQ(report.classes.size(), 1u);
  EXPECT_EQ(report.classes[0], (DeadLetterClass{"attempts", "archive", "requeued 3 times", 1}));
  EXPECT_EQ(server.message_count("orders").total(), 0);
  ASSERT_EQ(archived().size(), 1u);
  EXPECT_EQ(archived()[0].message.message_attributes.at("RequeueAttempt").value(), "3");
}

TEST_F(ProcessDeadLetters, WithoutAnArchiveItIsKept) {
  send("dead", {.message_body = "full", .message_attributes = [] {
                  MessageAttributes all;
                  for (int i = 0; i < 10; ++i) {
                    all["a" + std::to_string(i)] = MessageAttributeValue::string("x");
                  }
                  return all;
                }()});
  ProcessOptions given = options();
  given.otherwise = RequeueLetter{.queue = "other"};
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.kept, 1u);
  EXPECT_EQ(report.classes[0].rule, "no room");
  EXPECT_EQ(server.message_count("other").total(), 0);
  EXPECT_EQ(receive("dead")[0].message_attributes.size(), 10u);
}

TEST_F(ProcessDeadLetters, OnFifoQueuesGroupAndOrderStayAndRepeatsAreHarmless) {
  for (int i = 0; i < 12; ++i) {
    send("orders.fifo", {.message_body = std::to_string(i),
                         .message_deduplication_id = std::to_string(i),
                         .message_group_id = i % 2 == 0 ? "even" : "odd"});
  }
  let_die("orders.fifo");
  let_die("orders.fifo");  // a receive brings ten, which hold back those behind them
  server.advance(seconds(31));
  ASSERT_EQ(server.message_count("dead.fifo").visible, 12);
  ProcessOptions given = options();
  given.otherwise = RequeueLetter{};
  // The deletes fail: what was sent is still here, and is sent once more by the next pass.
  server.inject(Fault::error(400, "InvalidParameterValue"), Server::kAlways, "DeleteMessageBatch");
  const DeadLetterReport first = process(given, "dead.fifo");
  EXPECT_EQ(first.requeued, 0u);
  ASSERT_FALSE(first.failures.empty());
  EXPECT_EQ(first.failures[0].step, Step::kDelete);
  EXPECT_GE(server.message_count("orders.fifo").total(), 2);
  server.clear_faults();
  const DeadLetterReport second = process(given, "dead.fifo");
  EXPECT_EQ(second.requeued, 12u);
  EXPECT_EQ(server.message_count("dead.fifo").total(), 0);
  EXPECT_EQ(server.message_count("orders.fifo").total(), 12);
  const std::vector<Message> again = receive("orders.fifo");
  ASSERT_GE(again.size(), 10u);
  std::map<std::string, int> last = {{"even", -1}, {"odd", -1}};
  for (const Message& message : again) {
    int& before = last.at(*message.attributes.message_group_id);
    EXPECT_LT(before, std::stoi(message.body));
    before = std::stoi(message.body);
  }
}

TEST_F(ProcessDeadLetters, TheSourceIsAskedForWhenTheMessageDoesNotTell) {
  send("dead", "sent here directly");
  EXPECT_EQ(process_otherwise(RequeueLetter{}).requeued, 1u);
  EXPECT_EQ(server.message_count("orders").visible, 1);
}

TEST_F(ProcessDeadLetters, NobodyKnowsWhereTo) {
  send("other", "a");
  ProcessOptions given = options();
  given.otherwise = RequeueLetter{};
  DeadLetterReport report = process(given, "other");
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.failures[0].step, Step::kTarget);
  given.target_queue = "missing";
  report = process(given, "other");
  EXPECT_EQ(report.failures[0].error.kind, ErrorKind::kQueueNotFound);
  // It would go round for ever.
  given.target_queue = "other";
  report = process(given, "other");
  EXPECT_EQ(report.failures[0].step, Step::kTarget);
  EXPECT_EQ(server.message_count("other").visible, 1);
}

TEST_F(ProcessDeadLetters, ARefusedMessageStaysAndTheOthersGo) {
  ASSERT_TRUE(
      client
          .create_queue({.queue_name = "small", .attributes = {.maximum_message_size_bytes = 1024}})
          .ok());
  send("dead", "a");
  send("dead", std::string(2'000, 'x'));
  send("dead", "b");
  const DeadLetterReport report = process_otherwise(RequeueLetter{.queue = "small"});
  EXPECT_EQ(report.end, PassEnd::kExhausted);
  EXPECT_EQ(report.requeued, 2u);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].step, Step::kSend);
  EXPECT_EQ(server.message_count("dead").visible, 1);
  EXPECT_EQ(bodies("small"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ProcessDeadLetters, ThrottlingCostsTimeOnly) {
  for (int i = 0; i < 30; ++i) send("dead", std::to_string(i));
  for (const char* action : {"ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch",
                             "ChangeMessageVisibilityBatch"}) {
    server.inject(Fault::throttled(), 2, action);
  }
  ProcessOptions given = options();
  given.rules = {decision_rule("odd", [](const DeadLetter& letter) -> std::optional<LetterVerdict> {
    if ((letter.message.body.back() - '0') % 2 == 0) return std::nullopt;
    return LetterVerdict{KeepLetter{}, "odd"};
  })};
  given.otherwise = RequeueLetter{.queue = "other"};
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.end, PassEnd::kExhausted);
  EXPECT_EQ(report.requeued, 15u);
  EXPECT_EQ(server.message_count("other").visible, 15);
  EXPECT_EQ(server.message_count("dead").visible, 15);
}

TEST_F(ProcessDeadLetters, AServerInTroubleEndsThePassAndLosesNothing) {
  for (int i = 0; i < 30; ++i) send("dead", std::to_string(i));
  server.inject(Fault::internal_failure(), Server::kAlways, "SendMessageBatch");
  const DeadLetterReport report = process_otherwise(RequeueLetter{.queue = "other"});
  EXPECT_EQ(report.end, PassEnd::kFailed);
  ASSERT_TRUE(report.error.has_value());
  EXPECT_EQ(report.error->kind, ErrorKind::kServerFault);
  EXPECT_EQ(report.seen, 10u);
  EXPECT_EQ(report.failed, 10u);
  EXPECT_EQ(server.message_count("dead").visible, 30);
}

/// The queue has the message, and the program does not know: better twice than never.
TEST_F(ProcessDeadLetters, ALostAnswerToASendDeletesNothing) {
  send("dead", "a");
  server.inject(Fault::drop_reply(), Server::kAlways, "SendMessageBatch");
  const DeadLetterReport report = process_otherwise(RequeueLetter{.queue = "other"});
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(server.message_count("dead").visible, 1);
  EXPECT_GE(server.message_count("other").visible, 1);
}

TEST_F(ProcessDeadLetters, AFailedDeleteIsSeenAndArchivingAgainMakesNoSecondFile) {
  for (int i = 0; i < 5; ++i) send("dead", std::to_string(i));
  server.inject(Fault::error(400, "InvalidParameterValue"), Server::kAlways, "DeleteMessageBatch");
  DeadLetterReport report = process_otherwise(ArchiveLetter{});
  EXPECT_EQ(report.archived, 0u);
  EXPECT_EQ(report.failed, 5u);
  ASSERT_EQ(report.failures.size(), 5u);
  EXPECT_EQ(report.failures[0].step, Step::kDelete);
  EXPECT_EQ(server.message_count("dead").visible, 5);
  EXPECT_EQ(archived().size(), 5u);
  server.clear_faults();
  report = process_otherwise(ArchiveLetter{});
  EXPECT_EQ(report.archived, 5u);
  EXPECT_EQ(archived().size(), 5u);
  EXPECT_EQ(server.message_count("dead").total(), 0);
}

/// An archive that takes what the test says, and forgets to answer for the last file.
class MoodyArchive final : public DeadLetterArchive {
 public:
  std::vector<Result<void>> put(std::span<const ArchiveFile> files,
                                const std::stop_token&) override {
    std::vector<Result<void>> answers;
    for (const ArchiveFile& file : files) {
      const bool refused = file.content.find("\"body\":\"large\"") != file.content.npos;
      answers.push_back(refused ? Result<void>(Error{.kind = ErrorKind::kTooLarge})
                                : Result<void>());
    }
    answers.resize(std::min(answers.size(), answers_max), Result<void>());
    return answers;
  }
  Result<std::vector<std::string>> list(const std::string&, const std::stop_token&) override {
    return std::vector<std::string>();
  }
  Result<std::string> get(const std::string&, const std::stop_token&) override {
    return std::string();
  }
  size_t answers_max = 10;
};

TEST_F(ProcessDeadLetters, WhatTheArchiveDoesNotTakeStays) {
  MoodyArchive moody;
  for (const char* body : {"a", "large", "b"}) send("dead", body);
  ProcessOptions given = options();
  given.otherwise = ArchiveLetter{};
  given.archive = &moody;
  DeadLetterReport report = process(given);
  EXPECT_EQ(report.archived, 2u);
  EXPECT_EQ(report.failed, 1u);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].step, Step::kArchive);
  EXPECT_EQ(report.end, PassEnd::kExhausted);
  EXPECT_EQ(bodies("dead"), (std::vector<std::string>{"large"}));
  server.advance(seconds(31));
  moody.answers_max = 0;
  report = process(given);
  EXPECT_EQ(report.end, PassEnd::kFailed);
  EXPECT_EQ(report.archived, 0u);
  EXPECT_EQ(server.message_count("dead").visible, 1);
}

TEST_F(ProcessDeadLetters, WithoutAnArchiveNothingIsArchived) {
  send("dead", "a");
  ProcessOptions given = options();
  given.rules = {age_rule(seconds(-1), ArchiveLetter{})};
  const DeadLetterReport report = process(given);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].step, Step::kArchive);
  EXPECT_EQ(server.message_count("dead").visible, 1);
}

/// An archive that is a directory on a disk which loses what was not synced.
class OnAForgetfulDisk {
 public:
  explicit OnAForgetfulDisk(const std::string& path, uint64_t seed)
      : disk_(env::posix_file_system(), {.seed = seed}) {
    auto opened = detail::open_directory(disk_, path);
    EXPECT_TRUE(opened.ok()) << opened.error();
    archive_ = *std::move(opened);
  }
  DeadLetterArchive* get() { return archive_.get(); }

 private:
  env::UnsyncedFileSystem disk_;
  std::unique_ptr<DeadLetterArchive> archive_;
};

TEST_F(ProcessDeadLetters, APowerFailureAfterThePassLosesNothing) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    for (int i = 0; i < 3; ++i) send("dead", std::to_string(seed) + "-" + std::to_string(i));
    ProcessOptions given = options();
    given.otherwise = ArchiveLetter{};
    {
      OnAForgetfulDisk disk(directory() + "/letters", seed);
      given.archive = disk.get();
      EXPECT_EQ(process(given).archived, 3u);
    }  // and the power is gone
    EXPECT_EQ(server.message_count("dead").total(), 0);
    const auto archive = *open_archive_directory(directory() + "/letters");
    EXPECT_EQ(archive->list("", {})->size(), 3 * seed);
  }
}

TEST_F(ProcessDeadLetters, APowerFailureBeforeTheDeleteLeavesOneFileAndTheMessage) {
  for (int i = 0; i < 3; ++i) send("dead", std::to_string(i));
  ProcessOptions given = options();
  given.otherwise = ArchiveLetter{};
  server.inject(Fault::drop_request(), Server::kAlways, "DeleteMessageBatch");
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    OnAForgetfulDisk disk(directory() + "/letters", seed);
    given.archive = disk.get();
    EXPECT_EQ(process(given).failed, 3u);
    EXPECT_EQ(server.message_count("dead").visible, 3);
  }
  server.clear_faults();
  const auto archive = *open_archive_directory(directory() + "/letters");
  EXPECT_EQ(archive->list("", {})->size(), 3u);
  given.archive = archive.get();
  EXPECT_EQ(process(given).archived, 3u);
  EXPECT_EQ(archive->list("", {})->size(), 3u);
  EXPECT_EQ(server.message_count("dead").total(), 0);
}

/// The same message twice in one pass: it was handled the first time, and only its delete is left.
TEST_F(ProcessDeadLetters, WhatComesAgainInAPassIsNotHandledAgain) {
  send("dead", "a");
  ProcessOptions given = options();
  given.otherwise = RequeueLetter{.queue = "other"};
  given.empty_receives = 3;
  server.inject(Fault::error(400, "InvalidParameterValue"), 1, "DeleteMessageBatch");
  given.progress = [&](const DeadLetterReport& report) {
    if (report.failed == 1) server.advance(seconds(301));  // the hold ends
  };
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.seen, 1u);
  EXPECT_EQ(report.requeued, 1u);
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(server.message_count("other").total(), 1);
  EXPECT_EQ(server.message_count("dead").total(), 0);
}

TEST_F(ProcessDeadLetters, HoldsAreRenewedWhileThePassGoesOn) {
  for (int i = 0; i < 40; ++i) send("dead", std::to_string(i));
  ProcessOptions given = options();
  std::set<std::string> seen;
  given.rules = {
      decision_rule("slow", [&](const DeadLetter& letter) -> std::optional<LetterVerdict> {
        EXPECT_TRUE(seen.insert(letter.message.body).second);
        server.advance(seconds(20));  // 800 s in all, with a hold of 300 s
        return LetterVerdict{KeepLetter{}, "kept"};
      })};
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.seen, 40u);
  EXPECT_EQ(report.kept, 40u);
  for (const Message& message : receive("dead")) {
    EXPECT_EQ(message.attributes.approximate_receive_count, 2) << message.body;
  }
}

TEST_F(ProcessDeadLetters, ALostHoldIsNotActedUpon) {
  send("dead", "a");
  ProcessOptions given = options();
  given.rules = {decision_rule("slow", [&](const DeadLetter&) -> std::optional<LetterVerdict> {
    server.advance(seconds(301));
    EXPECT_EQ(receive("dead").size(), 1u);  // another program has it now
    return LetterVerdict{RequeueLetter{.queue = "other"}, "late"};
  })};
  const DeadLetterReport report = process(given);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].step, Step::kHold);
  EXPECT_EQ(server.message_count("other").total(), 0);
}

TEST_F(ProcessDeadLetters, AStopEndsItAndReleasesWhatItHolds) {
  for (int i = 0; i < 50; ++i) send("dead", std::to_string(i));
  std::stop_source stop;
  ProcessOptions given = options();
  given.otherwise = RequeueLetter{.queue = "other"};
  given.stop = stop.get_token();
  given.progress = [&](const DeadLetterReport& report) {
    if (report.seen == 20) stop.request_stop();
  };
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.end, PassEnd::kStopped);
  EXPECT_FALSE(report.error.has_value());
  EXPECT_EQ(report.requeued, 20u);
  EXPECT_EQ(server.message_count("other").visible, 20);
  EXPECT_EQ(server.message_count("dead").visible, 30);
}

TEST_F(ProcessDeadLetters, AStopWhileItDecidesSendsNothingMore) {
  for (int i = 0; i < 10; ++i) send("dead", std::to_string(i));
  std::stop_source stop;
  ProcessOptions given = options();
  given.stop = stop.get_token();
  given.rules = {decision_rule("stop", [&](const DeadLetter&) -> std::optional<LetterVerdict> {
    stop.request_stop();
    return LetterVerdict{RequeueLetter{.queue = "other"}, "x"};
  })};
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.end, PassEnd::kStopped);
  EXPECT_EQ(server.message_count("other").total(), 0);
  EXPECT_EQ(server.message_count("dead").visible, 10);
}

TEST_F(ProcessDeadLetters, ALimitIsALimit) {
  for (int i = 0; i < 20; ++i) send("dead", std::to_string(i));
  ProcessOptions given = options();
  given.otherwise = DeleteLetter{};
  given.messages_max = 13;
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.end, PassEnd::kLimit);
  EXPECT_EQ(report.deleted, 13u);
  EXPECT_EQ(server.message_count("dead").visible, 7);
}

TEST_F(ProcessDeadLetters, ADryRunOnlyLooks) {
  for (int i = 0; i < 15; ++i) send("dead", std::to_string(i));
  ProcessOptions given = options();
  given.otherwise = DeleteLetter{};
  given.dry_run = true;
  const DeadLetterReport report = process(given);
  EXPECT_EQ(report.seen, 15u);
  EXPECT_EQ(report.classes[0].messages, 15u);
  EXPECT_EQ(report.deleted, 0u);
  EXPECT_EQ(server.message_count("dead").visible, 15);
}

TEST_F(ProcessDeadLetters, ContradictionsAreToldBeforeAnythingIsDone) {
  send("dead", "a");
  const auto refused = [&](const ProcessOptions& given, std::string_view queue = "dead") {
    const auto report = manager.process(url(queue), given);
    return !report.ok() && report.error().kind == ErrorKind::kInvalidRequest;
  };
  ProcessOptions given = options();
  given.otherwise = ArchiveLetter{};
  EXPECT_TRUE(refused(given));
  given.otherwise = RequeueLetter{.delay = seconds(901)};
  EXPECT_TRUE(refused(given));
  given.otherwise = RequeueLetter{.delay = seconds(5)};
  EXPECT_TRUE(refused(given, "dead.fifo"));
  given.otherwise = KeepLetter{};
  given.visibility_timeout = seconds(29);
  EXPECT_TRUE(refused(given));
  given = options();
  given.rules = {{.name = "empty"}};
  EXPECT_TRUE(refused(given));
  EXPECT_EQ(server.request_count("ReceiveMessage"), 0u);
}

TEST_F(ProcessDeadLetters, AQueueThatIsNotThereIsTheReportsError) {
  const auto report = manager.process(url("missing"), options());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->end, PassEnd::kFailed);
  EXPECT_EQ(report->error->kind, ErrorKind::kQueueNotFound);
}

}  // namespace
}  // namespace forebay::sqs
