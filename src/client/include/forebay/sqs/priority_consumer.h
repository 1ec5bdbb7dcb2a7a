// SPDX-License-Identifier: Apache-2.0
// `PriorityConsumer`: one consumer with one set of slots over several queues.
//
//   auto consumer = PriorityConsumer::create(
//       client, {.queues = {{.queue_url = high}, {.queue_url = normal}, {.queue_url = low}},
//                .consumer = {.handler = Handler(work), .concurrency = 20}});
//   consumer->start();
//
// A slot that becomes free goes to the queue whose turn it is, by order or by weight, among those
// that have messages. Queues without messages each have a parked long poll that holds no slot, so
// that their first message is here at once. Messages are received when there are slots for them: a
// parked poll may bring at most two more, which then wait for the next slots of their queue.
// Handlers, outcomes, leases, acks, FIFO groups and the stop are those of Consumer. A queue that
// fails or is deleted stops none of the others.
// Thread: any.
// Borrows: the Client, which must outlive it, and any PendingDelivery's end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/sqs/consumer.h>
#include <forebay/sqs/consumer_options.h>

namespace forebay::sqs {

enum class PriorityPolicy : uint8_t {
  kStrict,    // the first queue with messages, within StarvationLimits
  kWeighted,  // by PriorityQueue::weight; the shares of queues without messages go to the others
};

/// How long kStrict may pass over a queue that has messages.
struct StarvationLimits {
  /// Of so many slots that are given it gets one at least; where that is due for several queues at
  /// once, they follow each other. 0: no such limit.
  size_t one_in = 20;
  /// When it has waited so long, it gets the next slot that is free. Should be longer than handlers
  /// take: below that, queues take turns. 0: no such limit.
  std::chrono::milliseconds wait_max{30'000};
};

struct PriorityQueue {
  std::string queue_url = {};
  size_t weight = 1;  // for kWeighted: 1 to 1,000
  /// For messages of this queue that no route is for. Absent: that of the consumer options.
  AnyHandler handler = {};
  /// Absent: that of the consumer options. 2 s to 12 h.
  std::optional<std::chrono::seconds> visibility_timeout = {};
};

struct PriorityConsumerOptions {
  std::vector<PriorityQueue> queues = {};  // the most urgent first; 1 to 100, each once
  PriorityPolicy policy = PriorityPolicy::kStrict;
  StarvationLimits starvation = {};  // for kStrict
  /// What holds for all queues; `concurrency` are the slots they share, `poll.parallel_max` is for
  /// each, and `queue_url` is not used. The observer gets the figures of each queue. `end` is of
  /// all together: their messages are added up, and it ends when every queue is empty, so not while
  /// one cannot be asked. Near `end.messages_max` empty queues are asked in turn, for one message
  /// and a second each.
  ConsumerOptions consumer = {};
  /// As ConsumerOptions::on_error, with the queue. When it is set, that one is not called.
  std::function<void(std::string_view queue_url, std::string_view what, const Error& error)>
      on_error = {};
};

class PriorityConsumer {
 public:
  /// Checks the options; connects to nothing. Errors: kConfiguration, as Consumer::create(), and
  /// for no queues, one queue twice, a weight out of range.
  static Result<PriorityConsumer> create(Client& client, const PriorityConsumerOptions& options);

  PriorityConsumer(PriorityConsumer&&) noexcept;
  PriorityConsumer& operator=(PriorityConsumer&&) = delete;
  /// Stops first if nobody did, then waits for handlers that still run. Not from a handler.
  ~PriorityConsumer();

  /// As those of Consumer, for all queues.
  void start();
  void pause();
  void resume();
  /// One report for all queues: clean when each is.
  StopReport stop();
  StopReport wait();
  void request_stop();
  void abort();
  /// How many messages of all queues are in handlers at a time, from the next one on; those that
  /// run go on. Errors: kConfiguration (not 1 to 100,000).
  Result<void> set_concurrency(size_t slots);

  /// Of each queue, in the order of the options.
  std::vector<ConsumerStatistics> statistics() const;

 private:
  struct Parts;
  explicit PriorityConsumer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace forebay::sqs
