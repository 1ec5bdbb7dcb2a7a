// SPDX-License-Identifier: Apache-2.0
// Whole requests without the network and without a disk: API handler, shard, engine, journal batch
// on a log in memory. One request at a time, so each has a batch of its own.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/facts.h"
#include "env/testing/pumped_executor.h"
#include "journal/memory/memory_log.h"
#include "micro/benchmarks.h"
#include "micro/requests.h"
#include "server/api_handler.h"
#include "shard/local_router.h"

namespace forebay::bench {
namespace {

using protocol::Wire;

class AlwaysThere final : public engine::Client {
 public:
  bool connected() const override { return true; }
};

/// A worker of whom nothing is asked: the log in memory reads at once.
class NoWorker final : public env::Worker {
 public:
  void submit(Task, Task) override { CHECK(false); }
};

class InProcessServer {
 public:
  InProcessServer() {
    Result<std::unique_ptr<shard::Shard>> opened = shard::Shard::open(
        {}, {*log_, executor_, readers_, env::system_clock(), env::system_random(),
             [](const std::string& reason) { fatal(reason); }});
    CHECK(opened.ok());
    shard_ = std::move(opened).value();
    router_ = std::make_unique<shard::LocalRouter>(*shard_, executor_);
    shard::LocalRouter::bind_thread(executor_);
    api_ = std::make_unique<server::ApiHandler>(config_, *router_, env::system_random(),
                                                env::system_clock());
    executor_.run_posted();
    answer(create_queue().http());
  }

  /// The answer's body.
  const std::string& answer(http::HttpRequest request) {
    request.client = client_;
    answered_ = false;
    api_->handle(request, [this](http::HttpResponse response) {
      CHECK(response.status == 200);
      body_ = std::move(response.body);
      answered_ = true;
    });
    executor_.run_posted();
    CHECK(answered_);
    return body_;
  }

 private:
  env::PumpedExecutor executor_;
  NoWorker readers_;
  const server::Config config_;
  const std::unique_ptr<journal::Log> log_ =
      journal::make_memory_log(executor_, &engine::holds_content);
  std::unique_ptr<shard::Shard> shard_;
  std::unique_ptr<shard::LocalRouter> router_;
  std::unique_ptr<server::ApiHandler> api_;
  const std::shared_ptr<const engine::Client> client_ = std::make_shared<AlwaysThere>();
  std::string body_;
  bool answered_ = false;
};

std::vector<std::string> receipt_handles(std::string_view body, Wire wire) {
  const std::string_view name = wire == Wire::kJson ? R"("ReceiptHandle":")" : "<ReceiptHandle>";
  const char end = wire == Wire::kJson ? '"' : '<';
  std::vector<std::string> handles;
  for (size_t at = body.find(name); at != std::string_view::npos; at = body.find(name, at + 1)) {
    const size_t begin = at + name.size();
    handles.emplace_back(body.substr(begin, body.find(end, begin) - begin));
  }
  return handles;
}

/// Sends ten messages, receives and deletes them; one of the steps, `timed`, counts.
void run(benchmark::State& state, Wire wire, const std::string& timed) {
  InProcessServer server;
  PartTimer timer;
  const auto answer = [&](const Sample& sample) -> const std::string& {
    const http::HttpRequest request = sample.http();
    const std::string* body = nullptr;
    const auto work = [&] { body = &server.answer(request); };
    if (sample.action == timed) {
      timer.time(work);
    } else {
      work();
    }
    return *body;
  };
  const Sample one = send_message(wire);
  const Sample ten = send_message_batch(wire);
  const Sample receive = receive_message(wire);
  const bool singly = timed == "SendMessage" || timed == "DeleteMessage";
  while (state.KeepRunningBatch(singly ? kBatchEntries : 1)) {
    for (int i = 0; singly && i < kBatchEntries; ++i) answer(one);
    if (!singly) answer(ten);
    const std::vector<std::string> handles = receipt_handles(answer(receive), wire);
    CHECK(handles.size() == kBatchEntries);
    for (const std::string& handle : handles) answer(delete_message(wire, handle));
    timer.report(state);
  }
}

}  // namespace

void register_request_benchmarks() {
  for (const auto& [wire, name] : {std::pair(Wire::kJson, "json"), {Wire::kQuery, "query"}}) {
    for (const char* action :
         {"SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage"}) {
      const std::string full = std::string("request_") + name + "/" + action;
      benchmark::RegisterBenchmark(full.c_str(), run, wire, std::string(action))->UseManualTime();
    }
  }
}

}  // namespace forebay::bench
