// SPDX-License-Identifier: Apache-2.0
// Sends each line of the standard input as an event, in batches that form by themselves; only what
// fails is sent again, and nothing is dropped silently.
//
//   producer QUEUE_URL [ENDPOINT_URL] <lines
#include <cstdio>
#include <iostream>
#include <string>

#include <forebay/sqs/producer.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "producer: %s\n", sqs::to_string(error).c_str());
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: producer QUEUE_URL [ENDPOINT_URL]\n"), 2;
  auto client = sqs::Client::create({.endpoint_url = argc > 2 ? argv[2] : ""});
  if (!client.ok()) return fail(client.error());
  auto producer = sqs::Producer::create(*client, {.queue_url = argv[1]});
  if (!producer.ok()) return fail(producer.error());
  for (std::string line; std::getline(std::cin, line);) {
    // Waits while the buffer is full.
    const auto accepted = producer->send(sqs::Event("LineRead", line).message());
    if (!accepted.ok()) return fail(accepted.error());
  }
  const sqs::FlushReport report = producer->flush();
  std::printf("%llu sent, %llu failed\n", static_cast<unsigned long long>(report.sent),
              static_cast<unsigned long long>(report.failed));
  return report.ok() ? 0 : fail(report.errors.front());
}
