// SPDX-License-Identifier: Apache-2.0
// A simulated server for named scenarios: the test plays one client and says when things go wrong.
//
//   Theatre theatre(7);
//   theatre.start();
//   theatre.create("q");
//   theatre.send("q", "hello");
//   theatre.die(Theatre::Power::kFails);
//   theatre.start();
//
// Thread: the test's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "sim/sim_server.h"

namespace forebay::sim {

class Theatre {
 public:
  enum class Power : uint8_t { kStays, kFails };

  explicit Theatre(uint64_t seed, const ServerOptions& options = {})
      : server(options, world, verdict, Prng(seed)), prng_(seed) {
    configure_log(LogFormat::kText, LogLevel::kOff);
  }

  void start() { ASSERT_EQ(server.start(), SimServer::Started::kRunning) << server.refusal(); }

  void die(Power power) {
    server.kill();
    if (power == Power::kFails) server.power_failure();
    server.disk().come_back();
  }

  static engine::QueueAddress address(const std::string& name) {
    return {"eu-central-1", "000000000000", name};
  }

  /// The reply, or nothing when the server died first.
  std::optional<Result<shard::Reply>> ask(shard::Request request) {
    auto reply = std::make_shared<std::optional<Result<shard::Reply>>>();
    server.submit(std::move(request),
                  [reply](Result<shard::Reply> told) { reply->emplace(std::move(told)); });
    const MonotonicMs latest = world.monotonic() + 60'000;
    while (!reply->has_value() && !server.doomed() && world.monotonic() < latest)
      CHECK(world.run_next());
    return *reply;
  }

  void pass(int64_t ms) {
    bool over = false;
    world.at_delay(kScenario, ms, [&over] { over = true; });
    while (!over) CHECK(world.run_next());
  }

  void create(const std::string& name, engine::AttributeChanges attributes = {}) {
    if (name.ends_with(".fifo")) attributes.fifo_queue = true;
    const auto reply = ask(engine::CreateQueue{address(name), std::move(attributes), {}});
    ASSERT_TRUE(reply && reply->ok());
  }

  /// The number, or nothing when the server died first or refused.
  std::optional<uint64_t> send(const std::string& queue, std::string content,
                               const std::string& deduplication_id = {}) {
    engine::SendEntry entry;
    for (uint8_t& byte : entry.message_id) byte = static_cast<uint8_t>(prng_.next());
    entry.size_bytes = static_cast<int64_t>(content.size());
    entry.content = std::move(content);
    if (queue.ends_with(".fifo")) {
      entry.message_group_id = "g";
      entry.message_deduplication_id = deduplication_id;
    }
    const auto reply = ask(engine::SendMessages{address(queue), {std::move(entry)}, false});
    if (!reply || !reply->ok()) return std::nullopt;
    return std::get<engine::SendMessages::Reply>(reply->value()).results.at(0).value().number.value;
  }

  std::vector<engine::ReceiveMessages::Message> receive(const std::string& queue) {
    engine::ReceiveMessages request;
    request.queue = address(queue);
    request.max_number_of_messages = 10;
    request.wait_time_seconds = 0;
    const auto reply = ask(std::move(request));
    EXPECT_TRUE(reply && reply->ok());
    return std::get<engine::ReceiveMessages::Reply>(reply->value()).messages;
  }

  bool remove(const std::string& queue, const std::string& handle) {
    const auto reply = ask(engine::DeleteMessages{address(queue), {handle}});
    return reply && std::get<engine::DeleteMessages::Reply>(reply->value()).results.at(0).ok();
  }

  int64_t message_count(const std::string& queue) {
    const auto reply = ask(engine::DescribeQueue{address(queue)});
    const auto& counts = std::get<engine::DescribeQueue::Reply>(reply->value());
    return counts.visible_count + counts.not_visible_count + counts.delayed_count;
  }

  SimWorld world;
  Verdict verdict;
  SimServer server;

 private:
  Prng prng_;
};

}  // namespace forebay::sim
