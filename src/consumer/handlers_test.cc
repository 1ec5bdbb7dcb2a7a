// SPDX-License-Identifier: Apache-2.0
// The forms of handlers, routes, middleware, figures for an observer.
#include <chrono>
#include <coroutine>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "consumer/event_type.h"
#include "consumer/options_check.h"
#include "consumer/testing/fake_queue.h"

namespace forebay::sqs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeConsumer;
using testing::FakeQueue;
using testing::message;
using Changes = std::vector<std::vector<FakeQueue::Change>>;
using Deletes = std::vector<std::vector<std::string>>;

Outcome ack(Delivery& /*delivery*/) {
  return Ack{};
}

// ---- Asynchronous ----

TEST(AsyncHandlers, CompleteLaterAndADroppedDeliveryIsARetry) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer({.handler = AsyncHandler([&](PendingDelivery d) {
                           if (d->body() != "dropped") pending.push_back(std::move(d));
                         }),
                         .concurrency = 2});
  consumer.give({message("a"), message("dropped")});
  consumer.run_jobs();
  EXPECT_EQ(consumer.figures().running, 1u);
  EXPECT_EQ(consumer.queue.asked(), std::vector<int>{1});
  pending[0].complete(Ack{});
  consumer.run();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-a"}}));
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-dropped", 2}}}));
}

/// What a test's coroutine waits for.
struct Event {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) { waiter = h; }
  void await_resume() const noexcept {}
  std::coroutine_handle<> waiter;
};

TEST(CoroutineHandlers, GoOnWhereTheyAreResumed) {
  Event event;
  CoroutineHandler handler = [&](Delivery& d) -> HandlerTask {
    co_await event;
    if (d.body() == "throws") static_cast<void>(std::vector<int>().at(1));
    co_return Ack{};
  };
  FakeConsumer consumer({.handler = handler});
  for (const std::string id : {"fine", "throws"}) {
    consumer.give({message(id)});
    consumer.run_jobs();
    EXPECT_EQ(consumer.figures().running, 1u);
    event.waiter.resume();
    consumer.run();
    EXPECT_EQ(consumer.figures().running, 0u);
  }
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-fine"}}));
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-throws", 2}}}));
  EXPECT_EQ(consumer.figures().handler_exceptions, 1u);
}

// ---- Batches ----

struct Batches {
  std::vector<std::vector<std::string>> seen;
  BatchHandler handler(std::vector<Outcome> outcomes) {
    return [this, outcomes](std::span<Delivery* const> batch) {
      seen.emplace_back();
      for (const Delivery* d : batch) seen.back().emplace_back(d->body());
      return outcomes;
    };
  }
};

