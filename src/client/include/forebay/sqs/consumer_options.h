// SPDX-License-Identifier: Apache-2.0
// What a Consumer is made with.
//
// Thread: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/consumer_delivery.h>
#include <forebay/sqs/consumer_outcome.h>
#include <forebay/sqs/error.h>
#include <forebay/sqs/observer.h>

namespace forebay::sqs {

/// What happens to a message that no handler is for.
enum class UnknownType : uint8_t {
  kRetry,  // goes back with the backoff: another consumer, or a later version, may know it
  kDead,   // to the dead-letter queue, with the type in the reason
  kAck,    // is deleted unseen
};

/// Handlers by what a message is about: its `attribute` when it has that (a String), else the
/// `body_field` of a JSON body (at the top level, a string).
struct Routes {
  std::string attribute = {};   // empty: none is looked at
  std::string body_field = {};  // empty: bodies are not parsed
  std::map<std::string, AnyHandler, std::less<>> handlers = {};
  UnknownType unknown = UnknownType::kRetry;  // when ConsumerOptions::handler is not set either
};

/// How messages are fetched. Polls ask for at most the free slots; further ones run beside the
/// first only while replies come back full and ten or more slots are free.
struct PollOptions {
  std::chrono::seconds wait_time{20};  // 0 to 20
  size_t parallel_max = 10;            // 1 or more
  /// After an empty reply the next poll waits min, twice as long each time up to max. Zero: at
  /// once, which suits long polls.
  std::chrono::milliseconds empty_pause_min{0};
  std::chrono::milliseconds empty_pause_max{0};
  /// After an error: full jitter below base * 2^(n-1), at most max. Errors that somebody has to act
  /// on (kAuth, kQueueNotFound, kInvalidRequest, kConfiguration) wait max at once. Never shorter
  /// than the server asks for (Retry-After).
  std::chrono::milliseconds error_pause_base{200};
  std::chrono::milliseconds error_pause_max{20'000};
  /// Asked for with each receive, by SQS's names, or kAll. ApproximateReceiveCount, MessageGroupId
  /// and AWSTraceHeader always come.
  std::vector<std::string> message_system_attribute_names = {};
  std::vector<std::string> message_attribute_names = {std::string(kAll)};
};

/// How long a message is ours. Its visibility timeout is renewed when half of it is over, for all
/// that are nearly due in one call.
struct LeaseOptions {
  std::chrono::seconds visibility_timeout{30};  // 2 s to 12 h
  /// From the receive; then the lease is lost when it runs out. At most 12 hours (SQS's limit).
  std::chrono::seconds max_lease{43'200};
};

/// How acks and returns are gathered into batches of ten.
struct SettleOptions {
  std::chrono::milliseconds linger{50};        // how long the first waits for others; 0: not at all
  std::chrono::milliseconds retry_pause{200};  // before what failed is tried again
};

/// What stop() grants. A message that was received is handled while there is time, so that nobody
/// receives it twice.
struct StopOptions {
  /// After this long, handlers' stop tokens fire, and what has not begun is released (visibility
  /// 0).
  std::chrono::milliseconds deadline{30'000};
  /// How long handlers then have to end. Those that do not keep their lease until it runs out, and
  /// their outcome is ignored.
  std::chrono::milliseconds grace{5'000};
  /// How long parked polls may go on. Shorter than PollOptions::wait_time, they are cancelled then;
  /// a message that was on its way in that moment is received again later, by its visibility
  /// timeout. The default waits for their natural end: no message is ever received twice.
  std::chrono::milliseconds polls{25'000};
};

/// When a consumer stops by itself, as a job that runs now and then does. Its wait() tells.
struct EndOptions {
  uint64_t messages_max = 0;  // after so many messages, and no more are received; 0: any number
  /// When a poll found nothing and nothing is in hand. What was given back to come again later is
  /// left in the queue. A poll.wait_time of 1 s or more asks all of SQS's machines.
  bool when_empty = false;
};

struct ConsumerOptions {
  std::string queue_url = {};  // ".fifo" at the end: groups are kept in order
  AnyHandler handler = {};     // for what `routes` has no handler for
  Routes routes = {};
  /// Around each handling, the first one outermost.
  std::vector<std::shared_ptr<Middleware>> middleware = {};

  size_t concurrency = 10;  // messages in handlers at a time, 1 to 100,000
  /// Threads that run handlers; started when there is work for them. 0: as many as `concurrency`.
  size_t worker_threads_max = 0;
  /// For the whole handling; then the stop token fires. The outcome still counts. 0: none.
  std::chrono::milliseconds handle_timeout{0};
  Backoff backoff = {};
  /// Empty: the queue's redrive policy says, asked when the first message is dead.
  std::string dead_letter_queue_url = {};

  /// Told what happens, with figures (forebay/sqs/observer.h); must outlive the consumer. Null:
  /// nobody.
  Observer* observer = nullptr;

  PollOptions poll = {};
  LeaseOptions lease = {};
  SettleOptions settle = {};
  StopOptions stop = {};
  EndOptions end = {};

  /// Told of what went wrong beside handlers: `what` is "poll", "extend", "settle", "dead letter"
  /// or "handler" (an exception). On the consumer's own thread or a worker; must not block or
  /// throw.
  std::function<void(std::string_view what, const Error& error)> on_error = {};
};

/// What a consumer has done since it was made, and has in hand.
struct ConsumerStatistics {
  uint64_t polls = 0;
  uint64_t empty_polls = 0;
  uint64_t poll_errors = 0;
  uint64_t received = 0;
  uint64_t handled = 0;  // outcomes told, ignored ones included
  uint64_t acked = 0;    // deletes that SQS has confirmed, as do the next four
  uint64_t retried = 0;
  uint64_t dead = 0;
  uint64_t deferred = 0;
  uint64_t released = 0;  // given back unhandled
  uint64_t settle_calls = 0;
  uint64_t settle_failures = 0;  // messages whose delete or return was given up
  uint64_t extend_calls = 0;
  uint64_t extended = 0;
  uint64_t leases_lost = 0;
  uint64_t outcomes_ignored = 0;  // of lost leases
  uint64_t handler_exceptions = 0;
  uint64_t unknown_types = 0;
  uint64_t duplicates = 0;  // that an idempotency store knew already
  size_t running = 0;       // in handlers now
  size_t waiting = 0;       // received, not begun
  size_t unsettled = 0;     // handled, not confirmed
  size_t polls_open = 0;    // under way
};

}  // namespace forebay::sqs
