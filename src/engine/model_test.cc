// SPDX-License-Identifier: Apache-2.0
// Random operations against a naive model, from fixed seeds: every answer is compared, and again
// and again the engine is rebuilt from its journal, compared, and replaced by the rebuilt one.
#include <random>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/naive_model.h"

namespace forebay::engine {
namespace {

constexpr int kSeeds = 100;
constexpr int kStepsPerSeed = 2500;
constexpr int kStepsPerRebuild = 500;
/// Keeps every expiry within one bounded step of the engine, which the model does not know.
constexpr size_t kMessagesMax = 200;

std::vector<NaiveQueue> queue_kinds() {
  std::vector<NaiveQueue> kinds(7);
  kinds[0].name = "last";
  kinds[1].name = "dlq";
  kinds[1].redrive_target = "last";
  kinds[1].max_receive_count = 2;
  kinds[2].name = "standard";
  kinds[2].redrive_target = "dlq";
  kinds[2].max_receive_count = 2;
  kinds[2].retention_s = 60;
  kinds[3].name = "delayed";
  kinds[3].delay_s = 2;
  kinds[4].name = "self.fifo";
  kinds[4].redrive_target = "self.fifo";
  kinds[4].max_receive_count = 3;
  kinds[5].name = "queue-scope.fifo";
  kinds[5].redrive_target = "self.fifo";
  kinds[5].max_receive_count = 2;
  kinds[6].name = "group-scope.fifo";
  kinds[6].scope_by_group = kinds[6].content_based = true;
  kinds[6].retention_s = 60;
  for (NaiveQueue& kind : kinds) {
    kind.fifo = kind.name.ends_with(".fifo");
    kind.visibility_s = 3;
  }
  return kinds;
}

class ModelRun {
 public:
  explicit ModelRun(uint64_t seed)
      : seed_(seed),
        random_(seed),
        driver_(EngineOptions{.cooldowns = seed % 4 != 0}),
        model_(seed % 4 != 0),
        crowded_(seed % 3 == 0),
        grouped_percent_(one_of(std::vector<int>{0, 10, 60, 95})),
        tenant_count_(one_of(std::vector<int>{2, 5, 15})) {
    model_.now = driver_.now().value;
    for (const NaiveQueue& kind : kinds_) create(kind, std::nullopt);
  }

  void run() {
    for (step_ = 1; step_ <= kStepsPerSeed && !failed_; ++step_) {
      pass_time();
      operate();
      image();
      if (step_ % 50 == 0) compare_all_queues();
      if (step_ % kStepsPerRebuild == 0) rebuild();
    }
    if (!failed_) everything_is_given_back();
  }

  const NaiveShard::Noise& noise() const { return model_.noise; }

 private:
  template <class A, class B>
  void same(const char* what, const A& engine, const B& model) {
    if (engine == model || failed_) return;
    failed_ = true;
    ADD_FAILURE() << "seed " << seed_ << " step " << step_ << " " << operation_ << ": " << what
                  << "\n engine: " << ::testing::PrintToString(engine)
                  << "\n  model: " << ::testing::PrintToString(model);
  }
  template <class T>
  void same_error(const Result<T>& engine, const std::optional<Error>& model) {
    same("error", engine.ok() ? std::nullopt : std::optional(engine.error()), model);
  }

  // ---- Chance ----

  int below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[static_cast<size_t>(below(static_cast<int>(all.size())))];
  }

  void pass_time() {
    const int dice = below(100);
    int ms = 0;
    if (dice >= 40) ms = below(1000);
    if (dice >= 75) ms = 1000 * below(5);  // moments meet exactly
    if (dice >= 97) ms = one_of(std::vector<int>{60'000, 299'999, 300'000, below(320'000)});
    driver_.pass_ms(ms);
    model_.now = driver_.now().value;
  }

  // ---- Operations ----