TEST(BatchHandlers, GetWhatIsThereAndGiveAnOutcomeForEach) {
  Batches batches;
  FakeConsumer consumer({.handler = Batched{batches.handler({Ack{}, Retry{.after = seconds(5)}})}});
  consumer.give({message("a"), message("b"), message("c")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(batches.seen, (Deletes{{"a", "b", "c"}}));
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-a"}}));
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-b", 5}, {"handle-c", 2}}}));
}

TEST(BatchHandlers, ThatThrowRetryAllOfTheBatch) {
  const BatchHandler throws = [](std::span<Delivery* const> batch) {
    return std::vector<Outcome>{std::vector<Outcome>().at(batch.size())};
  };
  FakeConsumer consumer({.handler = Batched{throws}});
  consumer.give({message("a"), message("b")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-a", 2}, {"handle-b", 2}}}));
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  EXPECT_EQ(consumer.figures().handler_exceptions, 1u);
}

TEST(BatchHandlers, WaitForAFullBatchOrTheirWindow) {
  Batches batches;
  FakeConsumer consumer({.handler = Batched{.handle = batches.handler({Ack{}, Ack{}, Ack{}}),
                                            .size_max = 3,
                                            .window = milliseconds(200)}});
  consumer.give({message("a"), message("b"), message("c"), message("d")});
  EXPECT_EQ(consumer.workers.jobs.size(), 1u);
  consumer.advance(190);
  consumer.give({message("e")});
  EXPECT_EQ(consumer.workers.jobs.size(), 1u);
  consumer.advance(10);
  EXPECT_EQ(consumer.workers.jobs.size(), 2u);
  consumer.give({message("f")});
  consumer.request_stop();  // nobody comes any more
  consumer.run_jobs();
  EXPECT_EQ(batches.seen, (Deletes{{"a", "b", "c"}, {"d", "e"}, {"f"}}));
}

TEST(BatchHandlers, HaveOneOfAFifoGroup) {
  Batches batches;
  FakeConsumer consumer(
      {.queue_url = "http://queue/q.fifo", .handler = Batched{batches.handler({Ack{}, Ack{}})}});
  consumer.give({message("a1", "a"), message("a2", "a"), message("b1", "b")});
  consumer.run_jobs();
  EXPECT_EQ(batches.seen, (Deletes{{"a1", "b1"}, {"a2"}}));
}

TEST(BatchHandlers, DoNotGetAMessageWhoseLeaseWasLostMeanwhile) {
  Batches batches;
  FakeConsumer consumer(
      {.handler = Batched{.handle = batches.handler({Ack{}}), .window = seconds(20)}});
  consumer.queue.change_trouble = {{.handle = "handle-a", .sender_fault = true}};
  consumer.give({message("a"), message("b")});
  consumer.advance(20'000);
  consumer.run_jobs();
  EXPECT_EQ(batches.seen, (Deletes{{"b"}}));
  EXPECT_EQ(consumer.figures().running, 0u);
}

// ---- Routes ----

Message typed(std::string id, const char* attribute, std::string body) {
  Message made = message(std::move(id));
  if (attribute != nullptr) {
    made.message_attributes["type"] = MessageAttributeValue::string(attribute);
  }
  made.body = std::move(body);
  return made;
}

TEST(Routes, GoByAttributeThenByBodyThenToTheDefault) {
  std::vector<std::string> seen;
  const auto note = [&](std::string name) -> Handler {
    return [&seen, name](Delivery& d) -> Outcome {
      seen.push_back(name + ":" + std::string(d.type()));
      return Ack{};
    };
  };
  FakeConsumer consumer(
      {.handler = note("default"),
       .routes = {.attribute = "type",
                  .body_field = "event",
                  .handlers = {{"order", note("order")}, {"refund", note("refund")}}}});
  consumer.give({typed("1", "order", R"({"event":"refund"})"),
                 typed("2", nullptr, R"({"id":7,"event":"refund"})"),
                 typed("3", nullptr, R"({"event":"other"})"), typed("4", nullptr, "no json")});
  consumer.run_jobs();
  EXPECT_EQ(seen, (std::vector<std::string>{"order:order", "refund:refund", "default:other",
                                            "default:"}));
}

TEST(Routes, UnknownTypesFollowThePolicy) {
  for (const UnknownType policy : {UnknownType::kRetry, UnknownType::kDead, UnknownType::kAck}) {
    FakeConsumer consumer(
        {.routes = {.attribute = "type", .handlers = {{"order", ack}}, .unknown = policy},
         .dead_letter_queue_url = "http://queue/dead",
         .settle = {.linger = milliseconds(0)}});
    consumer.give({typed("1", "what", "body")});
    EXPECT_EQ(consumer.workers.jobs.size(), 0u);
    EXPECT_EQ(consumer.queue.changes.size(), policy == UnknownType::kRetry ? 1u : 0u);
    EXPECT_EQ(consumer.queue.deletes.size(), policy == UnknownType::kRetry ? 0u : 1u);
    ASSERT_EQ(consumer.queue.sent.size(), policy == UnknownType::kDead ? 1u : 0u);
    if (policy == UnknownType::kDead) {
      EXPECT_EQ(
          consumer.queue.sent[0].message_attributes.at(std::string(Dead::kReasonAttribute)).value(),
          "No handler is for the type \"what\".");
    }
    EXPECT_EQ(consumer.figures().unknown_types, 1u);
  }
}

TEST(Routes, ABodyHasATypeOnlyWhenItIsAnObjectWithThatText) {
  const auto type_of = [](std::string_view body) {
    std::string type = "before";
    detail::read_event_type(body, "t", type);
    return type;
  };
  EXPECT_EQ(type_of(R"({"a":{"t":"deep"},"t":"ü\n"})"), "ü\n");
  EXPECT_EQ(type_of(R"({"a":{"t":"deep"}})"), "");
  EXPECT_EQ(type_of(R"({"t":7})"), "");
  EXPECT_EQ(type_of(R"(["t"])"), "");
  EXPECT_EQ(type_of(R"({"t":"x")"), "");
  EXPECT_EQ(type_of(""), "");
}

// ---- Middleware ----

class Notes final : public Middleware {
 public:
  Notes(std::string name, std::vector<std::string>& notes)
      : name_(std::move(name)), notes_(notes) {}
  std::optional<Outcome> before(Delivery& delivery) override {
    notes_.push_back("+" + name_);
    if (delivery.body() == name_) return Dead{"by " + name_};
    return std::nullopt;
  }
  void after(Delivery& /*delivery*/, Outcome& outcome) override {
    notes_.push_back("-" + name_);
    if (name_ == "outer" && std::holds_alternative<Retry>(outcome)) outcome = Ack{};
  }

 private:
  const std::string name_;
  std::vector<std::string>& notes_;
};

TEST(Middlewares, StandAroundEachHandlingInOrder) {
  std::vector<std::string> notes;
  FakeConsumer consumer({.handler = Handler([&](Delivery&) -> Outcome {
                           notes.emplace_back("handler");
                           return Retry{};
                         }),
                         .middleware = {std::make_shared<Notes>("outer", notes),
                                        std::make_shared<Notes>("inner", notes)},
                         .dead_letter_queue_url = "http://queue/dead"});
  consumer.give({message("a")});
  consumer.run_jobs();
  EXPECT_EQ(notes, (std::vector<std::string>{"+outer", "+inner", "handler", "-inner", "-outer"}));
  notes.clear();
  consumer.give({message("inner")});
  consumer.run_jobs();
  EXPECT_EQ(notes, (std::vector<std::string>{"+outer", "+inner", "-outer"}));
  EXPECT_EQ(consumer.queue.sent.size(), 1u);
  consumer.advance(50);
  EXPECT_EQ(consumer.figures().acked, 1u);
  EXPECT_EQ(consumer.figures().dead, 1u);
}

// ---- Observer ----

class Figures final : public Observer, public QueueObserver {
 public:
  QueueObserver& queue(std::string_view queue_url) override {
    url = queue_url;
    return *this;
  }
  void add(Counter counter, uint64_t amount) noexcept override { counts[counter] += amount; }
  void change(Level level, int64_t by) noexcept override { levels[level] += by; }
  void record(Latency latency, std::chrono::microseconds took) noexcept override {
    latencies[latency].push_back(took.count());
  }
  std::string url;
  std::map<Counter, uint64_t> counts;
  std::map<Level, int64_t> levels;
  std::map<Latency, std::vector<int64_t>> latencies;
};

TEST(Observers, AreToldOfEverything) {
  Figures figures;
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
       .dead_letter_queue_url = "http://queue/dead",
       .observer = &figures});
  Message sent = message("a");
  sent.attributes.sent_timestamp = Timestamp(milliseconds(consumer.clock.wall().value - 7'000));
  consumer.give({sent, message("b"), message("c"), message("d")});
  consumer.queue.refuse(ErrorKind::kNetwork);
  consumer.run_jobs();
  EXPECT_EQ(figures.url, "http://queue/q");
  EXPECT_EQ(figures.levels[Level::kHandling], 4);
  consumer.advance(15'000);
  pending[0].complete(Ack{});
  pending[1].complete(Retry{});
  pending[2].complete(Dead{"x"});
  pending[3].complete(Defer{});
  consumer.run();
  EXPECT_EQ(figures.levels[Level::kAcksBuffered], 4);
  consumer.advance(50);
  EXPECT_EQ(figures.levels[Level::kHandling], 0);
  EXPECT_EQ(figures.levels[Level::kAcksBuffered], 0);
  EXPECT_EQ(figures.counts, (std::map<Counter, uint64_t>{{Counter::kReceived, 4},
                                                         {Counter::kReceivedBytes, 4},
                                                         {Counter::kReceives, 1},
                                                         {Counter::kReceiveFailed, 1},
                                                         {Counter::kAcked, 1},
                                                         {Counter::kRetried, 1},
                                                         {Counter::kDeferred, 1},
                                                         {Counter::kDead, 1},
                                                         {Counter::kLeaseExtended, 4}}));
  EXPECT_EQ(figures.latencies[Latency::kDwell], std::vector<int64_t>{7'000'000});
  EXPECT_EQ(figures.latencies[Latency::kHandle], std::vector<int64_t>(4, 15'000'000));
  EXPECT_EQ(figures.latencies[Latency::kReceive].size(), 2u);
}

// ---- Options ----

TEST(Options, ThatCannotWorkAreRefusedByName) {
  const auto problem = [](ConsumerOptions options) {
    if (options.queue_url.empty()) options.queue_url = "q";
    const Result<void> checked = detail::check_options(options);
    if (checked.ok()) return std::string();
    EXPECT_EQ(checked.error().kind, ErrorKind::kConfiguration);
    return checked.error().message;
  };
  EXPECT_EQ(problem({.handler = ack}), "");
  EXPECT_EQ(problem({}), "There is no handler.");
  EXPECT_EQ(problem({.handler = Handler()}), "A handler is an empty function.");
  EXPECT_EQ(problem({.handler = ack, .concurrency = 0}), "concurrency must be 1 to 100,000.");
  EXPECT_EQ(problem({.routes = {.handlers = {{"a", ack}}}}),
            "Routes need an attribute or a body_field to go by.");
  EXPECT_EQ(problem({.handler = ack, .lease = {.visibility_timeout = seconds(1)}}),
            "lease.visibility_timeout must be 2 s to 12 h.");
  EXPECT_EQ(problem({.handler = ack, .middleware = {nullptr}}), "A middleware is null.");
  EXPECT_EQ(problem({.handler = Batched{.handle = Batches().handler({}), .size_max = 11}}),
            "Batched::size_max must be 1 to concurrency.");
}

}  // namespace
}  // namespace forebay::sqs
