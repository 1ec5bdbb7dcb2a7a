// SPDX-License-Identifier: Apache-2.0
// A shard for tests: on a log that says "durable" when the test says so, a clock that the test
// moves.
//
//   TEST_F(ShardTest, ...) {
//     create("q");
//     log_.automatic = false;
//     const Pending sent = send("q", "hello");
//     EXPECT_FALSE(sent.answered());
//     log_.complete();
//     settle();
//
// Thread: the test's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "env/testing/pumped_executor.h"
#include "shard/shard.h"
#include "shard/storage_fakes.h"

namespace forebay::shard {

class ManualClock final : public env::Clock {
 public:
  WallMs wall() const override { return WallMs(1'700'000'000'000 + offset_ms + now_ms); }
  MonotonicMs monotonic() const override { return MonotonicMs(now_ms); }

  int64_t now_ms = 0;
  int64_t offset_ms = 0;  // of the wall clock
};

class CountingRandom final : public env::Random {
 public:
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = ++last_;
  }

 private:
  uint8_t last_ = 0;
};

/// Keeps batches in memory; each is durable once complete() was called for it, or at once when
/// `automatic`.
class ManualLog final : public journal::Log {
  env::Executor& executor_;

 public:
  explicit ManualLog(env::Executor& executor) : executor_(executor) {}

  Result<Acquired> acquire(std::string_view) override {
    in_flight_.reset();
    epoch_ = Epoch(epoch_.value + 1);
    return Acquired{epoch_, durable_end()};
  }

  void append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) override {
    EXPECT_FALSE(in_flight_.has_value()) << "one append at a time";
    EXPECT_EQ(epoch, epoch_);
    EXPECT_EQ(expected, durable_end());
    EXPECT_TRUE(journal::verify_batch(batch).ok());
    in_flight_ = InFlight{std::move(batch), std::move(done)};
    ++append_count;
    if (automatic) complete();
  }

  /// Ends the append in flight. The shard hears of it when the executor runs.
  void complete(journal::AppendOutcome outcome = journal::AppendOutcome::kDurable) {
    ASSERT_TRUE(in_flight_.has_value());
    InFlight ended = *std::exchange(in_flight_, std::nullopt);
    if (outcome == journal::AppendOutcome::kDurable) batches.push_back(std::move(ended.batch));
    is_unsynced = delayed_sync;
    executor_.post([done = std::move(ended.done), outcome] { done(outcome, "as the test wants"); });
  }

  Result<bool> read_now(LogPosition at, uint32_t record_bytes, std::string& out) const override {
    if (cold) return false;
    TRY(read(at, record_bytes, out));
    return true;
  }
  std::function<void()> take_fetch() override { return std::exchange(fetch, nullptr); }
  RecordReader reader(LogPosition at, uint32_t record_bytes) const override {
    return [this, at, record_bytes](std::string& out) { return read(at, record_bytes, out); };
  }
  bool retain(LogPosition at, uint32_t) override {
    if (missing.contains(at)) return false;
    retained.push_back(at);
    return true;
  }
  void sync(AppendDone done) override {
    ++sync_count;
    is_unsynced = false;
    executor_.post([done = std::move(done)] { done(journal::AppendOutcome::kDurable, {}); });
  }
  bool unsynced() const override { return is_unsynced; }
  journal::Snapshots* snapshots() override { return with_storage ? &snapshots_fake : nullptr; }
  journal::Space* space() override { return with_storage ? &space_fake : nullptr; }
  Result<void> read(LogPosition at, uint32_t record_bytes, std::string& out) const override {
    Result<void> found = Error{ErrorCode::kStorageDamaged, "nothing durable there"};
    if (refuse_reads) return found;
    const auto look = [&](LogPosition here, std::string_view record) -> Result<void> {
      if (here != at || record.size() != record_bytes) return {};
      out = record;
      found = {};
      return {};
    };
    for (const std::string& batch : batches) TRY(journal::visit_records(batch, look));
    return found;
  }

  Result<void> scan(LogPosition from, const journal::RecordVisitor& visit) override {
    LogPosition at;
    for (const std::string& batch : batches) {
      if (at >= from) TRY(journal::visit_records(batch, visit));
      at = at + batch.size();
    }
    scanned_from = from;
    return {};
  }

  void release(LogPosition at, uint32_t) override { released.push_back(at); }

  bool busy() const { return in_flight_.has_value(); }

  bool automatic = true;
  bool refuse_reads = false;
  bool cold = false;            // no record can be read without waiting
  std::function<void()> fetch;  // what take_fetch() gives, once
  int append_count = 0;
  std::vector<std::string> batches;  // durable ones
  std::vector<LogPosition> released;
  std::vector<LogPosition> retained;
  std::set<LogPosition> missing;  // contents that are gone
  LogPosition scanned_from;
  bool delayed_sync = false;
  bool is_unsynced = false;
  int sync_count = 0;
  bool with_storage = false;
  FakeSnapshots snapshots_fake{executor_};
  FakeSpace space_fake;

 private:
  struct InFlight {
    std::string batch;
    AppendDone done;
  };

  LogPosition durable_end() const {
    LogPosition end;
    for (const std::string& batch : batches) end = end + batch.size();
    return end;
  }

  Epoch epoch_;
  std::optional<InFlight> in_flight_;
};