  void operate() {
    const NaiveQueue& kind = crowded_ && chance(60) ? kinds_.front() : one_of(kinds_);
    const int dice = below(1000);
    operation_ = kind.name + " dice " + std::to_string(dice);
    NaiveQueue* queue = model_.find(kind.name);
    if (queue == nullptr) {
      if (dice < 300) create(kind, chance(50) ? std::optional(below(5)) : std::nullopt);
      return;
    }
    const QueueId id = *driver_.engine().find(EngineDriver::address(kind.name));
    if (crowded_ && chance(10)) {
      burst(id, *queue);
    } else if (dice < 360) {
      model_.message_count() < kMessagesMax ? send(id, *queue) : receive(id, *queue);
    } else if (dice < 680) {
      receive(id, *queue);
    } else if (dice < 830) {
      remove(id, *queue);
    } else if (dice < 940) {
      change(id, *queue);
    } else if (dice < 970) {
      set_attributes(*queue);
    } else if (dice < 980) {
      create(kind, chance(50) ? std::optional(below(5)) : std::nullopt);
    } else if (dice < 984) {
      purge(*queue);
    } else if (dice < 986) {
      erase(*queue);
    } else {
      driver_.sweep(2);
      return sync_expiry();
    }
    if (model_.find(kind.name) != nullptr) compare(kind.name);
  }

  void create(const NaiveQueue& kind, std::optional<int> visibility_s) {
    AttributeChanges changes;
    if (kind.fifo) {
      changes.fifo_queue = true;
      changes.content_based_deduplication = kind.content_based;
      changes.deduplication_scope =
          kind.scope_by_group ? DeduplicationScope::kMessageGroup : DeduplicationScope::kQueue;
    }
    changes.delay_seconds = kind.delay_s;
    changes.message_retention_period = kind.retention_s;
    changes.visibility_timeout = visibility_s ? *visibility_s : kind.visibility_s;
    if (!kind.redrive_target.empty()) {
      changes.redrive_policy =
          EngineDriver::redrive_to(kind.redrive_target, kind.max_receive_count);
    }
    if (model_.find(kind.name) != nullptr) {  // compare what the model compares
      changes = {};
      changes.visibility_timeout = visibility_s;
    }
    const auto reply = driver_.ask(CreateQueue{EngineDriver::address(kind.name), changes, {}});
    bool created = false;
    same_error(reply, model_.create(kind, visibility_s, created));
    if (reply.ok()) same("created", reply->created, created);
  }

  /// Many messages at once, and most of them soon in flight for long.
  void burst(QueueId id, NaiveQueue& queue) {
    if (chance(50)) {
      for (int i = below(60); i > 0 && model_.message_count() < kMessagesMax; --i) send(id, queue);
      for (int i = below(10); i > 0; --i) receive(id, queue);
    } else {
      for (int i = below(100); i > 0; --i) remove(id, queue);
    }
  }

  void send(QueueId id, NaiveQueue& queue) {
    SendEntry entry = driver_.entry("content " + std::to_string(below(4)));
    if (queue.fifo ? !chance(2) : chance(grouped_percent_)) {
      const int tenant = chance(50) ? 0 : below(queue.fifo ? 5 : tenant_count_);
      entry.message_group_id = "g" + std::to_string(tenant);
    }
    if (queue.fifo ? chance(70) : chance(1)) {
      entry.message_deduplication_id =
          chance(50) ? "id " + std::to_string(below(4)) : std::to_string(step_);
    }
    if (chance(queue.fifo ? 3 : 30)) entry.delay_seconds = below(4);
    const auto sent = driver_.send(id, entry);
    const NaiveSent expected =
        model_.send(queue, {entry.message_id, entry.content, entry.message_group_id,
                            entry.message_deduplication_id, entry.delay_seconds});
    same_error(sent, expected.error);
    if (!sent.ok()) return;
    same("message id", sent->message_id, expected.message_id);
    same("number", sent->number.value, expected.number);
    same("type", sent->fifo, queue.fifo);
  }

  void receive(QueueId id, NaiveQueue& queue) {
    const int max = chance(50) ? 10 : 1 + below(10);
    std::optional<int32_t> visibility_s;
    if (chance(60)) visibility_s = crowded_ && chance(50) ? 30 + below(200) : below(6);
    if (chance(2)) visibility_s = 43'200;
    const std::string attempt_id = chance(30) ? "attempt " + std::to_string(below(3)) : "";
    const auto received = driver_.receive(id, max, visibility_s, attempt_id);
    const auto expected = model_.receive(queue, max, visibility_s, attempt_id);
    same("numbers received", numbers(received), numbers(expected));
    for (size_t i = 0; i < expected.size() && !failed_; ++i) compare(received[i], expected[i]);
  }

