// SPDX-License-Identifier: Apache-2.0
// What a Producer is made with, and what it tells about itself.
//
// Thread: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <forebay/sqs/client_options.h>
#include <forebay/sqs/error.h>
#include <forebay/sqs/messages.h>
#include <forebay/sqs/observer.h>

namespace forebay::sqs {

/// The deduplication id of FIFO messages that come without one. All three make repeating harmless.
enum class Deduplication : uint8_t {
  kAsGiven,  // none: the queue must have ContentBasedDeduplication
  kContent,  // content_deduplication_id(): equal messages of a group are one for 5 minutes
  kUnique,   // a random one: equal messages are different ones, repeats of one are still one
};

/// What the entries of one FIFO batch may have in common.
enum class GroupBatching : uint8_t {
  /// Many messages of a group travel in one batch. Should the server then refuse one for a reason
  /// of its own, and accept a later one of the same group, the refused one is given up (its error
  /// says so): sending it again would change the order.
  kTogether,
  /// A batch holds at most one message of a group: such a message is sent again instead. A group
  /// moves one message for each round trip.
  kApart,
};

struct ProducerOptions {
  std::string queue_url = {};  // ends in ".fifo": a FIFO queue

  /// How long a message waits for others to fill its batch, 0 or more. 0: what is there goes at
  /// once; batches still form while max_in_flight of them are under way.
  std::chrono::microseconds linger{2'000};
  size_t batch_entries_max = kBatchEntriesMax;  // 1 to 10
  size_t batch_bytes_max = kBatchBytesMax;      // 1 to 1 MiB; a larger message goes alone
  size_t max_in_flight = 16;                    // batches under way at a time, 1 or more

  /// Messages that were accepted and not answered yet: how many, and their bytes.
  size_t buffer_messages_max = 10'000;  // 1 or more
  size_t buffer_bytes_max = 64u << 20;  // 1 or more; a larger message is refused (kTooLarge)
  /// How long send() waits for room in a full buffer. 0: it fails at once.
  std::chrono::milliseconds full_timeout{60'000};

  /// From a message's acceptance: no attempt begins later. A message that has had none by then
  /// fails with kTimeout. More than 0. An attempt itself has the client's own time limit.
  std::chrono::milliseconds delivery_timeout{120'000};
  /// max_attempts counts those of a message; absent: as many as delivery_timeout leaves time for.
  /// token_bucket is not used: the producer sends a message again when its pause is over.
  RetryOptions retry = {};
  /// Standard queues: whether a batch whose fate is unknown (no connection, no answer, 5xx) is sent
  /// again. Its messages may then be in the queue twice. With false they fail instead. FIFO queues:
  /// repeated, for as long as the queue remembers deduplication ids (5 minutes).
  bool repeat_unknown = true;
  Deduplication deduplication = Deduplication::kAsGiven;
  GroupBatching group_batching = GroupBatching::kTogether;

  /// How long the destructor lets the rest be sent. 0: what is not sent yet fails at once.
  std::chrono::milliseconds close_timeout{30'000};

  /// Asked once for each message that has no trace header: the value of its system attribute
  /// AWSTraceHeader, which is none of the 10 attributes; empty: none. On the thread of send().
  std::function<std::string(const std::string& body)> trace_header = {};
  Observer* observer = nullptr;  // borrowed; null: nobody
};

/// What one send() may choose for a full buffer.
struct Admission {
  std::optional<std::chrono::milliseconds> timeout = {};  // default: full_timeout; 0: fails at once
  std::stop_token stop = {};                              // ends the wait with kCancelled
};

/// What became of the messages that were accepted before a flush() and are in no earlier report.
struct FlushReport {
  uint64_t sent = 0;
  uint64_t failed = 0;
  uint64_t unanswered = 0;  // at the deadline; they go on, and a later report has them
  /// Of the first failures, at most kErrorsMax.
  std::vector<Error> errors = {};
  static constexpr size_t kErrorsMax = 100;

  bool ok() const { return failed == 0 && unanswered == 0; }
};

/// What a producer has done so far.
struct ProducerStatistics {
  uint64_t accepted = 0;  // sent + failed + buffered
  uint64_t sent = 0;
  uint64_t failed = 0;
  uint64_t retried = 0;  // messages in batches that were sent again, once for each time
  uint64_t batches = 0;  // calls of SendMessageBatch
  uint64_t sent_bytes = 0;
  size_t buffered_messages = 0;
  size_t buffered_bytes = 0;
  size_t in_flight = 0;  // batches
};

}  // namespace forebay::sqs
