// SPDX-License-Identifier: Apache-2.0
// A program's own test as a newcomer writes it: the client, and a server on virtual time.
#include <cstdio>

#include <forebay/sqs/client.h>
#include <forebay/testing/server.h>

namespace sqs = forebay::sqs;

int main() {
  forebay::testing::Server server({.queues = {{.name = "reminders"}}});
  sqs::ClientOptions options;
  options.region = server.region();
  options.endpoint_url = server.endpoint();
  options.credentials = sqs::Credentials{.access_key_id = server.access_key_id(),
                                         .secret_access_key = server.secret_access_key()};
  sqs::Result<sqs::Client> client = sqs::Client::create(options);
  if (!client.ok()) return std::fprintf(stderr, "%s\n", sqs::to_string(client.error()).c_str()), 1;
  const std::string url = server.queue_url("reminders");
  const auto sent = client->send_message(
      {.queue_url = url, .message_body = "hello", .delay_seconds = std::chrono::minutes(15)});
  if (!sent.ok()) return std::fprintf(stderr, "%s\n", sqs::to_string(sent.error()).c_str()), 1;
  if (!client->receive_message({.queue_url = url})->messages.empty()) return 1;
  server.advance(std::chrono::minutes(15));
  const auto received = client->receive_message({.queue_url = url});
  if (!received.ok() || received->messages.size() != 1) return 1;
  std::printf("%s\n", received->messages[0].body.c_str());
  return 0;
}
