// SPDX-License-Identifier: Apache-2.0
// Handlers as coroutines: many messages wait for other services at a time, on two threads.
//
//   async_worker QUEUE_URL RESULTS_QUEUE_URL COUNT [ENDPOINT_URL]     ends after COUNT messages
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>

#include <forebay/sqs/consumer.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "async_worker: %s\n", sqs::to_string(error).c_str());
  return 1;
}

/// While the answer is on its way the thread handles other messages.
sqs::HandlerTask forward(sqs::Client& client, const std::string& results_url,
                         sqs::Delivery& delivery) {
  const sqs::SendMessageRequest request{.queue_url = results_url,
                                        .message_body = "done: " + std::string(delivery.body())};
  const sqs::Result<sqs::SendMessageReply> sent = co_await client.async(request);
  if (!sent.ok()) co_return sqs::Retry{};  // comes again, with a growing pause
  co_return sqs::Ack{};
}

/// Ends the wait of main() when the last of them is over.
class Counting final : public sqs::Middleware {
 public:
  void after(sqs::Delivery& /*delivery*/, sqs::Outcome& outcome) override {
    if (std::holds_alternative<sqs::Ack>(outcome)) handled.release();
  }
  std::counting_semaphore<> handled{0};
};

int main(int argc, char** argv) {
  if (argc < 4) {
    return std::fprintf(stderr,
                        "usage: async_worker QUEUE_URL RESULTS_QUEUE_URL COUNT [ENDPOINT_URL]\n"),
           2;
  }
  auto client = sqs::Client::create({.endpoint_url = argc > 4 ? argv[4] : ""});
  if (!client.ok()) return fail(client.error());
  const std::string results_url = argv[2];
  const auto counting = std::make_shared<Counting>();
  auto consumer = sqs::Consumer::create(
      *client, {.queue_url = argv[1],
                .handler = sqs::CoroutineHandler([&](sqs::Delivery& delivery) {
                  return forward(*client, results_url, delivery);
                }),
                .middleware = {counting},
                .concurrency = 100,
                .worker_threads_max = 2,
                .stop = {.polls = std::chrono::milliseconds(0)}});
  if (!consumer.ok()) return fail(consumer.error());
  consumer->start();
  for (int i = 0; i < std::atoi(argv[3]); ++i) counting->handled.acquire();
  if (!consumer->stop().clean) return 1;
  std::printf("%llu handled\n", static_cast<unsigned long long>(consumer->statistics().acked));
  return 0;
}
