// SPDX-License-Identifier: Apache-2.0
// The C++ library at work for as long as it is told, for a run under sanitizers: producers and
// consumers on their real threads beside a whole server in the same process, which fails, drops
// connections, is killed and loses power.
//
//   toolkit_soak <seconds> [first seed]
//
// Each episode is a server, clients, producers and consumers of its own, from a seed, and ends with
// the promises: what was confirmed was handled and acked, or is in the dead-letter queue; nothing
// else was; groups were handled in their order; a stop was clean; the queues are empty. The first
// promise that is broken ends the program with 1 and says which. Virtual time follows real time.
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <forebay/sqs/client.h>
#include <forebay/sqs/consumer.h>
#include <forebay/sqs/producer.h>
#include <forebay/testing/server.h>

#include "env/clock.h"
#include "env/testing/temporary_directory.h"

namespace forebay::sqs {
namespace {

using forebay::testing::Fault;
using forebay::testing::Restart;
using forebay::testing::Server;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSenders = 2;
constexpr int kMessages = 300;  // of each sender and queue
constexpr int kGroups = 7;
constexpr milliseconds kStep{3};
constexpr milliseconds kTrouble{1'500};  // from the start; then all must come to its end
constexpr milliseconds kPatience{120'000};

milliseconds now() {
  return milliseconds(env::system_clock().monotonic().value);
}

/// What became of messages, by their bodies.
class Ledger {
 public:
  void confirmed(const std::string& body) { note(confirmed_, body); }
  /// Perhaps stored all the same.
  void unsure(const std::string& body) { note(unsure_, body); }
  void dead(const std::string& body) { note(dead_, body); }
  void acked(const std::string& body) { note(acked_, body); }
  /// A message of a group, each time it is handed over.
  void handled_in_group(const std::string& group, int number, bool again) {
    const std::scoped_lock lock(mu_);
    int& last = last_of_group_[group];
    if (number < last && !again) tell(fmt::format("{}: {} after {}", group, number, last));
    last = std::max(last, number);
  }
  void broken(std::string what) {
    const std::scoped_lock lock(mu_);
    tell(std::move(what));
  }

  bool all_done() const {
    const std::scoped_lock lock(mu_);
    for (const std::string& body : confirmed_) {
      if (!acked_.contains(body) && !dead_.contains(body)) return false;
    }
    return true;
  }
  /// Empty when every promise was kept.
  std::string verdict() const {
    const std::scoped_lock lock(mu_);
    for (const std::string& body : confirmed_) {
      if (!acked_.contains(body) && !dead_.contains(body)) return body + " was confirmed and lost";
    }
    for (const auto* handled : {&acked_, &dead_}) {
      for (const std::string& body : *handled) {
        if (!confirmed_.contains(body) && !unsure_.contains(body)) return body + " was never sent";
      }
    }
    return broken_;
  }
  size_t messages() const {
    const std::scoped_lock lock(mu_);
    return confirmed_.size() + unsure_.size();
  }

 private:
  using Bodies = std::set<std::string, std::less<>>;

  void note(Bodies& bodies, const std::string& body) {
    const std::scoped_lock lock(mu_);
    bodies.insert(body);
  }
  void tell(std::string what) {
    if (broken_.empty()) broken_ = std::move(what);
  }

  mutable std::mutex mu_;
  Bodies confirmed_, unsure_, acked_, dead_;
  std::map<std::string, int, std::less<>> last_of_group_;
  std::string broken_;
};

struct Totals {
  uint64_t episodes = 0, messages = 0, faults = 0, restarts = 0;
};

class Episode {
 public:
  Episode(uint64_t seed, Totals& totals)
      : seed_(seed), random_(seed), totals_(totals), server_(options(seed, directory_.path())) {}

  /// What was broken, or nothing.
  std::string run() {
    const std::unique_ptr<Client> sender_client = client();
    const std::unique_ptr<Client> consumer_client = client();
    if (!sender_client || !consumer_client) return "no client";
    std::vector<std::unique_ptr<Consumer>> consumers;
    for (const std::string_view queue : {"work", "work", "work.fifo", "work.fifo"}) {
      Result<Consumer> made = Consumer::create(*consumer_client, consumer_options(queue));
      if (!made.ok()) return to_string(made.error());
      consumers.push_back(std::make_unique<Consumer>(std::move(*made)));
      consumers.back()->start();
    }
    trouble_until_ = now() + kTrouble;
    send_all(*sender_client);
    drive([this] { return trouble_until_ < now(); });
    server_.clear_faults();
    drive([this] { return ledger_.all_done() && left("work") == 0 && left("work.fifo") == 0; });
    drive_while([&] { stop(consumers); });
    ++totals_.episodes;
    totals_.messages += ledger_.messages();
    return ledger_.verdict();
  }

 private:
  static forebay::testing::ServerOptions options(uint64_t seed, const std::string& directory) {
    // Acks that a power failure takes with them count as receives too: no limit may be reached.
    return {.queues = {{.name = "dead"},
                       {.name = "work", .dead_letter_queue = "dead", .max_receive_count = 1'000},
                       {.name = "dead.fifo"},
                       {.name = "work.fifo",
                        .dead_letter_queue = "dead.fifo",
                        .max_receive_count = 1'000}},
            .seed = seed,
            .directory = directory};
  }

  std::unique_ptr<Client> client() const {
    ClientOptions options{.region = server_.region(), .endpoint_url = server_.endpoint()};
    options.credentials = Credentials{.access_key_id = server_.access_key_id(),
                                      .secret_access_key = server_.secret_access_key()};
    options.retry = {.max_attempts = 10, .throttled_backoff_base = milliseconds(50)};
    options.timeouts.attempt = seconds(10);
    Result<Client> made = Client::create(options);
    return made.ok() ? std::make_unique<Client>(std::move(*made)) : nullptr;
  }

  ConsumerOptions consumer_options(std::string_view queue) {
    ConsumerOptions options{.queue_url = server_.queue_url(queue),
                            .handler = Handler([this](Delivery& d) { return handle(d); })};
    options.concurrency = 8;
    options.backoff = {.base = milliseconds(0)};
    options.poll.wait_time = seconds(1);
    options.poll.error_pause_max = milliseconds(300);
    // Leases run out in an episode when they are not renewed, or a kill takes a receive's answer.
    options.lease.visibility_timeout = seconds(4);
    options.settle.linger = milliseconds(10);
    return options;
  }

  /// A body is "<sender> <number>", or "<group> <sender> <number>" for a FIFO queue. What becomes
  /// of it depends on the body and on how often it came.
  Outcome handle(Delivery& delivery) {
    const std::string body(delivery.body());
    if (delivery.message().attributes.message_group_id) {
      const std::string& group = *delivery.message().attributes.message_group_id;
      ledger_.handled_in_group(group, std::atoi(body.c_str() + body.rfind(' ')),
                               delivery.receive_count() > 1);
    }
    const uint64_t draw = std::hash<std::string>()(body) ^ seed_;
    if (draw % 13 == 0 && delivery.receive_count() == 1) return Retry{};
    if (draw % 17 == 0) {
      ledger_.dead(body);
      return Dead{"not wanted"};
    }
    ledger_.acked(body);
    return Ack{};
  }

  void send_all(Client& client) {
    drive_while([&] {
      std::vector<std::jthread> senders;
      senders.reserve(kSenders);
      for (int sender = 0; sender < kSenders; ++sender) {
        senders.emplace_back([this, &client, sender] { send_all(client, sender); });
      }
    });
  }

  void send_all(Client& client, int sender) {
    ProducerOptions options{.queue_url = server_.queue_url("work"),
                            .linger = std::chrono::microseconds(500)};
    options.retry.backoff_max = milliseconds(200);
    ProducerOptions fifo_options = options;
    fifo_options.queue_url = server_.queue_url("work.fifo");
    fifo_options.deduplication = Deduplication::kUnique;
    Result<Producer> standard = Producer::create(client, options);
    Result<Producer> fifo = Producer::create(client, fifo_options);
    if (!standard.ok() || !fifo.ok()) return ledger_.broken("no producer");
    for (int i = 0; i < kMessages; ++i) {
      if (i % 2 == 0) pause();
      send(*standard, {.body = fmt::format("{} {}", sender, i)});
      const std::string group = fmt::format("{}-{}", sender, i % kGroups);
      send(*fifo, {.body = fmt::format("{} {} {}", group, sender, i), .message_group_id = group});
    }
    for (Producer* producer : {&*standard, &*fifo}) {
      const FlushReport report = producer->flush();
      if (report.ok()) continue;
      ledger_.broken(fmt::format("{} failed and {} unanswered of a flush, first: {}", report.failed,
                                 report.unanswered,
                                 report.errors.empty() ? "" : to_string(report.errors.front())));
    }
  }

  void send(Producer& producer, OutgoingMessage message) {
    const std::string body = message.body;
    const auto accepted =
        producer.send(std::move(message), [this, body](const Result<SendMessageReply>& reply) {
          reply.ok() ? ledger_.confirmed(body) : ledger_.unsure(body);
        });
    if (!accepted.ok()) ledger_.broken("not accepted: " + to_string(accepted.error()));
  }

  int64_t left(std::string_view queue) { return server_.message_count(queue).total(); }

  void stop(std::vector<std::unique_ptr<Consumer>>& consumers) {
    for (const auto& consumer : consumers) consumer->request_stop();
    for (const auto& consumer : consumers) {
      const StopReport report = consumer->stop();
      if (!report.clean) ledger_.broken("a stop was not clean");
    }
    consumers.clear();
  }

  /// Lets time pass until `done`.
  template <class Done>
  void drive(const Done& done) {
    const milliseconds start = now();
    for (milliseconds before = start; !done();) {
      pause();
      const milliseconds after = now();
      server_.advance(after - before);
      before = after;
      if (after < trouble_until_) make_trouble();
      if (after - start > kPatience) return ledger_.broken("it does not come to an end");
    }
  }

  /// Lets time pass while `work` goes on in a thread of its own.
  template <class Work>
  void drive_while(const Work& work) {
    std::atomic<bool> over = false;
    std::jthread worker([&] {
      work();
      over = true;
    });
    drive([&] { return over.load(); });
  }

  void make_trouble() {
    switch (random_() % 40) {
      case 0:
        return inject(Fault::throttled());
      case 1:
        return inject(Fault::internal_failure());
      case 2:
        return inject(Fault::drop_request());
      case 3:
        return inject(Fault::drop_reply());
      case 4:
        return inject(Fault::delay_reply(milliseconds(random_() % 300)));
      default:
        break;
    }
    if (random_() % 100 != 0) return;
    ++totals_.restarts;
    server_.restart(
        std::array{Restart::kClean, Restart::kKilled, Restart::kPowerFailure}[random_() % 3]);
  }

  void inject(Fault fault) {
    ++totals_.faults;
    server_.inject(std::move(fault), 1 + static_cast<int>(random_() % 3));
  }

  void pause() {
    std::unique_lock lock(mu_);
    never_.wait_for(lock, kStep);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  Totals& totals_;
  env::TemporaryDirectory directory_;
  Server server_;
  Ledger ledger_;
  milliseconds trouble_until_{0};
  std::mutex mu_;
  std::condition_variable never_;
};

void report(const Totals& totals, milliseconds since) {
  fmt::print("{} s: {} episodes, {} messages, {} faults, {} restarts\n", since.count() / 1'000,
             totals.episodes, totals.messages, totals.faults, totals.restarts);
  std::fflush(stdout);
}

int run(int64_t limit_seconds, uint64_t first_seed) {
  constexpr milliseconds kReportEvery{60'000};
  Totals totals;
  const milliseconds start = now();
  milliseconds reported = start;
  for (uint64_t seed = first_seed; now() - start < seconds(limit_seconds); ++seed) {
    const std::string broken = Episode(seed, totals).run();
    if (!broken.empty()) {
      fmt::print("broken in episode {}: {}\n", seed, broken);
      return 1;
    }
    if (now() - reported < kReportEvery) continue;
    report(totals, now() - start);
    reported = now();
  }
  report(totals, now() - start);
  return 0;
}

}  // namespace
}  // namespace forebay::sqs

int main(int argc, char** argv) {
  const int64_t limit_seconds = argc > 1 ? std::atoll(argv[1]) : 0;
  if (argc > 3 || limit_seconds < 1) {
    std::fprintf(stderr, "usage: toolkit_soak <seconds> [first seed]\n");
    return 2;
  }
  const uint64_t first_seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  return forebay::sqs::run(limit_seconds, first_seed);
}
