// SPDX-License-Identifier: Apache-2.0
// What the producer costs: messages of 1 KiB sent by so many threads through the callback face, and
// the allocations that one message makes, its body not counted.
//
//   build/release/producer_sends http://127.0.0.1:9324 [seconds] [threads] [batches in flight]
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <forebay/sqs/client.h>
#include <forebay/sqs/producer.h>

#include "env/clock.h"

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

/// Threads that send for a time; how many messages were accepted.
uint64_t send_for(Producer& producer, int64_t ms, int64_t threads) {
  std::atomic<uint64_t> accepted = 0;
  const int64_t end_ms = env::system_clock().monotonic().value + ms;
  std::vector<std::jthread> senders;
  for (int64_t i = 0; i < threads; ++i) {
    senders.emplace_back([&] {
      while (env::system_clock().monotonic().value < end_ms) {
        accepted += producer.send({.body = std::string(1'024, 'x')}, nullptr).ok() ? 1 : 0;
      }
    });
  }
  senders.clear();
  return accepted;
}

int run(const std::string& endpoint, int64_t seconds, int64_t threads, int64_t in_flight) {
  ClientOptions options{.region = "us-east-1", .endpoint_url = endpoint};
  options.credentials = Credentials{.access_key_id = "id", .secret_access_key = "secret"};
  Result<Client> client = Client::create(options);
  if (!client.ok()) return fmt::print("{}\n", to_string(client.error())), 1;
  const auto queue = client->create_queue(
      {.queue_name = fmt::format("producer-sends-{}", env::system_clock().wall().value)});
  if (!queue.ok()) return fmt::print("{}\n", to_string(queue.error())), 1;
  Result<Producer> producer =
      Producer::create(*client, {.queue_url = queue->queue_url,
                                 .max_in_flight = static_cast<size_t>(in_flight),
                                 .buffer_messages_max = 2'000});
  if (!producer.ok()) return fmt::print("{}\n", to_string(producer.error())), 1;
  send_for(*producer, 1'000, threads);
  producer->flush();

  const uint64_t batches = producer->statistics().batches;
  const uint64_t allocated = allocations;
  const int64_t start_us = env::system_fine_clock().monotonic_us();
  const uint64_t sent = send_for(*producer, seconds * 1'000, threads);
  const FlushReport report = producer->flush();
  const int64_t us = env::system_fine_clock().monotonic_us() - start_us;
  const auto messages = static_cast<double>(sent);
  fmt::print("{:.0f} messages/s, {} failed, {:.1f} a batch, {:.2f} allocations a message\n",
             messages * 1e6 / static_cast<double>(us), report.failed,
             messages / static_cast<double>(producer->statistics().batches - batches),
             static_cast<double>(allocations - allocated) / messages - 1);
  const auto deleted = client->delete_queue({.queue_url = queue->queue_url});
  return report.ok() && deleted.ok() ? 0 : 1;
}

}  // namespace
}  // namespace forebay::sqs

int main(int argc, char** argv) {
  if (argc < 2) return fmt::print("producer_sends <endpoint> [seconds] [threads] [in flight]\n"), 2;
  const auto number = [&](int at, int64_t usual) {
    return at < argc ? std::strtoll(argv[at], nullptr, 10) : usual;
  };
  return forebay::sqs::run(argv[1], number(2, 5), number(3, 2), number(4, 16));
}
