// SPDX-License-Identifier: Apache-2.0
// For tests: an engine with a journal in memory and a clock that stands still until it is moved.
//
// Every fact takes the way it takes in a server: encoded, placed, decoded, applied. So each test
// also exercises the codec, and any state can be rebuilt from the records.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/engine_follower.h"

namespace forebay {

// NOLINTBEGIN(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const Error& error, std::ostream* out) {
  *out << "error " << static_cast<int>(error.code) << ": " << error.message;
}
template <class Tag, class Int>
void PrintTo(StrongId<Tag, Int> id, std::ostream* out) {
  *out << id.value;
}
// NOLINTEND(readability-identifier-naming)

}  // namespace forebay

namespace forebay::engine {

inline bool operator==(const RecordPlace& a, const RecordPlace& b) {
  return a.position == b.position && a.record_bytes == b.record_bytes;
}

/// The error of `result`; of a success one that equals no other.
template <class T>
Error error_of(const Result<T>& result) {
  return result.ok() ? Error{ErrorCode::kInternalFailure, "no error at all"} : result.error();
}

struct JournalRecord {
  std::string bytes;
  RecordPlace place;
};

/// A delivery with its content looked up in the journal.
struct ReceivedMessage {
  std::string content;
  std::string group;
  Bytes16 message_id{};
  Delivery delivery;
  const std::string& handle() const { return delivery.receipt_handle; }
  int32_t count() const { return delivery.receive_count; }
};

/// The three approximate counters of GetQueueAttributes.
struct Counts {
  int64_t visible = 0;
  int64_t not_visible = 0;
  int64_t delayed = 0;