/// A request's reply, when it is there.
class Pending {
 public:
  bool answered() const { return reply_->has_value(); }
  bool ok() const { return answered() && (*reply_)->ok(); }
  ErrorCode error() const { return (*reply_)->error().code; }
  const std::string& error_text() const { return (*reply_)->error().message; }
  /// The numbers of the messages of a receive.
  std::vector<uint64_t> numbers() const {
    std::vector<uint64_t> found;
    for (const auto& message : messages()) found.push_back(message.number.value);
    return found;
  }
  const std::vector<engine::ReceiveMessages::Message>& messages() const {
    return std::get<engine::ReceiveMessages::Reply>(reply_->value().value()).messages;
  }
  std::string handle() const { return messages().at(0).receipt_handle; }

  Done done() const {
    return [reply = reply_](Result<Reply> told) {
      EXPECT_FALSE(reply->has_value()) << "answered twice";
      reply->emplace(std::move(told));
    };
  }

 private:
  std::shared_ptr<std::optional<Result<Reply>>> reply_ =
      std::make_shared<std::optional<Result<Reply>>>();
};

/// Runs jobs when the test says so, or at once.
class ManualWorker final : public env::Worker {
 public:
  explicit ManualWorker(env::Executor& executor) : executor_(executor) {}

  void submit(Task job, Task done) override {
    jobs_.emplace_back(std::move(job), std::move(done));
    if (automatic) run();
  }
  void run() {
    for (; !jobs_.empty(); jobs_.pop_front()) {
      jobs_.front().first();
      executor_.post(std::move(jobs_.front().second));
    }
  }
  size_t waiting() const { return jobs_.size(); }

  bool automatic = true;

 private:
  env::Executor& executor_;
  std::deque<std::pair<Task, Task>> jobs_;
};

class TestClient final : public engine::Client {
 public:
  bool connected() const override { return is_connected; }
  bool is_connected = true;
};

class ShardTest : public testing::Test {
 protected:
  ShardTest() { open(); }

  void open() {
    shard_.reset();
    Result<std::unique_ptr<Shard>> opened = Shard::open(
        options_, {log_, executor_, readers_, clock_, random_,
                   [this](const std::string& reason) { failures_.push_back(reason); }, decided_});
    ASSERT_TRUE(opened.ok());
    shard_ = std::move(opened).value();
    settle();
  }

  static engine::QueueAddress address(const std::string& name) {
    return {"eu-central-1", "000000000000", name};
  }

  void settle() { executor_.run_posted(); }

  /// Lets time pass, in small steps so that timers fire about when they are due.
  void pass(int64_t ms) {
    for (; ms > 0; ms -= 10) {
      clock_.now_ms += std::min<int64_t>(ms, 10);
      executor_.advance(std::min<int64_t>(ms, 10));
      settle();
    }
  }

  Pending submit(Request request) {
    Pending pending;
    shard_->submit(std::move(request), pending.done());
    settle();
    return pending;
  }

  void create(const std::string& name, engine::AttributeChanges attributes = {}) {
    if (name.ends_with(".fifo")) attributes.fifo_queue = true;
    ASSERT_TRUE(submit(engine::CreateQueue{address(name), attributes, {}}).ok());
  }

  Pending send(const std::string& queue, std::string content, std::optional<int32_t> delay = {}) {
    engine::SendEntry entry;
    random_.fill(entry.message_id);
    entry.size_bytes = static_cast<int64_t>(content.size());
    entry.content = std::move(content);
    entry.delay_seconds = delay;
    if (queue.ends_with(".fifo")) {
      entry.message_group_id = "g";
      entry.message_deduplication_id = std::to_string(++last_deduplication_id_);
    }
    return submit(engine::SendMessages{address(queue), {std::move(entry)}, false});
  }

  Pending receive(const std::string& queue, int32_t wait_s = 0,
                  std::shared_ptr<const engine::Client> client = nullptr) {
    engine::ReceiveMessages request;
    request.queue = address(queue);
    request.wait_time_seconds = wait_s;
    request.client = std::move(client);
    return submit(std::move(request));
  }

  Pending remove(const std::string& queue, const std::string& handle) {
    return submit(engine::DeleteMessages{address(queue), {handle}});
  }

  Pending change(const std::string& queue, const std::string& handle, int32_t visibility_s) {
    return submit(engine::ChangeVisibility{address(queue), {{handle, visibility_s}}});
  }

  env::PumpedExecutor executor_;
  ManualClock clock_;
  CountingRandom random_;
  ManualLog log_{executor_};
  ManualWorker readers_{executor_};
  std::vector<std::string> failures_;
  ShardOptions options_;  // for the next open()
  std::function<void(const Done& done)> decided_;
  std::unique_ptr<Shard> shard_;

 private:
  int last_deduplication_id_ = 0;
};

}  // namespace forebay::shard
