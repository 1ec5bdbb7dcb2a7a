// SPDX-License-Identifier: Apache-2.0
// `DeadLetterManager`: reads a dead-letter queue and sends its messages again, archives, keeps or
// deletes them; runs move tasks; sends archived messages again.
//
//   DeadLetterManager letters(client);
//   auto archive = open_archive_directory("dead-letters");
//   Result<DeadLetterReport> report = letters.process(
//       dead_letter_queue_url,
//       {.rules = {event_type_rule({"UserDeleted"}, ArchiveLetter{}),
//                  age_rule(std::chrono::hours(24), ArchiveLetter{})},
//        .otherwise = RequeueLetter{.delay = std::chrono::minutes(5)},
//        .archive = archive->get()});
//
// Nothing leaves the queue before it is safe elsewhere: a message is deleted when the other queue
// has acknowledged it, or the archive has it on its disk. So whatever fails, a message may be twice
// and is never nowhere: an archive then has one file all the same, a FIFO queue drops the repeated
// message (for 5 minutes), a standard queue may have it twice.
// Uses SQS's own actions only, so it works against AWS and every server that speaks its API.
// Thread: any; calls wait, and end early when asked to stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/sqs/dead_letter_archive.h>
#include <forebay/sqs/dead_letter_rules.h>

namespace forebay::sqs {

/// The messages that one rule decided on in the same way.
struct DeadLetterClass {
  std::string rule = {};    // "otherwise", "attempts", "no room": no rule of the program's
  std::string action = {};  // "requeue", "archive", "keep", "delete"
  std::string reason = {};  // of the first of them
  uint64_t messages = 0;

  friend bool operator==(const DeadLetterClass&, const DeadLetterClass&) = default;
};

/// A message that was not handled as decided. It is in the queue still.
struct DeadLetterFailure {
  enum class Step : uint8_t {
    kHold,     // it was visible to others again before it could be handled
    kTarget,   // nobody knows where to send it
    kSend,     // the queue did not take it
    kArchive,  // the archive did not take it, or cannot give it
    kDelete,   // it is safe elsewhere, and here too: the next pass will handle it again
  };
  Step step = Step::kSend;
  std::string message_id = {};
  Error error = {};
};

/// Why a pass has ended.
enum class PassEnd : uint8_t {
  kExhausted,  // there was nothing left to receive
  kLimit,      // ProcessOptions::messages_max
  kStopped,    // ProcessOptions::stop
  kFailed,     // DeadLetterReport::error: queue, network, archive or permissions are in trouble
};

struct DeadLetterReport {
  static constexpr size_t kFailuresMax = 100;  // that are listed

