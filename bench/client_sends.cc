// SPDX-License-Identifier: Apache-2.0
// What the client library costs: messages sent through the callback face, so many calls in flight
// at a time, on one I/O thread; and the allocations that one call makes.
//
//   build/release/client_sends http://127.0.0.1:9324 [seconds] [calls in flight] [connections]
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/client.h>

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

/// Each call that ends begins the next, until the time is over.
class Sends {
 public:
  Sends(Client& client, std::string queue_url, int64_t seconds)
      : client_(client),
        request_{.queue_url = std::move(queue_url), .message_body = std::string(1'024, 'x')},
        end_ms_(env::system_clock().monotonic().value + seconds * 1'000) {}

  void run(int64_t in_flight) {
    left_ = in_flight;
    for (int64_t i = 0; i < in_flight; ++i) send();
    std::unique_lock lock(mu_);
    over_.wait(lock, [this] { return left_ == 0; });
  }
  uint64_t good() const { return good_; }
  uint64_t failed() const { return failed_; }

 private:
  void send() {
    client_.call(request_, [this](const Result<SendMessageReply>& reply) {
      ++(reply.ok() ? good_ : failed_);
      if (env::system_clock().monotonic().value < end_ms_) return send();
      const std::scoped_lock lock(mu_);
      if (--left_ == 0) over_.notify_one();
    });
  }

  Client& client_;
  const SendMessageRequest request_;
  const int64_t end_ms_;
  std::atomic<uint64_t> good_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::mutex mu_;
  std::condition_variable over_;
  int64_t left_ = 0;
};

int run(const std::string& endpoint, int64_t seconds, int64_t in_flight, int64_t connections) {
  ClientOptions options{.region = "us-east-1", .endpoint_url = endpoint};
  options.credentials = Credentials{.access_key_id = "id", .secret_access_key = "secret"};
  options.max_connections = static_cast<size_t>(connections);
  Result<Client> client = Client::create(options);
  if (!client.ok()) return fmt::print("{}\n", to_string(client.error())), 1;
  const auto queue = client->create_queue(
      {.queue_name = fmt::format("client-sends-{}", env::system_clock().wall().value)});
  if (!queue.ok()) return fmt::print("{}\n", to_string(queue.error())), 1;
  Sends warm_up(*client, queue->queue_url, 1);
  warm_up.run(in_flight);
  Sends sends(*client, queue->queue_url, seconds);
  const uint64_t allocated = allocations;
  const int64_t start_us = env::system_fine_clock().monotonic_us();
  sends.run(in_flight);
  const int64_t us = env::system_fine_clock().monotonic_us() - start_us;
  const auto calls = static_cast<double>(sends.good() + sends.failed());
  fmt::print("{:.0f} sends/s, {} failed, {:.1f} allocations a call, {} connections\n",
             static_cast<double>(sends.good()) * 1e6 / static_cast<double>(us), sends.failed(),
             static_cast<double>(allocations - allocated) / calls,
             client->statistics().connections_opened);
  const auto deleted = client->delete_queue({.queue_url = queue->queue_url});
  return sends.failed() == 0 && deleted.ok() ? 0 : 1;
}

}  // namespace
}  // namespace forebay::sqs

int main(int argc, char** argv) {
  if (argc < 2)
    return fmt::print("client_sends <endpoint> [seconds] [in flight] [connections]\n"), 2;
  const auto number = [&](int at, int64_t usual) {
    return at < argc ? std::strtoll(argv[at], nullptr, 10) : usual;
  };
  return forebay::sqs::run(argv[1], number(2, 5), number(3, 256), number(4, 64));
}
