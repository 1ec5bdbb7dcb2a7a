// SPDX-License-Identifier: Apache-2.0
// Idempotent handling, and one suite for both stores.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <forebay/sqs/consumer_idempotency.h>
#include <gtest/gtest.h>

#include "consumer/testing/fake_queue.h"
#include "env/testing/temporary_directory.h"

namespace forebay::sqs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeConsumer;
using testing::message;
using State = IdempotencyClaim::State;

enum class Kind : uint8_t { kMemory, kSqlite };

Timestamp at(int64_t ms) {
  return Timestamp(milliseconds(1'000'000 + ms));
}

class Store : public ::testing::TestWithParam<Kind> {
 protected:
  std::shared_ptr<IdempotencyStore> open() {
    if (GetParam() == Kind::kMemory) return IdempotencyStore::memory();
    auto store = IdempotencyStore::sqlite(directory_.path() + "/seen.db");
    EXPECT_TRUE(store.ok()) << store.error();
    return *store;
  }
  IdempotencyClaim claim(IdempotencyStore& store, const std::string& key, int64_t now_ms) {
    auto claimed = store.claim(key, at(now_ms), at(now_ms + 100));
    EXPECT_TRUE(claimed.ok()) << claimed.error();
    return *claimed;
  }

  env::TemporaryDirectory directory_;
};
INSTANTIATE_TEST_SUITE_P(Kinds, Store, ::testing::Values(Kind::kMemory, Kind::kSqlite));

TEST_P(Store, AKeyIsClaimedOnceThenInFlightThenDone) {
  const auto store = open();
  const IdempotencyClaim first = claim(*store, "k", 0);
  EXPECT_EQ(first.state, State::kClaimed);
  EXPECT_GT(first.token, 0u);
  const IdempotencyClaim second = claim(*store, "k", 99);
  EXPECT_EQ(second.state, State::kInFlight);
  EXPECT_EQ(second.until, at(100));
  EXPECT_EQ(claim(*store, "other", 99).state, State::kClaimed);
  ASSERT_TRUE(store->complete("k", first.token, std::string("a\0b", 3), at(500)).ok());
  const IdempotencyClaim third = claim(*store, "k", 499);
  EXPECT_EQ(third.state, State::kDone);
  EXPECT_EQ(third.result, std::string("a\0b", 3));
  EXPECT_EQ(claim(*store, "k", 500).state, State::kClaimed);
}

TEST_P(Store, AClaimThatIsOverCannotEndTheNextOne) {
  const auto store = open();
  const IdempotencyClaim late = claim(*store, "k", 0);
  const IdempotencyClaim next = claim(*store, "k", 100);
  EXPECT_EQ(next.state, State::kClaimed);
  EXPECT_NE(next.token, late.token);
  ASSERT_TRUE(store->release("k", late.token).ok());
  ASSERT_TRUE(store->complete("k", late.token, "late", at(900)).ok());
  EXPECT_EQ(claim(*store, "k", 150).state, State::kInFlight);
  ASSERT_TRUE(store->release("k", next.token).ok());
  EXPECT_EQ(claim(*store, "k", 150).state, State::kClaimed);
}

TEST_P(Store, OfManyThreadsOneGetsTheKey) {
  const auto store = open();
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> claimed = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        if (claim(*store, "k" + std::to_string(round), 0).state == State::kClaimed) ++claimed;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(claimed, 1);
  }
}

TEST(SqliteStore, IsSharedAndSurvives) {
  const env::TemporaryDirectory directory;
  const std::string path = directory.path() + "/seen.db";
  auto one = *IdempotencyStore::sqlite(path);
  auto two = *IdempotencyStore::sqlite(path);
  const auto claimed = one->claim("k", at(0), at(100));
  EXPECT_EQ(two->claim("k", at(1), at(100))->state, State::kInFlight);
  ASSERT_TRUE(one->complete("k", claimed->token, "", at(500)).ok());
  one.reset();
  two.reset();
  EXPECT_EQ((*IdempotencyStore::sqlite(path))->claim("k", at(1), at(100))->state, State::kDone);
  const auto nowhere = IdempotencyStore::sqlite(directory.path() + "/no/where.db");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().kind, ErrorKind::kConfiguration);
}

