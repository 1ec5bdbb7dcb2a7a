// SPDX-License-Identifier: Apache-2.0
// `Observer`: where producers and consumers report what they do, queue by queue; and `Metrics`, an
// Observer that counts and renders itself as Prometheus text.
//
//   Metrics metrics;
//   auto producer = Producer::create(client, {.queue_url = url, .observer = &metrics});
//   ... serve metrics.prometheus() at /metrics ...
//
// A program with a metrics library of its own implements the two interfaces instead: they are asked
// for a queue once, and told about events of that queue through what they return.
// Thread: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace forebay::sqs {

/// What only grows.
enum class Counter : uint8_t {
  // Producers.
  kSent,         // messages that the server has accepted
  kSentBytes,    // of their bodies and attributes
  kSendFailed,   // messages that were given up; their future or callback says why
  kSendRetried,  // messages that were sent again
  kSendBatches,  // calls of SendMessageBatch
  // Consumers.
  kReceived,       // messages
  kReceivedBytes,  // of their bodies
  kReceives,       // calls of ReceiveMessage that were answered, with messages or without
  kReceiveFailed,  // calls of ReceiveMessage
  kAcked,          // messages that were handled well and deleted
  kRetried,        // messages that their handler gave back to come again
  kDeferred,       // messages that their handler put off
  kDead,           // messages that their handler sent to the dead-letter queue
  kLeaseExtended,  // messages whose visibility a heartbeat has extended
  kLeaseLost,      // messages that went back to the queue while they were being handled
  kAckFailed,      // messages whose deletion failed: they will come again
  kDuplicates,     // messages that an idempotency store knew already
};
inline constexpr size_t kCounters = 17;

/// What goes up and down.
enum class Level : uint8_t {
  kBufferedMessages,  // given to a producer and not answered yet
  kBufferedBytes,     // of them
  kBatchesInFlight,   // calls of SendMessageBatch under way
  kHandling,          // messages that a consumer's handlers have in hand
  kAcksBuffered,      // handled messages whose deletion was not answered yet
};
inline constexpr size_t kLevels = 5;

/// How long something took.
enum class Latency : uint8_t {
  kSend,     // from a message's acceptance by the producer to the server's answer, retries included
  kReceive,  // a ReceiveMessage call, its wait included
  kHandle,   // a handler, for one message
  kDwell,    // from a message's sending to its receive, by the server's clock and ours
};
inline constexpr size_t kLatencies = 4;

/// Told what happens at one queue. Must not throw, block, or call back into the library.
/// Thread: any, several at a time.
class QueueObserver {
 public:
  virtual ~QueueObserver() = default;
  virtual void add(Counter counter, uint64_t amount) noexcept = 0;
  virtual void change(Level level, int64_t by) noexcept = 0;
  virtual void record(Latency latency, std::chrono::microseconds took) noexcept = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;
  /// Who is told about this queue; lives as long as the observer. The same for equal URLs.
  virtual QueueObserver& queue(std::string_view queue_url) = 0;
};

/// Counts in memory. Counting takes no lock and no memory.
class Metrics final : public Observer {
 public:
  Metrics();
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  QueueObserver& queue(std::string_view queue_url) override;

  /// 0 for a queue that nobody has asked for.
  uint64_t count(std::string_view queue_url, Counter counter) const;
  int64_t level(std::string_view queue_url, Level level) const;
  uint64_t latency_count(std::string_view queue_url, Latency latency) const;

  /// Everything in Prometheus's text format 0.0.4: "forebay_client_sent_messages_total" and so on,
  /// times in seconds, with the label `queue`, the last part of the queue's URL (the whole URL
  /// where two queues share that).
  std::string prometheus() const;

 private:
  class Queues;
  const std::unique_ptr<Queues> queues_;
};

}  // namespace forebay::sqs
