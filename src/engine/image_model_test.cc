// SPDX-License-Identifier: Apache-2.0
// Random operations while images are taken, in pieces of random size at random moments, from fixed
// seeds: an engine loaded from the image, after the facts since its beginning, must have the same
// state, and come to the same decisions from then on.
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace forebay::engine {
namespace {

constexpr int kSeeds = 120;
constexpr int kStepsPerSeed = 3000;
constexpr int kMessagesMax = 400;
/// After that an engine knows as much about processing times as one that was never restarted.
constexpr int64_t kProcessingForgottenMs = 120'000;

class ImageRun {
 public:
  explicit ImageRun(uint64_t seed)
      : seed_(seed),
        random_(seed),
        driver_(EngineOptions{.cooldowns = seed % 3 == 0}),
        grouped_(seed % 2 == 0) {
    for (const std::string& name : names_) create(name);
  }

  void run() {
    for (step_ = 1; step_ <= kStepsPerSeed && !::testing::Test::HasFailure(); ++step_) {
      pass_time();
      operate();
      step_image();
    }
    if (follower_) end_following();
    if (!::testing::Test::HasFailure()) everything_is_given_back();
  }

  int images = 0;
  int pieces = 0;

 private:
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
    if (dice >= 60) ms = below(400);
    if (dice >= 85) ms = 1000 * below(4);  // moments meet exactly
    if (dice >= 98) ms = one_of(std::vector<int>{60'000, 299'999, 300'000, below(200'000)});
    driver_.pass_ms(ms);
  }

  // ---- Images ----

  void step_image() {
    if (follower_) {
      if (!follower_->difference().empty()) fail(follower_->difference());
      if (step_ >= follow_until_) end_following();
    } else if (!taking_) {
      if (chance(5)) begin();
    } else if (chance(1)) {
      taking_ = false;
      if (chance(50)) driver_.engine().abandon_image();
    } else if (chance(pace_) && take_piece()) {
      follow();
    }
  }

  void begin() {
    driver_.begin_image();
    taking_ = true;
    begun_ = driver_.now();
    pace_ = one_of(std::vector<int>{3, 20, 60});
    bytes_ = one_of(std::vector<int>{1, 60, 400, 3000});
  }

  /// True when the image is complete.
  bool take_piece() {
    const bool more = driver_.take_image_piece(static_cast<size_t>(1 + below(bytes_)));
    if (more) ++pieces;
    return !more;
  }

  void follow() {
    taking_ = false;
    ++images;
    follower_.emplace(driver_.load_image());
    same_state("loaded");
    // Which tenants are noisy also hangs on what an image does not keep.
    const int64_t age = driver_.now() - begun_;
    if (grouped_ && age < kProcessingForgottenMs) driver_.pass_ms(kProcessingForgottenMs - age);
    driver_.set_follower(&*follower_);
    follow_until_ = step_ + 1 + below(200);
  }

  void end_following() {
    driver_.set_follower(nullptr);
    same_state("after following");
    if (chance(50)) go_on_with_follower();
    follower_.reset();
  }

  void same_state(const char* when) {
    const std::string live = driver_.engine().dump(driver_.now());
    const std::string loaded = follower_->engine().dump(driver_.now());
    if (live != loaded) {
      fail(std::string(when) + ":\n--- live\n" + live + "\n--- loaded\n" + loaded);
    }
  }

  /// From here on only what the follower holds is to be given back.
  void go_on_with_follower() {
    (void)driver_.engine().take_released();
    (void)follower_->engine().take_released();
    driver_.go_on_with(follower_->take());
    held_.clear();
    driver_.engine().for_each_content([&](RecordPlace place, bool) { hold(place); });
    EXPECT_EQ(held_.size(), driver_.engine().message_count());
    records_seen_ = driver_.records().size();
  }

  void hold(RecordPlace place) {
    if (!held_.insert(place.position).second) fail("a content is held twice");
  }

  /// Each record with a content that was held or written since is given back once.
  void note_given_back() {
    for (; records_seen_ < driver_.records().size(); ++records_seen_) {
      const JournalRecord& record = driver_.records()[records_seen_];
      if (holds_content(record.bytes)) hold(record.place);
    }
    for (const RecordPlace& place : driver_.engine().take_released()) {
      if (held_.erase(place.position) == 0) fail("given back without being held");
    }
  }

  void everything_is_given_back() {
    for (const std::string& name : names_) {
      if (find(name)) (void)driver_.ask(DeleteQueue{EngineDriver::address(name)});
    }
    while (!driver_.sweep()) {
    }
    note_given_back();
    EXPECT_EQ(held_.size(), 0u) << "seed " << seed_;
    EXPECT_EQ(driver_.engine().message_count(), 0u);
  }

  void fail(const std::string& what) {
    ADD_FAILURE() << "seed " << seed_ << " step " << step_ << " " << operation_ << ": " << what;
  }

  // ---- Operations ----

  std::optional<QueueId> find(const std::string& name) {
    const Result<QueueId> found = driver_.engine().find(EngineDriver::address(name));
    return found.ok() ? std::optional(*found) : std::nullopt;
  }

  void operate() {
    const std::string name = one_of(names_);
    const int dice = below(1000);
    operation_ = name + " dice " + std::to_string(dice);
    const std::optional<QueueId> queue = find(name);
    if (!queue) {
      if (dice < 200) create(name);
    } else if (dice < 330) {
      driver_.engine().message_count() < kMessagesMax ? send(*queue, name) : receive(*queue);
    } else if (dice < 580) {
      receive(*queue);
    } else if (dice < 700) {
      if (!handles_[name].empty()) (void)driver_.remove(*queue, one_of(handles_[name]));
    } else if (dice < 790) {
      const int seconds = chance(40) ? 0 : below(6);
      if (!handles_[name].empty()) (void)driver_.change(*queue, one_of(handles_[name]), seconds);
    } else if (dice < 830) {
      (void)driver_.ask(DescribeQueue{EngineDriver::address(name)});
    } else if (dice < 890) {
      relocate();
    } else {
      change_queue(name, dice);
    }
    note_given_back();
  }

  void change_queue(const std::string& name, int dice) {
    const QueueAddress address = EngineDriver::address(name);
    if (dice < 910) {
      set_attributes(name);
    } else if (dice < 920) {
      (void)driver_.ask(TagQueue{address, {{"k" + std::to_string(below(3)), "v"}}});
    } else if (dice < 925) {
      (void)driver_.ask(UntagQueue{address, {"k" + std::to_string(below(3))}});
    } else if (dice < 931) {
      (void)driver_.ask(PurgeQueue{address});
    } else if (dice < 935) {
      (void)driver_.ask(DeleteQueue{address});
      handles_[name].clear();
    } else if (dice < 950) {
      start_move(address);
    } else if (dice < 955) {
      (void)driver_.ask(CancelMessageMoveTask{address, task_});
    } else if (dice < 985) {
      driver_.move(1 + below(3));
    } else {
      driver_.sweep(2);
      if (follower_) (void)follower_->engine().decide_sweep(2, driver_.now(), ignored_);
    }
  }

  void create(const std::string& name) {
    AttributeChanges changes;
    if (name.ends_with(".fifo")) {
      changes.fifo_queue = true;
      if (chance(50)) changes.deduplication_scope = DeduplicationScope::kMessageGroup;
      if (chance(30)) changes.delay_seconds = 1 + below(3);
    }
    changes.visibility_timeout = 1 + below(5);
    changes.message_retention_period = chance(50) ? 60 : 345'600;
    if (chance(70)) {
      const bool fifo = name.ends_with(".fifo");
      changes.redrive_policy = EngineDriver::redrive_to(fifo ? "dead.fifo" : "dead", 1 + below(4));
    }
    (void)driver_.ask(CreateQueue{EngineDriver::address(name), changes, {{"made", name}}});
  }

  void set_attributes(const std::string& name) {
    AttributeChanges changes;
    switch (below(4)) {
      case 0:
        changes.delay_seconds = below(4);
        break;
      case 1:
        changes.message_retention_period = 60 * (1 + below(5));
        break;
      case 2:
        changes.redrive_policy = EngineDriver::redrive_to(one_of(names_), 1 + below(4));
        break;
      default:
        changes.visibility_timeout = below(8);
    }
    (void)driver_.set(name, changes);
  }

  void send(QueueId queue, const std::string& name) {
    for (int left = chance(10) ? 20 : 1; left > 0; --left) {
      SendEntry entry = driver_.entry("content " + std::to_string(below(1000)));
      const bool fifo = name.ends_with(".fifo");
      if (fifo || (grouped_ && chance(60))) {
        entry.message_group_id = "g" + std::to_string(chance(50) ? 0 : below(12));
      }
      if (fifo) entry.message_deduplication_id = "id " + std::to_string(below(200));
      if (!fifo && chance(30)) entry.delay_seconds = below(5);
      (void)driver_.send(queue, entry);
    }
  }

  void receive(QueueId queue) {
    const std::string attempt = chance(30) ? "attempt " + std::to_string(below(3)) : "";
    std::optional<int32_t> visibility_s;
    if (chance(50)) visibility_s = chance(20) ? 0 : below(20);
    const std::string& name =
        *std::ranges::find_if(names_, [&](const std::string& each) { return find(each) == queue; });
    std::vector<std::string>& handles = handles_[name];
    for (const ReceivedMessage& message :
         driver_.receive(queue, 1 + below(10), visibility_s, attempt)) {
      handles.push_back(message.handle());
      if (handles.size() > 40) handles.erase(handles.begin());
    }
  }

  void relocate() {
    const JournalRecord& record = one_of(driver_.records());
    if (!holds_content(record.bytes)) return;
    const std::string bytes = record.bytes;  // journal() adds records
    Facts facts;
    driver_.engine().decide_relocation(record.place, bytes, facts);
    driver_.journal(facts);
  }

  void start_move(const QueueAddress& source) {
    StartMessageMoveTask request{driver_.entry("").message_id, source, std::nullopt, std::nullopt};
    if (chance(50)) request.destination = EngineDriver::address(one_of(names_));
    if (chance(50)) request.max_number_of_messages_per_second = 1 + below(20);
    if (driver_.ask(request).ok()) task_ = request.task_id;
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  EngineDriver driver_;
  const bool grouped_;  // messages on standard queues have groups
  const std::vector<std::string> names_ = {"dead",      "one",      "two",     "three",
                                           "dead.fifo", "one.fifo", "two.fifo"};
  std::map<std::string, std::vector<std::string>> handles_;
  Bytes16 task_{};
  Facts ignored_;
  std::set<LogPosition> held_;
  size_t records_seen_ = 0;
  std::string operation_ = "setting up";
  int step_ = 0;

  bool taking_ = false;
  WallMs begun_;
  int pace_ = 0;
  int bytes_ = 0;
  std::optional<Follower> follower_;
  int follow_until_ = 0;
};

TEST(ImageModel, AnImageAndTheFactsSinceGiveTheSameState) {
  int images = 0;
  int pieces = 0;
  for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    ImageRun run(seed);
    run.run();
    images += run.images;
    pieces += run.pieces;
  }
  // Or else the runs were too tame.
  EXPECT_GT(images, 500);
  EXPECT_GT(pieces, 5000);
}

}  // namespace
}  // namespace forebay::engine