  friend bool operator==(const Counts&, const Counts&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Counts& c) {
    return out << c.visible << " visible, " << c.not_visible << " in flight, " << c.delayed
               << " delayed";
  }
};

class EngineDriver {
 public:
  static constexpr Bytes16 kSecret{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

  explicit EngineDriver(EngineOptions options = {})
      : options_(options), engine_(std::make_unique<Engine>(options)) {
    journal({*engine_->decide_shard(kSecret)});
  }

  static QueueAddress address(const std::string& name) {
    return {"us-east-1", "000000000000", name};
  }
  static AttributeChanges fifo() {
    AttributeChanges changes;
    changes.fifo_queue = true;
    return changes;
  }
  static RedrivePolicy redrive_to(const std::string& name, int32_t max_receive_count) {
    return {"{policy text}", address(name), max_receive_count};
  }

  Engine& engine() { return *engine_; }
  WallMs now() const { return now_; }
  void pass_ms(int64_t ms) { now_ = now_ + ms; }
  void pass_s(int64_t s) { pass_ms(s * 1000); }

  // ---- Queues ----

  /// Decides and applies; the queue's expired messages go first, as the engine asks for.
  template <class Request>
  Result<typename Request::Reply> ask(const Request& request) {
    if constexpr (requires { request.queue; }) expire(request.queue);
    Facts facts;
    auto reply = decide(
        facts, [&](Engine& engine, Facts& out) { return engine.decide(request, now_, out); });
    CHECK(reply.ok() || facts.empty());
    journal(facts);
    return reply;
  }

  /// Creates a queue that must not exist, or aborts.
  QueueId create(const std::string& name, AttributeChanges changes = {}) {
    const auto reply = ask(CreateQueue{address(name), std::move(changes), {}});
    CHECK(reply.ok() && reply->created);
    return *engine_->find(address(name));
  }
  QueueId create_fifo(const std::string& name, AttributeChanges changes = {}) {
    changes.fifo_queue = true;
    return create(name, std::move(changes));
  }
  Result<SetQueueAttributes::Reply> set(const std::string& name, AttributeChanges changes) {
    return ask(SetQueueAttributes{address(name), std::move(changes)});
  }
  Counts counts(const std::string& name) {
    const auto reply = ask(DescribeQueue{address(name)});
    CHECK(reply.ok());
    return {reply->visible_count, reply->not_visible_count, reply->delayed_count};
  }
  QueueAttributes attributes(const std::string& name) {
    const auto reply = ask(DescribeQueue{address(name)});
    CHECK(reply.ok());
    return reply->attributes;
  }

  // ---- Messages ----

  /// A message for a standard queue. Ids of messages are never the same twice.
  SendEntry entry(std::string content) {
    SendEntry made;
    ++message_ids_;
    made.message_id = {};
    std::memcpy(made.message_id.data(), &message_ids_, sizeof message_ids_);
    made.body_sha256 = "digest of " + content;
    made.size_bytes = static_cast<int64_t>(content.size());
    made.content = std::move(content);
    return made;
  }
  /// One for a FIFO queue; its deduplication id is unset when `id` is empty.
  SendEntry entry(std::string content, std::string group, std::string id) {
    SendEntry made = entry(std::move(content));
    made.message_group_id = std::move(group);
    if (!id.empty()) made.message_deduplication_id = std::move(id);
    return made;
  }

  Result<SentMessage> send(QueueId queue, const SendEntry& entry, bool batch = false) {
    expire(queue);
    Facts facts;
    auto sent = decide(facts, [&](Engine& engine, Facts& out) {
      return engine.decide_send(queue, entry, batch, now_, out);
    });
    CHECK(facts.size() <= (sent.ok() ? 1u : 0u));
    journal(facts);
    return sent;
  }
  SentMessage send(QueueId queue, const std::string& content) {
    return *send(queue, entry(content));
  }
  /// The content is its own deduplication id.
  SentMessage send(QueueId queue, const std::string& group, const std::string& content) {
    return *send(queue, entry(content, group, content));
  }

  Result<ReceiveDecision> try_receive(QueueId queue, const ReceiveMessages& request,
                                      bool long_poll = false) {
    expire(queue);
    Facts facts;
    auto decision = decide(facts, [&](Engine& engine, Facts& out) {
      return engine.decide_receive(queue, request, long_poll, now_, out);
    });
    CHECK(decision.ok() || facts.empty());
    journal(facts);
    return decision;
  }
  std::vector<ReceivedMessage> receive(QueueId queue, int32_t max = 1,
                                       std::optional<int32_t> visibility_timeout = {},
                                       const std::string& attempt_id = {}) {
    ReceiveMessages request;
    request.max_number_of_messages = max;
    request.visibility_timeout = visibility_timeout;
    request.receive_request_attempt_id = attempt_id;
    auto decision = try_receive(queue, request);
    CHECK(decision.ok());
    std::vector<ReceivedMessage> received;
    received.reserve(decision->deliveries.size());
    for (Delivery& delivery : decision->deliveries)
      received.push_back(look_up(std::move(delivery)));
    return received;
  }
  /// The same, contents only.
  std::vector<std::string> contents(QueueId queue, int32_t max = 10,
                                    std::optional<int32_t> visibility_timeout = {}) {
    std::vector<std::string> out;
    for (const ReceivedMessage& message : receive(queue, max, visibility_timeout))
      out.push_back(message.content);
    return out;
  }

  /// What a decision hands out, contents only; also of another engine with the same journal.
  std::vector<std::string> contents_of(const ReceiveDecision& decision) const {
    std::vector<std::string> out;
    out.reserve(decision.deliveries.size());
    for (const Delivery& delivery : decision.deliveries) out.push_back(look_up(delivery).content);
    return out;
  }

  Result<void> remove(QueueId queue, const std::string& handle) {
    expire(queue);
    Facts facts;
    auto done = decide(facts, [&](Engine& engine, Facts& out) {
      return engine.decide_delete(queue, handle, now_, out);
    });
    CHECK(facts.size() <= (done.ok() ? 1u : 0u));
    journal(facts);
    return done;
  }
  Result<void> change(QueueId queue, const std::string& handle, int32_t visibility_timeout) {
    expire(queue);
    Facts facts;
    auto done = decide(facts, [&](Engine& engine, Facts& out) {
      return engine.decide_change(queue, {handle, visibility_timeout}, now_, out);
    });
    CHECK(facts.size() == (done.ok() ? 1u : 0u));
    journal(facts);
    return done;
  }

  /// One step of housekeeping.
  bool sweep(int queue_count = 100) {
    Facts facts;
    const bool idle = engine_->decide_sweep(queue_count, now_, facts);
    journal(facts);
    return idle;
  }

  /// What the move tasks have to do by now, at most `most` steps. The number of steps.
  int move(int most = 1'000'000) {
    for (int steps = 0; steps < most; ++steps) {
      Facts facts;
      decide(facts, [&](Engine& engine, Facts& out) {
        engine.decide_move(now_, out);
        return 0;
      });
      CHECK(facts.size() <= 1);
      if (facts.empty()) return steps;
      journal(facts);
    }
    return most;
  }

  // ---- The journal ----

  const std::vector<JournalRecord>& records() const { return records_; }
  /// Every place given back so far, in order.
  const std::vector<RecordPlace>& released() {
    for (const RecordPlace& place : engine_->take_released()) {
      // A discarded message that the life before has freed is freed again after a restart.
      if (!released_before_.contains(place.position)) released_.push_back(place);
    }
    return released_;
  }

  /// What a restart would have: a new engine after all facts so far; `repeated`: each applied twice
  /// in a row.
  std::unique_ptr<Engine> rebuild(bool repeated = false) const {
    auto rebuilt = std::make_unique<Engine>(options_);
    apply_from(0, *rebuilt, repeated);
    return rebuilt;
  }
  /// Goes on with a rebuilt engine in place of the one so far.
  void restart() {
    for (const RecordPlace& place : released()) released_before_.insert(place.position);
    engine_ = rebuild();
    (void)engine_->take_released();  // known from the first life
  }

  /// From now on every decision but a sweep is also the follower's, who must come to the same;
  /// null: nobody follows any more.
  void set_follower(Follower* follower) { follower_ = follower; }

  // ---- Images ----

  void begin_image() {
    pieces_.clear();
    image_from_ = records_.size();
    engine_->begin_image(now_);
  }
  /// False when the image is complete.
  bool take_image_piece(size_t bytes) {
    std::string piece = engine_->take_image_piece(bytes);
    if (piece.empty()) return false;
    pieces_.push_back(std::move(piece));
    return true;
  }
  void finish_image(size_t bytes = 65'536) {
    while (take_image_piece(bytes)) {
    }
  }
  const std::vector<std::string>& image() const { return pieces_; }
  /// What a restart would have: a new engine of the image, after all facts since.
  std::unique_ptr<Engine> load_image() const {
    auto loaded = std::make_unique<Engine>(options_);
    for (const std::string& piece : pieces_) {
      const Result<void> done = loaded->load_image_piece(piece);
      CHECK(done.ok());
    }
    CHECK(loaded->finish_image().ok());
    apply_from(image_from_, *loaded);
    return loaded;
  }
  /// Goes on with an engine that has the same state.
  void go_on_with(std::unique_ptr<Engine> engine) { engine_ = std::move(engine); }

  /// Encodes, places, decodes and applies.
  void journal(const Facts& facts) {
    for (const Fact& fact : facts) {
      std::string bytes;
      encode_fact(fact, now_, bytes);
      const Result<TimedFact> timed = decode_fact(bytes);
      CHECK(timed.ok() && timed->now == now_ && timed->fact.index() == fact.index());
      std::string again;
      encode_fact(timed->fact, timed->now, again);
      CHECK(again == bytes);
      const RecordPlace place{LogPosition(log_bytes_), static_cast<uint32_t>(bytes.size())};
      log_bytes_ += bytes.size();
      engine_->apply(timed->fact, now_, place);
      if (follower_ != nullptr) follower_->engine().apply(timed->fact, now_, place);
      records_.push_back({std::move(bytes), place});
    }
  }

 private:
  template <class Decide>
  std::invoke_result_t<Decide, Engine&, Facts&> decide(Facts& facts, Decide&& by) {
    auto answer = by(*engine_, facts);
    if (follower_ != nullptr) follower_->decide(by, now_, facts, answer);
    return answer;
  }

  void apply_from(size_t index, Engine& engine, bool repeated = false) const {
    for (; index < records_.size(); ++index) {
      const JournalRecord& record = records_[index];
      const Result<TimedFact> timed = decode_fact(record.bytes);
      CHECK(timed.ok());
      engine.apply(timed->fact, timed->now, record.place);
      if (repeated) engine.apply(timed->fact, timed->now, record.place);
    }
  }

  void expire(QueueId queue) {
    Facts facts;
    decide(facts, [&](Engine& engine, Facts& out) {
      engine.decide_expiry(queue, now_, out);
      return 0;
    });
    journal(facts);
  }
  void expire(const QueueAddress& queue) {
    if (const Result<QueueId> found = engine_->find(queue); found.ok()) expire(*found);
  }

  ReceivedMessage look_up(Delivery delivery) const {
    const auto at = std::lower_bound(records_.begin(), records_.end(), delivery.place.position,
                                     [](const JournalRecord& record, LogPosition position) {
                                       return record.place.position < position;
                                     });
    CHECK(at != records_.end() && at->place == delivery.place && holds_content(at->bytes));
    const Result<MessageSent> sent = decode_content(at->bytes);
    return {std::string(sent->content), std::string(sent->group),
            message_id_after_moves(sent->message_id, delivery.move_count), std::move(delivery)};
  }

  const EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Follower* follower_ = nullptr;
  WallMs now_{1'750'000'000'000};
  uint64_t message_ids_ = 0;
  uint64_t log_bytes_ = 0;
  std::vector<JournalRecord> records_;
  std::vector<std::string> pieces_;
  size_t image_from_ = 0;  // index of the first record behind the image's moment
  std::vector<RecordPlace> released_;
  std::set<LogPosition> released_before_;  // the last restart
};

}  // namespace forebay::engine
