// SPDX-License-Identifier: Apache-2.0
// What a newcomer writes first: sends a message in a coroutine, receives and deletes it.
#include <cstdio>
#include <exception>
#include <future>

#include <forebay/sqs/client.h>

namespace sqs = forebay::sqs;

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Task send(sqs::Client& client, const sqs::SendMessageRequest& request, std::promise<bool>& sent) {
  const sqs::Result<sqs::SendMessageReply> reply = co_await client.async(request);
  sent.set_value(reply.ok());
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sqs::ClientOptions options;
  options.region = "us-east-1";
  options.endpoint_url = argv[1];
  options.credentials = sqs::Credentials{.access_key_id = "id", .secret_access_key = "secret"};
  sqs::Result<sqs::Client> client = sqs::Client::create(options);
  if (!client.ok()) return std::fprintf(stderr, "%s\n", sqs::to_string(client.error()).c_str()), 1;
  const auto queue = client->create_queue({.queue_name = "installed"});
  if (!queue.ok()) return std::fprintf(stderr, "%s\n", sqs::to_string(queue.error()).c_str()), 1;
  const sqs::SendMessageRequest request{.queue_url = queue->queue_url, .message_body = "hello"};
  std::promise<bool> sent;
  send(*client, request, sent);
  if (!sent.get_future().get()) return 1;
  const auto received = client->receive_message(
      {.queue_url = queue->queue_url, .wait_time_seconds = std::chrono::seconds(5)});
  if (!received.ok() || received->messages.size() != 1) return 1;
  const sqs::Message& message = received->messages[0];
  std::printf("%s\n", message.body.c_str());
  return client->delete_message(
                   {.queue_url = queue->queue_url, .receipt_handle = message.receipt_handle})
                 .ok()
             ? 0
             : 1;
}
