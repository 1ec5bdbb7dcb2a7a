// SPDX-License-Identifier: Apache-2.0
// What the C++ library costs the program that uses it: messages of 1 KiB through a client, a
// producer or a consumer, the processor time of this whole process, and its allocations.
//
//   toolkit_load <endpoint> call|calls|producer|consumer <seconds>
//
//   call      SendMessage, waiting, one at a time
//   calls     SendMessage with callbacks, 64 on their way
//   producer  two threads that send, full batches
//   consumer  acks all that as many seconds of a producer have sent
//
// Each uses a queue of its own, which is deleted at the end, and warms up first. It prints one line
// of JSON: {"messages":n,"seconds":x,"cpu_seconds":x,"allocations":n,"p50_us":n,"p99_us":n}; the
// latencies only of `call`, of SendMessage until it is answered. What a handler's message or a send
// needs for its body is counted too: one allocation.
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <forebay/sqs/client.h>
#include <forebay/sqs/consumer.h>
#include <forebay/sqs/producer.h>

#include "env/clock.h"
#include "load/histogram.h"

#include "number_argument.h"

namespace {
std::atomic<uint64_t> allocations = 0;
}  // namespace

void* operator new(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace forebay::sqs {
namespace {

constexpr uint32_t kSecondsMax = 600;
constexpr int64_t kWarmUpMs = 1'000;
constexpr size_t kCallsInFlight = 64;
constexpr int kSenders = 2;

int64_t now_ms() {
  return env::system_clock().monotonic().value;
}

std::string body() {
  return std::string(1'024, 'x');
}

/// What this process has used so far.
struct Used {
  double seconds = 0;
  double cpu_seconds = 0;
  uint64_t allocations = 0;

  static Used now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {static_cast<double>(env::system_fine_clock().monotonic_us()) / 1e6,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), ::allocations.load()};
  }
};

/// One stage's outcome; an error ends the program.
struct Measured {
  uint64_t messages = 0;
  Used from = {};
  Used to = {};
  load::Histogram latencies_us = {};
};

/// A failure's text, told once.
struct Failure {
  std::mutex mu;
  std::string first;

  void tell(std::string_view text) {
    const std::scoped_lock lock(mu);
    if (first.empty()) first = text;
  }
};

Measured send_one_at_a_time(Client& client, const std::string& queue_url, int64_t ms,
                            Failure& failure) {
  Measured measured{.from = Used::now()};
  const SendMessageRequest request{.queue_url = queue_url, .message_body = body()};
  for (const int64_t end_ms = now_ms() + ms; now_ms() < end_ms; ++measured.messages) {
    const int64_t start_us = env::system_fine_clock().monotonic_us();
    const auto reply = client.send_message(request);
    if (!reply.ok()) failure.tell(to_string(reply.error()));
    measured.latencies_us.record(
        static_cast<uint64_t>(env::system_fine_clock().monotonic_us() - start_us));
  }
  measured.to = Used::now();
  return measured;
}

/// Each call that ends begins the next, until the time is over.
class Calls {
 public:
  Calls(Client& client, const std::string& queue_url, int64_t ms, Failure& failure)
      : client_(client),
        request_{.queue_url = queue_url, .message_body = body()},
        end_ms_(now_ms() + ms),
        failure_(failure) {}

  Measured run() {
    Measured measured{.from = Used::now()};
    left_ = kCallsInFlight;
    for (size_t i = 0; i < kCallsInFlight; ++i) send();
    std::unique_lock lock(mu_);
    over_.wait(lock, [this] { return left_ == 0; });
    measured.to = Used::now();
    measured.messages = sent_;
    return measured;
  }

 private:
  void send() {
    client_.call(request_, [this](const Result<SendMessageReply>& reply) {
      ++sent_;
      if (!reply.ok()) failure_.tell(to_string(reply.error()));
      if (now_ms() < end_ms_) return send();
      const std::scoped_lock lock(mu_);
      if (--left_ == 0) over_.notify_one();
    });
  }

  Client& client_;
  const SendMessageRequest request_;
  const int64_t end_ms_;
  Failure& failure_;
  std::atomic<uint64_t> sent_ = 0;
  std::mutex mu_;
  std::condition_variable over_;
  size_t left_ = 0;
};

/// Sends from several threads for a time; returns when all is answered.
Measured produce(Producer& producer, int64_t ms, Failure& failure) {
  Measured measured{.from = Used::now()};
  std::atomic<uint64_t> accepted = 0;
  {
    const int64_t end_ms = now_ms() + ms;
    std::vector<std::jthread> senders;
    for (int i = 0; i < kSenders; ++i) {
      senders.emplace_back([&producer, &accepted, &failure, end_ms] {
        while (now_ms() < end_ms) {
          const auto sent = producer.send({.body = body()}, nullptr);
          if (!sent.ok()) failure.tell(to_string(sent.error()));
          ++accepted;
        }
      });
    }
  }
  const FlushReport report = producer.flush();
  if (!report.errors.empty()) failure.tell(to_string(report.errors.front()));
  measured.messages = accepted;
  measured.to = Used::now();
  return measured;
}

/// Handles all of so many messages; what lies between the first and the last tenth is measured.
class Consumption {
 public:
  Consumption(uint64_t messages, Failure& failure)
      : first_(messages / 10), last_(messages - messages / 10), failure_(failure) {}

  Result<Measured> run(Client& client, const std::string& queue_url) {
    ConsumerOptions options{.queue_url = queue_url, .handler = Handler([this](Delivery& delivery) {
                                                      return handle(delivery);
                                                    })};
    options.concurrency = 100;
    options.worker_threads_max = 2;
    options.on_error = [this](std::string_view what, const Error& error) {
      failure_.tell(fmt::format("{}: {}", what, to_string(error)));
    };
    Result<Consumer> consumer = Consumer::create(client, std::move(options));
    if (!consumer.ok()) return consumer.error();
    consumer->start();
    {
      std::unique_lock lock(mu_);
      over_.wait(lock, [this] { return done_; });
    }
    if (!consumer->stop().clean) failure_.tell("the consumer left messages behind");
    return measured_;
  }

 private:
  Outcome handle(Delivery&) {
    const uint64_t count = handled_.fetch_add(1) + 1;
    if (count == first_) measured_.from = Used::now();
    if (count == last_) {
      const std::scoped_lock lock(mu_);
      measured_.to = Used::now();
      measured_.messages = last_ - first_;
      done_ = true;
      over_.notify_one();
    }
    return Ack{};
  }

  const uint64_t first_;
  const uint64_t last_;
  Failure& failure_;
  std::atomic<uint64_t> handled_ = 0;
  Measured measured_;  // `from` is written before `to`: many messages lie between them
  std::mutex mu_;
  std::condition_variable over_;
  bool done_ = false;
};

Result<Measured> measure(std::string_view what, Client& client, const std::string& queue_url,
                         int64_t ms, Failure& failure) {
  if (what == "call") {
    send_one_at_a_time(client, queue_url, kWarmUpMs, failure);
    return send_one_at_a_time(client, queue_url, ms, failure);
  }
  if (what == "calls") {
    Calls(client, queue_url, kWarmUpMs, failure).run();
    return Calls(client, queue_url, ms, failure).run();
  }
  Result<Producer> producer =
      Producer::create(client, {.queue_url = queue_url, .buffer_messages_max = 2'000});
  if (!producer.ok()) return producer.error();
  const uint64_t warm_up = produce(*producer, kWarmUpMs, failure).messages;
  Measured measured = produce(*producer, ms, failure);
  if (what == "producer") return measured;
  return Consumption(warm_up + measured.messages, failure).run(client, queue_url);
}

int fail(std::string_view text) {
  fmt::print(stderr, "toolkit_load: {}\n", text);
  return 1;
}

void print(const Measured& measured) {
  fmt::print(R"({{"messages":{},"seconds":{:.3f},"cpu_seconds":{:.3f},"allocations":{})",
             measured.messages, measured.to.seconds - measured.from.seconds,
             measured.to.cpu_seconds - measured.from.cpu_seconds,
             measured.to.allocations - measured.from.allocations);
  const load::Histogram& us = measured.latencies_us;
  if (us.count() != 0) {
    fmt::print(R"(,"p50_us":{},"p99_us":{})", us.percentile(500), us.percentile(990));
  }
  fmt::print("}}\n");
}

int run(const std::string& endpoint, std::string_view what, int64_t seconds) {
  ClientOptions options{.region = "us-east-1", .endpoint_url = endpoint};
  options.credentials = Credentials{.access_key_id = "id", .secret_access_key = "secret"};
  Result<Client> client = Client::create(options);
  if (!client.ok()) return fail(to_string(client.error()));
  const auto queue =
      client->create_queue({.queue_name = fmt::format("toolkit-{}-{}", what, now_ms())});
  if (!queue.ok()) return fail(to_string(queue.error()));
  Failure failure;
  const Result<Measured> measured =
      measure(what, *client, queue->queue_url, seconds * 1'000, failure);
  const auto deleted = client->delete_queue({.queue_url = queue->queue_url});
  if (!measured.ok()) return fail(to_string(measured.error()));
  if (!deleted.ok()) failure.tell(to_string(deleted.error()));
  if (!failure.first.empty()) return fail(failure.first);
  print(*measured);
  return 0;
}

}  // namespace
}  // namespace forebay::sqs

int main(int argc, char** argv) {
  const std::string_view what = argc == 4 ? argv[2] : "";
  const auto seconds =
      argc == 4 ? forebay::bench::parse_number(argv[3], forebay::sqs::kSecondsMax) : std::nullopt;
  if (!seconds || (what != "call" && what != "calls" && what != "producer" && what != "consumer")) {
    fmt::print(stderr, "usage: toolkit_load <endpoint> call|calls|producer|consumer <seconds>\n");
    return 2;
  }
  return forebay::sqs::run(argv[1], what, *seconds);
}
