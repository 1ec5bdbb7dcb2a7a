// SPDX-License-Identifier: Apache-2.0
// Order events with typed attributes: a priority becomes a delay or a queue of its own; on a FIFO
// queue each customer's events keep their order, and what is sent twice is stored once.
//
//   order_events NAME [ENDPOINT_URL]
#include <chrono>
#include <cstdio>
#include <string>

#include <forebay/sqs/producer.h>
#include <forebay/sqs/queue_manager.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "order_events: %s\n", sqs::to_string(error).c_str());
  return 1;
}

sqs::Event order_created(const std::string& order_id, const std::string& amount) {
  return sqs::Event("OrderCreated",
                    R"({"orderId":")" + order_id + R"(","totalAmount":)" + amount + "}")
      .text("customerId", "c-7")
      .number("orderAmount", amount);  // exact: as text, not as a floating-point number
}

/// One queue: what is less urgent becomes visible later. Or a queue for each priority.
bool send_by_priority(sqs::Producer& orders, sqs::Producer& urgent) {
  const sqs::PriorityDelays delays = {{"low", std::chrono::minutes(5)}};
  bool accepted = true;
  for (const char* priority : {"normal", "low"}) {
    sqs::Event event = order_created("o-1", "99.90");
    accepted &= orders.send(event.priority(priority, delays).message()).ok();
  }
  const sqs::PriorityProducer by_queue({{"high", &urgent}}, orders);
  sqs::Event event = order_created("o-2", "12000");
  return by_queue.send("high", event.priority("high").message()).ok() && accepted;
}

/// A customer's events are a group; the id comes from the content, so the second copy is dropped.
bool send_in_order(sqs::Producer& ledger) {
  bool accepted = true;
  for (const char* amount : {"10", "20", "20"}) {
    sqs::Event event = order_created("o-3", amount);
    accepted &= ledger.send(event.group("c-7").deduplicated_by_content().message()).ok();
  }
  return accepted;
}

/// The queue, made when it is missing, and a producer for it.
sqs::Result<sqs::Producer> open(sqs::Client& client, const sqs::QueueDefinition& queue) {
  auto queues = sqs::QueueManager(client).ensure_queue(queue);
  if (!queues.ok()) return queues.error();
  return sqs::Producer::create(client, {.queue_url = queues->back().queue_url});
}

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: order_events NAME [ENDPOINT_URL]\n"), 2;
  const std::string name = argv[1];
  auto client = sqs::Client::create({.endpoint_url = argc > 2 ? argv[2] : ""});
  if (!client.ok()) return fail(client.error());
  auto orders = open(*client, sqs::standard_queue(name));
  if (!orders.ok()) return fail(orders.error());
  auto urgent = open(*client, sqs::standard_queue(name + "-urgent"));
  if (!urgent.ok()) return fail(urgent.error());
  auto ledger = open(*client, sqs::fifo_queue(name + "-ledger"));
  if (!ledger.ok()) return fail(ledger.error());

  bool good = send_by_priority(*orders, *urgent) && send_in_order(*ledger);
  for (sqs::Producer* producer : {&*orders, &*urgent, &*ledger}) {
    const sqs::FlushReport report = producer->flush();  // nothing is dropped without a word
    std::printf("%s: %llu sent, %llu failed\n", sqs::queue_name_of(producer->queue_url()).c_str(),
                static_cast<unsigned long long>(report.sent),
                static_cast<unsigned long long>(report.failed));
    good = good && report.ok();
  }
  return good ? 0 : 1;
}
