// SPDX-License-Identifier: Apache-2.0
// Consumers of a whole server, on one virtual time with it: what a test lets pass, passes for both.
//
//   forebay::testing::Server server({.queues = {{.name = "q"}}});
//   ServerConsumer consumer(server, {.queue_url = server.queue_url("q"), .handler = ...});
//   consumer.advance(std::chrono::hours(3));
//
// Everything runs in an order of its own making: no handler runs while an answer is on its way.
// Thread: the test's own.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/testing/server.h>

#include "base/check.h"
#include "consumer/consumer_core.h"
#include "consumer/queue_calls.h"
#include "consumer/testing/fake_queue.h"
#include "env/testing/pumped_executor.h"

namespace forebay::sqs::testing {

inline Client client_of(const forebay::testing::Server& server) {
  Result<Client> client =
      Client::create({.region = server.region(),
                      .endpoint_url = server.endpoint(),
                      .credentials = Credentials{.access_key_id = server.access_key_id(),
                                                 .secret_access_key = server.secret_access_key()},
                      .retry = {.throttled_backoff_base = std::chrono::milliseconds(1)}});
  CHECK(client.ok());
  return *std::move(client);
}

/// Calls of a client, and how many of them are under way.
class CountedCalls final : public detail::QueueCalls {
 public:
  CountedCalls(Client& client, env::Executor& executor)
      : calls_(detail::make_client_calls(client)), executor_(executor) {}

  void receive(const ReceiveMessageRequest& request, const CallOptions& options,
               Then<ReceiveMessageReply> then) override {
    calls_->receive(request, options, counted(receives, std::move(then)));
  }
  void remove(const DeleteMessageBatchRequest& request, const CallOptions& options,
              Then<BatchReply> then) override {
    calls_->remove(request, options, counted(others, std::move(then)));
  }
  void change_visibility(const ChangeMessageVisibilityBatchRequest& request,
                         const CallOptions& options, Then<BatchReply> then) override {
    calls_->change_visibility(request, options, counted(others, std::move(then)));
  }
  void send(const SendMessageRequest& request, const CallOptions& options,
            Then<SendMessageReply> then) override {
    calls_->send(request, options, counted(others, std::move(then)));
  }
  void get_queue_attributes(const GetQueueAttributesRequest& request, const CallOptions& options,
                            Then<GetQueueAttributesReply> then) override {
    calls_->get_queue_attributes(request, options, counted(others, std::move(then)));
  }
  void get_queue_url(const GetQueueUrlRequest& request, const CallOptions& options,
                     Then<QueueUrlReply> then) override {
    calls_->get_queue_url(request, options, counted(others, std::move(then)));
  }

  std::atomic<size_t> receives = 0;
  std::atomic<size_t> others = 0;
  std::atomic<size_t> ended = 0;  // whose replies were posted

 private:
  template <class Reply>
  Then<Reply> counted(std::atomic<size_t>& count, Then<Reply> then) {
    ++count;
    return [this, &count, then = std::move(then)](Result<Reply> reply) {
      then(std::move(reply));  // posts
      ++ended;
      --count;
      executor_.post([] {});  // wakes who waits for the count
    };
  }

  const std::unique_ptr<detail::QueueCalls> calls_;
  env::Executor& executor_;
};

/// Another number each time.
class CountingRandom final : public env::Random {
 public:
  void fill(std::span<uint8_t> out) override {
    ++number_;
    CHECK(out.size() == sizeof(number_));
    std::memcpy(out.data(), &number_, sizeof(number_));
  }

 private:
  uint64_t number_ = 0;
};

/// What a core runs on, but for a core.
class ServerRig {
 public:
  explicit ServerRig(forebay::testing::Server& server)
      : server_(server), client(client_of(server)) {}

  detail::ConsumerParts parts() {
    return {.calls = calls,
            .executor = executor,
            .workers = workers,
            .clock = clock,
            .fine_clock = fine_clock,
            .random = random};
  }

  /// Until everything that can happen now has happened: every poll is parked, nothing else under
  /// way.
  void run() {
    do {
      run_calls();
    } while (run_job());
  }
  /// The same without handlers.
  void run_calls() {
    size_t ended = 0;
    do {
      executor.run_until([this] { return calls.others == 0; });
      ended = calls.ended;
      executor.run_posted();
    } while (calls.others > 0 || !all_parked() || calls.ended != ended);
  }
  /// The next job, if there is one; what follows is left to run_calls().
  bool run_job() {
    if (workers.jobs.empty()) return false;
    const auto job = std::move(workers.jobs.front());
    workers.jobs.pop_front();
    job();
    return true;
  }
  void advance(std::chrono::milliseconds span,
               std::chrono::milliseconds step = std::chrono::milliseconds(1'000)) {
    while (span.count() > 0) {
      const auto part = std::min(span, step);
      pass(part);
      run();
      span -= part;
    }
  }
  /// Time passes, and no handler runs.
  void pass(std::chrono::milliseconds span) {
    server_.advance(span);
    clock.ms += span.count();
    executor.advance(span.count());
    run_calls();
  }

 private:
  bool all_parked() {
    const size_t open = calls.receives;
    const size_t delayed = std::min(open, server_.delayed_count());  // by a fault
    // A poll that is answered meanwhile does not park: look again soon.
    if (open > delayed &&
        !server_.wait_until_parked(open - delayed, std::chrono::milliseconds(2))) {
      return false;
    }
    return calls.receives == open;
  }

  forebay::testing::Server& server_;

 public:
  // The client ends first: its thread may still be about to leave the other two.
  env::PumpedExecutor executor;
  CountedCalls calls{client, executor};
  Client client;
  FakeWorkers workers;
  FakeClock clock;
  FakeFineClock fine_clock{clock};
  CountingRandom random;
  std::vector<StopReport> stopped;

 protected:
  /// Polls that are parked end with their connections.
  void wait_for_calls() {
    executor.run_until([this] { return calls.receives == 0 && calls.others == 0; });
  }
};

class ServerConsumer final : public ServerRig {
 public:
  ServerConsumer(forebay::testing::Server& server, ConsumerOptions options) : ServerRig(server) {
    core = std::make_shared<detail::ConsumerCore>(
        std::move(options), parts(), [this](StopReport how) { stopped.push_back(how); });
    core->start();
    run();
  }
  ~ServerConsumer() {
    core->abort();
    wait_for_calls();
    core->close();
  }
  ConsumerStatistics figures() const { return core->statistics(); }

  std::shared_ptr<detail::ConsumerCore> core;
};

}  // namespace forebay::sqs::testing