  static std::vector<uint64_t> numbers(const std::vector<ReceivedMessage>& received) {
    std::vector<uint64_t> out;
    for (const ReceivedMessage& message : received)
      out.push_back(message.delivery.message.number.value);
    return out;
  }
  static std::vector<uint64_t> numbers(const std::vector<NaiveDelivery>& deliveries) {
    std::vector<uint64_t> out;
    for (const NaiveDelivery& delivery : deliveries) out.push_back(delivery.message.number);
    return out;
  }

  void compare(const ReceivedMessage& received, const NaiveDelivery& expected) {
    const NaiveMessage& m = expected.message;
    same("content", received.content, m.content);
    same("group", received.group, m.group);
    same("count", received.count(), m.count);
    same("sent", received.delivery.sent.value, m.sent);
    same("first received", received.delivery.first_received.value, m.first_received);
    same("source", received.delivery.dead_letter_source_arn,
         m.source.empty() ? "" : queue_arn(EngineDriver::address(m.source)));
    const auto [known, added] = handles_.try_emplace(received.handle(), expected.handle);
    same("what the handle names", known->second == expected.handle, true);
    recent_.push_back(received.handle());
    if (recent_.size() > (crowded_ ? 200 : 60)) recent_.erase(recent_.begin());
  }

  /// Mostly one of the queue's own handles; now and then another's, or none at all.
  std::string pick_handle(const NaiveQueue& queue) {
    if (recent_.empty() || chance(1)) return "garbage";
    std::string text = one_of(recent_);
    for (int tries = 0; tries < 8 && handles_.at(text).queue != queue.id; ++tries)
      text = one_of(recent_);
    return text;
  }
  const NaiveHandle* handle(const std::string& text) const {
    const auto found = handles_.find(text);
    return found != handles_.end() ? &found->second : nullptr;
  }

  void remove(QueueId id, NaiveQueue& queue) {
    const std::string text = pick_handle(queue);
    same_error(driver_.remove(id, text), model_.remove(queue, handle(text), text));
  }

  void change(QueueId id, NaiveQueue& queue) {
    const std::string text = pick_handle(queue);
    int seconds = chance(40) ? 0 : below(6);
    if (chance(10)) seconds = 43'200 - below(4);
    same_error(driver_.change(id, text, seconds),
               model_.change(queue, handle(text), text, seconds));
  }

  void set_attributes(NaiveQueue& queue) {
    model_.touch(queue);
    AttributeChanges changes;
    std::optional<Error> error;
    switch (below(6)) {
      case 0:
        changes.visibility_timeout = queue.visibility_s = below(8);
        break;
      case 1:
        changes.delay_seconds = queue.delay_s = chance(50) ? 0 : below(6);
        break;
      case 2:
        changes.message_retention_period = queue.retention_s = 60 * (1 + below(3));
        break;
      case 3:
        error = set_redrive(queue, changes);
        break;
      case 4:
        changes.content_based_deduplication = chance(50);
        if (queue.fifo) {
          queue.content_based = *changes.content_based_deduplication;
        } else {
          error = Error{ErrorCode::kInvalidAttributeName,
                        "Unknown Attribute ContentBasedDeduplication."};
        }
        break;
      default:
        if (!queue.fifo) return;
        // Reported as set, but deduplication stays as it was created (contract 5.8.4).
        changes.deduplication_scope =
            chance(50) ? DeduplicationScope::kQueue : DeduplicationScope::kMessageGroup;
    }
    same_error(driver_.set(queue.name, changes), error);
  }

  std::optional<Error> set_redrive(NaiveQueue& queue, AttributeChanges& changes) {
    if (chance(20)) {
      changes.redrive_policy.emplace(std::nullopt);
      queue.redrive_target.clear();
      return {};
    }
    const std::string target = one_of(kinds_).name;
    const int max_receive_count = 1 + below(4);
    changes.redrive_policy = EngineDriver::redrive_to(target, max_receive_count);
    if (auto error = model_.check_redrive(queue, target)) return error;
    queue.redrive_target = target;
    queue.max_receive_count = max_receive_count;
    return {};
  }

