// SPDX-License-Identifier: Apache-2.0
// A consumer on one thread and on a clock of the test's, with a queue whose calls the test answers.
//
//   FakeConsumer consumer({.handler = ...});
//   consumer.run();                            // everything that can happen now
//   consumer.queue.give({message("a")});       // answers the poll that has waited longest
//   consumer.run_jobs();                       // what waits for a worker
//   consumer.advance(50);
// Thread: the test's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "client/testing/fake_io.h"
#include "consumer/consumer_core.h"
#include "env/testing/pumped_executor.h"

namespace forebay::sqs::testing {

inline Message message(std::string id, std::string group = {}, int64_t receive_count = 1) {
  Message message;
  message.message_id = MessageId(id);
  message.receipt_handle = "handle-" + id;
  message.body = std::move(id);
  message.attributes.approximate_receive_count = receive_count;
  if (!group.empty()) message.attributes.message_group_id = std::move(group);
  return message;
}

/// Polls wait until the test answers them; everything else is answered at once with success, unless
/// the test has said something else.
class FakeQueue final : public detail::QueueCalls {
 public:
  struct OpenPoll {
    ReceiveMessageRequest request;
    Then<ReceiveMessageReply> then;
  };
  struct Change {
    std::string handle;
    int64_t visibility_s;

    friend bool operator==(const Change&, const Change&) = default;
  };

  void receive(const ReceiveMessageRequest& request, const CallOptions& options,
               Then<ReceiveMessageReply> then) override {
    polls.push_back({request, std::move(then)});
    stop = options.stop;
  }
  void remove(const DeleteMessageBatchRequest& request, const CallOptions&,
              Then<BatchReply> then) override {
    std::vector<std::string> handles;
    for (const auto& entry : request.entries) handles.push_back(entry.receipt_handle);
    deletes.push_back(handles);
    answer(request.entries, then, delete_trouble);
  }
  void change_visibility(const ChangeMessageVisibilityBatchRequest& request, const CallOptions&,
                         Then<BatchReply> then) override {
    std::vector<Change> batch;
    for (const auto& entry : request.entries) {
      batch.push_back({entry.receipt_handle, entry.visibility_timeout.count()});
    }
    changes.push_back(batch);
    if (changes_hang) {
      hanging.push_back(std::move(then));
    } else {
      answer(request.entries, then, change_trouble);
    }
  }
  void send(const SendMessageRequest& request, const CallOptions&,
            Then<SendMessageReply> then) override {
    sent.push_back(request);
    if (sends_hang) return hanging_sends.push_back(std::move(then));
    send_trouble ? then(*std::exchange(send_trouble, std::nullopt)) : then(SendMessageReply{});
  }
  void get_queue_attributes(const GetQueueAttributesRequest&, const CallOptions&,
                            Then<GetQueueAttributesReply> then) override {
    GetQueueAttributesReply reply;
    if (!dead_letter_arn.empty()) {
      reply.attributes.redrive_policy =
          RedrivePolicy{.dead_letter_target_arn = dead_letter_arn, .max_receive_count = 3};
    }
    then(reply);
  }
  void get_queue_url(const GetQueueUrlRequest& request, const CallOptions&,
                     Then<QueueUrlReply> then) override {
    then(QueueUrlReply{"http://queue/" + *request.queue_owner_aws_account_id + "/" +
                       request.queue_name});
  }

  /// Answers the oldest poll.
  void give(std::vector<Message> messages) {
    take_poll().then(ReceiveMessageReply{std::move(messages)});
  }
  void refuse(ErrorKind kind, std::chrono::seconds retry_after = std::chrono::seconds(0)) {
    take_poll().then(Error{.kind = kind, .retryable = true, .retry_after = retry_after});
  }
  /// As the client does when its stop token fires.
  void cancel_polls_if_asked() {
    if (!stop.stop_requested() || answers_are_on_the_way) return;
    while (!polls.empty()) refuse(ErrorKind::kCancelled);
  }
  /// max_number_of_messages of the open polls.
  std::vector<int> asked() const {
    std::vector<int> counts;
    for (const OpenPoll& poll : polls) counts.push_back(*poll.request.max_number_of_messages);
    return counts;
  }