TEST(MemoryStore, ForgetsTheOldestWhenItIsFull) {
  const auto store = IdempotencyStore::memory(2);
  for (const char* key : {"a", "b", "c"}) {
    EXPECT_EQ(store->claim(key, at(0), at(100))->state, State::kClaimed);
  }
  EXPECT_EQ(store->claim("c", at(1), at(100))->state, State::kInFlight);
  EXPECT_EQ(store->claim("a", at(1), at(100))->state, State::kClaimed);
}

TEST(IdempotentHandlings, HandleAKeyOnce) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
       .middleware = {std::make_shared<IdempotentHandling>(
           IdempotencyStore::memory(),
           IdempotencyOptions{.key = [](const Delivery& d) { return std::string(d.body()); },
                              .busy_retry = seconds(3)})},
       .settle = {.linger = milliseconds(0)}});
  const auto give = [&](const std::string& id, const std::string& key) {
    Message made = message(id);
    made.body = key;
    consumer.give({made});
    consumer.run_jobs();
  };
  give("1", "order-7");
  give("2", "order-7");  // while the first is being handled
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(consumer.queue.changes.size(), 1u);
  EXPECT_EQ(consumer.queue.changes[0][0].visibility_s, 3);
  pending[0].complete(Retry{});  // gives the key free
  consumer.run();
  give("3", "order-7");
  ASSERT_EQ(pending.size(), 2u);
  pending[1]->result() = "receipt 99";
  pending[1].complete(Ack{});
  consumer.run();
  give("4", "order-7");
  EXPECT_EQ(pending.size(), 2u);
  EXPECT_EQ(consumer.queue.deletes.size(), 2u);
  EXPECT_EQ(consumer.figures().duplicates, 1u);
  give("5", "");  // no key: handled without
  EXPECT_EQ(pending.size(), 3u);
}

/// Notes what a handling gave back.
class Results final : public Middleware {
 public:
  void after(Delivery& delivery, Outcome& /*outcome*/) override {
    seen.push_back(delivery.result());
  }
  std::vector<std::string> seen;
};

TEST(IdempotentHandlings, GiveTheResultBackToWhoAsksAgain) {
  const auto results = std::make_shared<Results>();
  int calls = 0;
  FakeConsumer consumer(
      {.handler = Handler([&](Delivery& d) -> Outcome {
         d.result() = "receipt " + std::to_string(++calls);
         return Ack{};
       }),
       .middleware = {results, std::make_shared<IdempotentHandling>(IdempotencyStore::memory())}});
  consumer.give({message("a"), message("a"), message("b")});
  consumer.run_jobs();
  EXPECT_EQ(results->seen, (std::vector<std::string>{"receipt 1", "receipt 1", "receipt 2"}));
}

/// Is not there.
class BrokenStore final : public IdempotencyStore {
 public:
  Result<IdempotencyClaim> claim(std::string_view, Timestamp, Timestamp) override { return broken; }
  Result<void> complete(std::string_view, uint64_t, std::string_view, Timestamp) override {
    return broken;
  }
  Result<void> release(std::string_view, uint64_t) override { return broken; }
  const Error broken{.kind = ErrorKind::kNetwork, .message = "no store"};
};

TEST(IdempotentHandlings, WithoutTheStoreHandleNothing) {
  int calls = 0;
  FakeConsumer consumer(
      {.handler = Handler([&](Delivery&) -> Outcome {
         ++calls;
         return Ack{};
       }),
       .middleware = {std::make_shared<IdempotentHandling>(std::make_shared<BrokenStore>())}});
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(consumer.figures().retried, 1u);
}

}  // namespace
}  // namespace forebay::sqs