  uint64_t seen = 0;      // each message once; what came during the pass may be among them
  uint64_t requeued = 0;  // and then deleted here
  uint64_t archived = 0;  // and then deleted here
  uint64_t deleted = 0;
  uint64_t kept = 0;                             // as decided
  uint64_t failed = 0;                           // left here, though something else was decided
  std::vector<DeadLetterClass> classes = {};     // in the order they first occurred
  std::vector<DeadLetterFailure> failures = {};  // the first kFailuresMax
  PassEnd end = PassEnd::kExhausted;
  std::optional<Error> error = {};  // of kFailed
};

/// The step of a failure, and how a pass has ended, in words.
std::string_view to_string(DeadLetterFailure::Step step);
std::string_view to_string(PassEnd end);

struct ProcessOptions {
  std::vector<DeadLetterRule> rules = {};  // the first that has an opinion decides
  LetterAction otherwise = KeepLetter();   // when none has
  DeadLetterArchive* archive = nullptr;    // borrowed; null: nothing may be archived
  /// Name, URL or ARN of the queue that RequeueLetter without one means. Empty: the queue of the
  /// message's DeadLetterQueueSourceArn, or the only queue whose dead letters come here.
  std::string target_queue = {};
  /// Requeued so often, a message is archived instead, or kept when there is no archive; 1 or more.
  /// The count is a message attribute. A message that has no room for it (10 attributes already, or
  /// 1 MiB) is treated the same at once, since nothing would ever stop it; with 9 attributes it
  /// gets the count and not the time. No attribute is ever dropped.
  int requeue_attempts_max = 3;
  /// Decides only: nothing is sent, archived or deleted. Each message still counts one receive.
  /// The report then has `seen` and `classes` only.
  bool dry_run = false;
  /// Ends the pass after so many; each costs about 200 bytes until then. Bodies are in memory for
  /// ten messages at a time.
  uint64_t messages_max = 1'000'000;
  /// How long messages are hidden from others while the pass has them, 30 to 43,200; renewed in
  /// time, also for what is kept. On FIFO queues a message that is kept hides those behind it in
  /// its group, so that they are not seen by this pass.
  std::chrono::seconds visibility_timeout{300};
  /// What is left in the queue is visible again when the pass ends. Otherwise only when the
  /// visibility timeout is over.
  bool release = true;
  /// The queue is exhausted when so many receives in a row, each waiting so long, bring nothing
  /// new. AWS asks all its machines only when waiting.
  int empty_receives = 2;
  std::chrono::seconds wait{1};
  /// Between repeated attempts of entries that a server failed to carry out; doubles each time.
  std::chrono::milliseconds retry_pause{200};
  std::function<void(const DeadLetterReport&)> progress = {};  // after every ten messages or so
  /// Ends the pass between two messages; what is under way is finished, so that nothing that was
  /// sent or archived stays here.
  std::stop_token stop = {};
  /// For tests on virtual time. Empty: the machine's clocks.
  std::function<Timestamp()> now = {};
};

/// How far a move task is.
using MoveTask = ListMessageMoveTasksReply::Entry;

struct MoveOptions {
  /// Name, URL or ARN. Empty: each message goes where it came from.
  std::string target_queue = {};
  std::optional<int> max_messages_per_second = {};  // 1 to 500
  std::chrono::milliseconds poll_interval{1'000};
  std::function<void(const MoveTask&)> progress = {};  // after each look
  /// Cancels the task on the server, unless that is turned off; what is moved stays moved.
  std::stop_token stop = {};
  bool cancel_on_stop = true;
};

struct RestoreOptions {
  /// Name, URL or ARN. Empty: where each message came from before it was a dead letter.
  std::string target_queue = {};
  std::chrono::seconds delay{0};  // 0 to 900; 0 for FIFO queues
  std::string from = {};          // only names from here on: "20260102"
  std::string before = {};        // only names before this one; empty: to the end
  bool dry_run = false;           // reads and counts only
  std::chrono::milliseconds retry_pause{200};
  std::stop_token stop = {};
};

struct RestoreReport {
  uint64_t seen = 0;
  uint64_t sent = 0;
  uint64_t failed = 0;
  std::vector<DeadLetterFailure> failures = {};  // the first DeadLetterReport::kFailuresMax
  std::string last_name = {};                    // the last file that was read
  PassEnd end = PassEnd::kExhausted;             // kLimit never
  std::optional<Error> error = {};               // of kFailed
};

class DeadLetterManager {
 public:
  /// Borrows: `client`, which must live longer.
  explicit DeadLetterManager(Client& client) : client_(client) {}

  /// One pass over a queue, which need not be a dead-letter queue. Two passes at a time share the
  /// messages.
  /// Errors: kInvalidRequest (options contradict each other); nothing was done then. All later
  /// trouble is in the report.
  Result<DeadLetterReport> process(const std::string& queue_url, const ProcessOptions& options);

  /// Moves all messages with the server's own move task, and waits for its end.
  /// Errors: as of StartMessageMoveTask; kCancelled when it was stopped. A task that fails has its
  /// status and reason in the answer.
  Result<MoveTask> move(const std::string& queue_url, const MoveOptions& options = {});

  /// Sends the messages of an archive again; the archive stays as it is. Each with its body,
  /// attributes, group and trace header; doing it again within 5 minutes changes nothing on a FIFO
  /// queue, on a standard one it sends again.
  /// Errors: kInvalidRequest. All later trouble is in the report.
  Result<RestoreReport> restore(DeadLetterArchive& archive, const RestoreOptions& options = {});

 private:
  Client& client_;
};

}  // namespace forebay::sqs