  std::deque<OpenPoll> polls;
  std::stop_token stop;
  std::vector<std::vector<std::string>> deletes;  // receipt handles, call by call
  std::vector<std::vector<Change>> changes;
  std::vector<SendMessageRequest> sent;
  /// What the next calls meet, one each: an error of the call, or of the entry with this handle.
  struct Trouble {
    std::optional<Error> error = {};
    std::string handle = {};
    bool sender_fault = false;
  };
  std::deque<Trouble> delete_trouble;
  std::deque<Trouble> change_trouble;
  std::optional<Error> send_trouble;
  bool changes_hang = false;
  std::vector<Then<BatchReply>> hanging;
  bool sends_hang = false;
  std::vector<Then<SendMessageReply>> hanging_sends;
  bool answers_are_on_the_way = false;  // polls are not cancelled
  std::string dead_letter_arn;

 private:
  OpenPoll take_poll() {
    CHECK(!polls.empty());
    OpenPoll poll = std::move(polls.front());
    polls.pop_front();
    return poll;
  }

  template <class Entries>
  static void answer(const Entries& entries, const Then<BatchReply>& then,
                     std::deque<Trouble>& troubles) {
    Trouble trouble;
    if (!troubles.empty()) {
      trouble = troubles.front();
      troubles.pop_front();
    }
    if (trouble.error) return then(*trouble.error);
    BatchReply reply;
    for (const auto& entry : entries) {
      if (entry.receipt_handle == trouble.handle) {
        reply.failed.push_back({.id = entry.id, .sender_fault = trouble.sender_fault});
      } else {
        reply.successful.push_back(entry.id);
      }
    }
    then(reply);
  }
};

/// Jobs wait until the test runs them.
class FakeWorkers final : public detail::Workers {
 public:
  void run(Job job) override { jobs.push_back(std::move(job)); }
  void set_threads_max(size_t count) override { threads_max = count; }
  std::deque<Job> jobs;
  size_t threads_max = 0;  // as last set
};

class FakeFineClock final : public env::FineClock {
 public:
  explicit FakeFineClock(const FakeClock& clock) : clock_(clock) {}
  int64_t monotonic_us() const override { return clock_.ms * 1'000; }

 private:
  const FakeClock& clock_;
};

class FakeConsumer {
 public:
  /// Starts unless told otherwise. Without a URL the queue is "http://queue/q".
  explicit FakeConsumer(ConsumerOptions options, bool start = true) {
    if (options.queue_url.empty()) options.queue_url = "http://queue/q";
    core =
        std::make_shared<detail::ConsumerCore>(std::move(options),
                                               detail::ConsumerParts{.calls = queue,
                                                                     .executor = executor,
                                                                     .workers = workers,
                                                                     .clock = clock,
                                                                     .fine_clock = fine_clock,
                                                                     .random = random},
                                               [this](StopReport how) { stopped.push_back(how); });
    if (start) core->start();
    run();
  }
  ~FakeConsumer() { core->close(); }

  /// Everything that can happen now, but for jobs.
  void run() {
    executor.run_posted();
    queue.cancel_polls_if_asked();
    executor.run_posted();
  }
  /// The next job, and what follows.
  void run_job() {
    CHECK(!workers.jobs.empty());
    const auto job = std::move(workers.jobs.front());
    workers.jobs.pop_front();
    job();
    run();
  }
  void run_jobs() {
    while (!workers.jobs.empty()) run_job();
  }
  void give(std::vector<Message> messages) {
    queue.give(std::move(messages));
    run();
  }
  /// In small steps, as time passes.
  void advance(int64_t ms) {
    while (ms > 0) {
      const int64_t step = std::min<int64_t>(ms, 10);
      clock.ms += step;
      executor.advance(step);
      run();
      ms -= step;
    }
  }
  void request_stop() {
    core->request_stop();
    run();
  }
  ConsumerStatistics figures() const { return core->statistics(); }

  FakeQueue queue;
  FakeWorkers workers;
  FakeClock clock;
  FakeFineClock fine_clock{clock};
  FakeRandom random;
  env::PumpedExecutor executor;
  std::vector<StopReport> stopped;
  std::shared_ptr<detail::ConsumerCore> core;
};

}  // namespace forebay::sqs::testing