  void purge(NaiveQueue& queue) {
    same_error(driver_.ask(PurgeQueue{EngineDriver::address(queue.name)}), model_.purge(queue));
  }
  void erase(NaiveQueue& queue) {
    same_error(driver_.ask(DeleteQueue{EngineDriver::address(queue.name)}), std::nullopt);
    model_.erase(queue);
  }

  // ---- Comparing ----

  void compare(const std::string& name) {
    NaiveQueue& queue = *model_.find(name);
    model_.touch(queue);
    const auto described = driver_.ask(DescribeQueue{EngineDriver::address(name)});
    const Counts counts{described->visible_count, described->not_visible_count,
                        described->delayed_count};
    same("counts", counts,
         Counts{model_.count(queue, NaiveMessage::kReady),
                model_.count(queue, NaiveMessage::kInFlight),
                model_.count(queue, NaiveMessage::kDelayed)});
    same("retention", described->attributes.message_retention_period, queue.retention_s);
    const auto due = driver_.engine().next_due(*driver_.engine().find(EngineDriver::address(name)));
    same("next due", due ? std::optional(due->value) : std::nullopt, model_.next_due(queue));
  }

  void compare_all_queues() {
    const auto listed = driver_.ask(ListQueues{"us-east-1", "000000000000", "", "", 1000});
    same("names", listed->names, model_.names());
    for (const std::string& name : model_.names()) compare(name);
  }

  /// A sweep expires messages of queues it chooses itself: have all queues do so.
  void sync_expiry() {
    operation_ = "sweep";
    for (const std::string& name : model_.names()) compare(name);
  }

  /// One is taken through the last steps before each rebuild.
  void image() {
    const int step = step_ % kStepsPerRebuild;
    if (step == kStepsPerRebuild / 2) driver_.begin_image();
    if (step > kStepsPerRebuild / 2 && step % 7 == 0) (void)driver_.take_image_piece(150);
  }

  void rebuild() {
    operation_ = "rebuild";
    const std::string live = driver_.engine().dump(driver_.now());
    driver_.finish_image();
    same("dump of an image", live, driver_.load_image()->dump(driver_.now()));
    for (const bool repeated : {false, true}) {
      const auto rebuilt = driver_.rebuild(repeated);
      same(repeated ? "dump with every fact twice" : "dump", live, rebuilt->dump(driver_.now()));
      const std::vector<RecordPlace>& known = driver_.released();
      for (const RecordPlace& place : rebuilt->take_released()) {
        same("a place given back", std::ranges::find(known, place) != known.end(), true);
      }
    }
    driver_.restart();
  }

  /// Once all queues are gone, each message's record was given back, exactly once.
  void everything_is_given_back() {
    operation_ = "the end";
    for (const std::string& name : model_.names()) erase(*model_.find(name));
    while (!driver_.sweep()) {
    }
    std::vector<LogPosition> sent;
    for (const JournalRecord& record : driver_.records()) {
      if (holds_content(record.bytes)) sent.push_back(record.place.position);
    }
    std::vector<LogPosition> released;
    for (const RecordPlace& place : driver_.released()) released.push_back(place.position);
    std::sort(released.begin(), released.end());
    same("records given back", released, sent);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  EngineDriver driver_;
  NaiveShard model_;
  const bool crowded_;  // one queue gets most of the work, and keeps much in flight
  const int grouped_percent_;
  const int tenant_count_;
  const std::vector<NaiveQueue> kinds_ = queue_kinds();
  std::map<std::string, NaiveHandle> handles_;
  std::vector<std::string> recent_;
  std::string operation_ = "setting up";
  int step_ = 0;
  bool failed_ = false;
};

TEST(Model, EveryAnswerIsTheNaiveModels) {
  NaiveShard::Noise noise;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ModelRun run(seed);
    run.run();
    if (HasFailure()) return;
    noise.by_in_flight_alone += run.noise().by_in_flight_alone;
    noise.by_processing_alone += run.noise().by_processing_alone;
    noise.by_both += run.noise().by_both;
    noise.several += run.noise().several;
  }
  // Or else the runs were too tame to say anything about noisy tenants.
  EXPECT_GT(noise.by_in_flight_alone, 30);
  EXPECT_GT(noise.by_processing_alone, 1000);
  EXPECT_GT(noise.by_both, 100);
  EXPECT_GT(noise.several, 1000);
}

}  // namespace
}  // namespace forebay::engine
