// SPDX-License-Identifier: Apache-2.0
// Images: whatever happens between which two pieces, an image holds what stood at its beginning.
#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/image_codec.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

/// A shard with something of everything.
class Shard {
 public:
  Shard() : driver(EngineOptions{.cooldowns = false}) {
    dead = driver.create("dead");
    create_queues();
    fill_standard();
    fill_fifo();
    driver.create("gone");
    (void)driver.ask(DeleteQueue{EngineDriver::address("gone")});
    StartMessageMoveTask task{kTask, EngineDriver::address("dead"), std::nullopt, 1};
    CHECK(driver.ask(task).ok());
    driver.move(1);
    task.source = EngineDriver::address("later dead");
    CHECK(driver.ask(task).ok());
    driver.pass_ms(7);
  }

  /// What a sent message's record says.
  void relocate(size_t nth) {
    for (const JournalRecord& record : driver.records()) {
      if (!holds_content(record.bytes) || nth-- > 0) continue;
      const std::string bytes = record.bytes;
      Facts facts;
      driver.engine().decide_relocation(record.place, bytes, facts);
      CHECK(facts.size() == 1);
      return driver.journal(facts);
    }
  }
  void receive(QueueId queue, int32_t max, int32_t visibility_timeout = 30) {
    CHECK(!driver.receive(queue, max, visibility_timeout).empty());
  }
  std::string dump() { return driver.engine().dump(driver.now()); }
  std::string dump(const std::unique_ptr<Engine>& engine) { return engine->dump(driver.now()); }

  static constexpr Bytes16 kTask{9, 9, 9};
  EngineDriver driver;
  QueueId dead;
  QueueId exhausted;  // its messages are due to be moved
  QueueId standard;
  QueueId tenants;
  QueueId fifo;
  QueueId purged;
  std::string standard_handle;
  std::string fifo_handle;

 private:
  void create_queues() {
    AttributeChanges redrives;
    redrives.redrive_policy = EngineDriver::redrive_to("dead", 1);
    redrives.message_retention_period = 60;
    standard = driver.create("standard", redrives);
    (void)driver.ask(TagQueue{EngineDriver::address("standard"), {{"colour", "red"}}});
    exhausted = driver.create("exhausted", redrives);
    driver.create("later dead");
    AttributeChanges redrives_later;
    redrives_later.redrive_policy = EngineDriver::redrive_to("later dead", 1);
    tenants = driver.create("tenants", redrives_later);
    AttributeChanges delays;
    delays.delay_seconds = 2;
    fifo = driver.create_fifo("orders.fifo", delays);
    purged = driver.create("purged");
    for (int i = 0; i < 5; ++i) driver.send(purged, "waste");
  }

  void fill_standard() {
    for (const char* content : {"one", "two"}) driver.send(exhausted, content);
    receive(exhausted, 2, 0);
    driver.send(standard, "is moved, and then lies in the dead-letter queue");
    driver.send(standard, "is moved, and then moved back");
    receive(standard, 2, 0);
    CHECK(driver.receive(standard, 2).empty());
    for (int i = 0; i < 3; ++i) {
      SendEntry entry = driver.entry("poison");
      entry.message_group_id = "t" + std::to_string(i);
      CHECK(driver.send(tenants, entry).ok());
    }
    AttributeChanges patient;
    patient.redrive_policy = EngineDriver::redrive_to("later dead", 100);
    CHECK(driver.set("tenants", patient).ok());
    for (int i = 0; i < 4; ++i) receive(tenants, 1, 0);  // some yield
    for (int i = 0; i < 6; ++i) {
      SendEntry entry = driver.entry("delayed " + std::to_string(i));
      entry.delay_seconds = i % 3 * 5;
      CHECK(driver.send(standard, entry).ok());
      driver.pass_ms(i % 2);
    }
    standard_handle = driver.receive(standard, 1, 20).front().handle();
  }

  void fill_fifo() {
    for (int i = 0; i < 12; ++i) {
      driver.send(fifo, "g" + std::to_string(i % 4), "body " + std::to_string(i));
    }
    driver.pass_s(3);
    fifo_handle = driver.receive(fifo, 2, 100, "attempt").front().handle();
    for (int i = 0; i < 3; ++i) driver.send(fifo, "late", "late " + std::to_string(i));
  }
};

struct Change {
  const char* name;
  std::function<void(Shard&)> make;
  /// Nothing that the image may leave out, because a fact behind its moment settles it.
  bool image_alone_is_exact = true;
};

std::vector<Change> message_changes() {
  return {
      {"none", [](Shard&) {}},
      {"receive", [](Shard& s) { s.receive(s.standard, 1); }},
      {"receive of a tenant's", [](Shard& s) { s.receive(s.tenants, 2); }},
      {"receive from a group", [](Shard& s) { s.receive(s.fifo, 1); }},
      {"receive from groups, at once visible", [](Shard& s) { s.receive(s.fifo, 5, 0); }},
      {"receive under an attempt id",
       [](Shard& s) { (void)s.driver.receive(s.fifo, 2, 100, "attempt"); }, false},
      {"visibility",
       [](Shard& s) { CHECK(s.driver.change(s.standard, s.standard_handle, 77).ok()); }},
      {"visibility over", [](Shard& s) { CHECK(s.driver.change(s.fifo, s.fifo_handle, 0).ok()); }},
      {"delete", [](Shard& s) { CHECK(s.driver.remove(s.standard, s.standard_handle).ok()); }},
      {"delete from a group", [](Shard& s) { CHECK(s.driver.remove(s.fifo, s.fifo_handle).ok()); }},
      {"dead-letter moves",
       [](Shard& s) {
         s.receive(s.standard, 2, 0);
         (void)s.driver.receive(s.standard, 2);
       }},
      {"dead-letter moves of what was received before",
       [](Shard& s) { CHECK(s.driver.receive(s.exhausted, 2).empty()); }},
      {"a step of a move task",
       [](Shard& s) {
         s.driver.pass_s(2);
         const Counts before = s.driver.counts("dead");
         s.driver.move(2);  // another queue's task ends
         CHECK(s.driver.counts("dead").visible == before.visible - 1);
       }},
      {"a delay passes",
       [](Shard& s) {
         s.driver.pass_s(6);
         (void)s.driver.counts("standard");
       }},
      {"a visibility timeout passes",
       [](Shard& s) {
         s.driver.pass_s(100);
         (void)s.driver.counts("orders.fifo");
       }},
      {"retention",
       [](Shard& s) {
         s.driver.pass_s(61);
         (void)s.driver.counts("standard");
       }},
      {"relocation", [](Shard& s) { s.relocate(5); }},
      {"send into a slot that was free",
       [](Shard& s) {
         CHECK(s.driver.remove(s.standard, s.standard_handle).ok());
         s.driver.send(s.dead, "new");
       }},
      {"send to a group", [](Shard& s) { s.driver.send(s.fifo, "g1", "new"); }, false},
      {"send to a group, later",
       [](Shard& s) {
         s.driver.pass_ms(1);
         s.driver.send(s.fifo, "g1", "new");
       }},
      {"send of a tenant's",
       [](Shard& s) {
         SendEntry entry = s.driver.entry("new");
         entry.message_group_id = "new tenant";
         CHECK(s.driver.send(s.tenants, entry).ok());
       },
       false},
      {"a deduplication window passes",
       [](Shard& s) {
         s.driver.pass_ms(kDeduplicationWindowMs);
         s.driver.send(s.fifo, "g1", "body 1");
       },
       false},
  };
}

std::vector<Change> queue_changes() {
  return {
      {"create", [](Shard& s) { s.driver.send(s.driver.create("new"), "new"); }},
      {"attributes",
       [](Shard& s) {
         AttributeChanges changes;
         changes.visibility_timeout = 5;
         changes.delay_seconds = 9;
         CHECK(s.driver.set("orders.fifo", changes).ok());
       }},
      {"redrive policy",
       [](Shard& s) {
         AttributeChanges changes;
         changes.redrive_policy = EngineDriver::redrive_to("later dead", 3);
         CHECK(s.driver.set("standard", changes).ok());
       }},
      {"tags",
       [](Shard& s) {
         CHECK(
             s.driver.ask(TagQueue{EngineDriver::address("standard"), {{"colour", "blue"}}}).ok());
       }},
      {"untag",
       [](Shard& s) {
         CHECK(s.driver.ask(UntagQueue{EngineDriver::address("standard"), {"colour"}}).ok());
       }},
      {"start of a move task",
       [](Shard& s) {
         AttributeChanges changes;
         changes.redrive_policy = EngineDriver::redrive_to("purged", 3);
         CHECK(s.driver.set("standard", changes).ok());
         CHECK(s.driver
                   .ask(StartMessageMoveTask{
                       {1}, EngineDriver::address("purged"), std::nullopt, std::nullopt})
                   .ok());
       }},
      {"the windows of deduplication ids and attempts are over",
       [](Shard& s) {
         s.driver.pass_ms(kDeduplicationWindowMs);
         s.driver.sweep();
         (void)s.driver.receive(s.fifo, 1);
       }},
      {"end of a move task",
       [](Shard& s) {
         CHECK(
             s.driver.ask(CancelMessageMoveTask{EngineDriver::address("dead"), Shard::kTask}).ok());
       }},
  };
}

std::vector<Change> purges_and_deletions() {
  return {
      {"purge",
       [](Shard& s) {
         CHECK(s.driver.ask(PurgeQueue{EngineDriver::address("purged")}).ok());
         s.driver.send(s.purged, "after the purge");
       },
       false},
      {"a message is received, and its queue purged",
       [](Shard& s) {
         s.receive(s.purged, 1);
         CHECK(s.driver.ask(PurgeQueue{EngineDriver::address("purged")}).ok());
       },
       false},
      {"purge, and its memory is taken",
       [](Shard& s) {
         CHECK(s.driver.ask(PurgeQueue{EngineDriver::address("orders.fifo")}).ok());
         s.driver.sweep();
         for (int i = 0; i < 9; ++i) s.driver.send(s.purged, "new");
       },
       false},
      {"a message leaves a queue that is purged",
       [](Shard& s) {
         s.receive(s.standard, 2, 0);
         (void)s.driver.receive(s.standard, 2);
         CHECK(s.driver.ask(PurgeQueue{EngineDriver::address("standard")}).ok());
       },
       false},
      {"delete queue",
       [](Shard& s) {
         CHECK(s.driver.ask(DeleteQueue{EngineDriver::address("orders.fifo")}).ok());
       },
       false},
      {"delete queue, and the name's time is over",
       [](Shard& s) {
         s.driver.pass_ms(kCooldownMs);
         CHECK(s.driver.ask(DeleteQueue{EngineDriver::address("purged")}).ok());
       },
       false},
      {"delete and create queue",
       [](Shard& s) {
         CHECK(s.driver.ask(DeleteQueue{EngineDriver::address("orders.fifo")}).ok());
         s.driver.create_fifo("orders.fifo");
       },
       false},
  };
}

/// The image as loaded, without the facts behind it.
std::unique_ptr<Engine> load(const std::vector<std::string>& pieces) {
  auto loaded = std::make_unique<Engine>(EngineOptions{.cooldowns = false});
  for (const std::string& piece : pieces) CHECK(loaded->load_image_piece(piece).ok());
  CHECK(loaded->finish_image().ok());
  return loaded;
}

/// Makes `change` after the first `before` pieces. False when the image had fewer.
bool change_after(const Change& change, int before) {
  Shard shard;
  const std::string at_begin = shard.dump();
  const WallMs begun = shard.driver.now();
  shard.driver.begin_image();
  for (int i = 0; i < before; ++i) {
    if (!shard.driver.take_image_piece(1)) return false;
  }
  change.make(shard);
  shard.driver.finish_image(1);
  EXPECT_EQ(shard.dump(shard.driver.load_image()), shard.dump())
      << change.name << " after " << before;
  if (change.image_alone_is_exact) {
    EXPECT_EQ(load(shard.driver.image())->dump(begun), at_begin)
        << change.name << " after " << before;
  }
  return true;
}

void change_at_every_place(const Change& change) {
  int before = 0;
  while (change_after(change, before) && !::testing::Test::HasFailure()) ++before;
  EXPECT_GT(before, 40) << change.name;  // there were pieces enough to tell something
}

TEST(EngineImage, AMessageChangesBetweenAnyTwoPieces) {
  for (const Change& change : message_changes()) change_at_every_place(change);
}

TEST(EngineImage, AQueueChangesBetweenAnyTwoPieces) {
  for (const Change& change : queue_changes()) change_at_every_place(change);
}

TEST(EngineImage, AQueueIsPurgedOrDeletedBetweenAnyTwoPieces) {
  for (const Change& change : purges_and_deletions()) change_at_every_place(change);
}

TEST(EngineImage, GroupsAreServedInTheSameRotation) {
  EngineDriver driver;
  const QueueId queue = driver.create_fifo("orders.fifo");
  for (int i = 0; i < 50; ++i) driver.send(queue, std::to_string(i % 10), std::to_string(i));
  for (int i = 0; i < 5; ++i) (void)driver.receive(queue, 1, 0);
  driver.begin_image();
  for (int i = 0; i < 2; ++i) (void)driver.receive(queue, 1, 0);
  driver.finish_image();
  Follower follower(driver.load_image());
  driver.set_follower(&follower);
  for (int i = 0; i < 30; ++i) {
    for (const ReceivedMessage& message : driver.receive(queue, 1 + i % 3, i % 2)) {
      CHECK(driver.remove(queue, message.handle()).ok() || i % 2 == 0);
    }
    driver.pass_ms(400);
  }
  EXPECT_EQ(follower.difference(), "");
}

/// A receive may pass over a first message whose retention period is over, and its group goes to
/// the end of the rotation without that message having changed.
TEST(EngineImage, AGroupsTurnIsThatOfTheMomentThoughItsFirstMessageStays) {
  EngineDriver driver;
  const QueueId queue = driver.create_fifo("orders.fifo");
  for (const char* id : {"a1", "a2", "b1", "b2"}) driver.send(queue, std::string(1, *id), id);
  const std::string at_begin = driver.engine().dump(driver.now());
  driver.begin_image();
  const MessageRef second{Slot(1), MessageNumber(2)};
  driver.journal({MessageReceived{queue, second, 1, driver.now(), driver.now(), driver.now()}});
  driver.finish_image();
  EXPECT_EQ(load(driver.image())->dump(driver.now()), at_begin);
  EXPECT_EQ(driver.load_image()->dump(driver.now()), driver.engine().dump(driver.now()));
}

TEST(EngineImage, ManyAbandonedImagesLeaveNoTrace) {
  Shard shard;
  for (int i = 0; i < 100; ++i) {
    shard.driver.begin_image();
    for (int pieces = i % 7; pieces > 0; --pieces) CHECK(shard.driver.take_image_piece(1));
    shard.receive(shard.tenants, 1, 0);
    if (i % 2 == 0) shard.driver.engine().abandon_image();
  }
  shard.driver.begin_image();
  shard.receive(shard.tenants, 1, 0);
  shard.driver.finish_image(100);
  EXPECT_EQ(shard.dump(shard.driver.load_image()), shard.dump());
}

TEST(EngineImage, WithoutABeginningThereIsNoPiece) {
  Shard shard;
  EXPECT_EQ(shard.driver.engine().take_image_piece(100), "");
  shard.driver.begin_image();
  shard.driver.engine().abandon_image();
  EXPECT_EQ(shard.driver.engine().take_image_piece(100), "");
}

TEST(EngineImage, AnEmptyShardHasAnImageToo) {
  Engine engine;
  engine.begin_image(WallMs(5));
  const std::string piece = engine.take_image_piece(1000);
  EXPECT_EQ(engine.take_image_piece(1000), "");
  Engine loaded;
  ASSERT_TRUE(loaded.load_image_piece(piece).ok());
  EXPECT_EQ(loaded.finish_image().value(), WallMs(5));
  EXPECT_TRUE(loaded.decide_shard(EngineDriver::kSecret).has_value());
}

TEST(EngineImage, PiecesAreAboutAsLongAsAskedFor) {
  EngineDriver driver;
  const QueueId queue = driver.create("queue");
  for (int i = 0; i < 5000; ++i) driver.send(queue, "content");
  driver.begin_image();
  // What is noted meanwhile is cut to pieces of their own.
  for (int i = 0; i < 450; ++i) (void)driver.receive(queue, 10);
  driver.finish_image(1000);
  ASSERT_GT(driver.image().size(), 3u);
  for (const std::string& piece : driver.image()) EXPECT_LT(piece.size(), 66'000u);
  EXPECT_EQ(driver.load_image()->dump(driver.now()), driver.engine().dump(driver.now()));
}

/// A piece ends after a bounded number of slots, whether or not there was anything in them.
TEST(EngineImage, FreeSlotsArePassedInPiecesToo) {
  EngineDriver driver;
  const QueueId queue = driver.create("queue");
  for (int i = 0; i < 5000; ++i) driver.send(queue, "content");
  (void)driver.ask(PurgeQueue{EngineDriver::address("queue")});
  while (!driver.sweep()) {
  }
  driver.send(queue, "last");
  driver.begin_image();
  driver.finish_image(4000);
  EXPECT_GT(driver.image().size(), 4u);
  EXPECT_EQ(driver.load_image()->dump(driver.now()), driver.engine().dump(driver.now()));
}

TEST(EngineImage, ContentsAreThoseOfAllMessages) {
  Shard shard;
  const auto places = [](const Engine& engine) {
    std::set<std::pair<uint64_t, uint32_t>> out;
    engine.for_each_content([&](RecordPlace place, bool) {
      EXPECT_TRUE(out.emplace(place.position.value, place.record_bytes).second);
    });
    return out;
  };
  const Engine& live = shard.driver.engine();
  EXPECT_EQ(places(live).size(), live.message_count());
  shard.driver.begin_image();
  shard.driver.finish_image();
  const std::unique_ptr<Engine> loaded = shard.driver.load_image();
  EXPECT_EQ(places(*loaded), places(live));
  const uint64_t before = live.message_count();
  CHECK(shard.driver.ask(PurgeQueue{EngineDriver::address("purged")}).ok());
  EXPECT_EQ(live.message_count(), before);  // until their memory is taken
  while (!shard.driver.sweep()) {
  }
  EXPECT_EQ(live.message_count(), before - 5);
  EXPECT_EQ(places(live).size(), before - 5);
}

// ---- Damage ----

std::vector<std::string> pieces_of_a_shard(size_t bytes) {
  Shard shard;
  shard.driver.begin_image();
  shard.driver.finish_image(bytes);
  return shard.driver.image();
}

/// The error that loading ends with; nothing when the image is accepted.
std::optional<ErrorCode> refusal(const std::vector<std::string>& pieces) {
  Engine engine;
  for (const std::string& piece : pieces) {
    if (Result<void> loaded = engine.load_image_piece(piece); !loaded.ok()) {
      return loaded.error().code;
    }
  }
  const Result<WallMs> finished = engine.finish_image();
  return finished.ok() ? std::nullopt : std::optional(finished.error().code);
}

TEST(EngineImage, MissingRepeatedAndSwappedPiecesAreRefused) {
  const std::vector<std::string> pieces = pieces_of_a_shard(100);
  ASSERT_GT(pieces.size(), 5u);
  EXPECT_EQ(refusal(pieces), std::nullopt);
  for (size_t i = 0; i < pieces.size(); ++i) {
    std::vector<std::string> without = pieces;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(refusal(without), ErrorCode::kStorageDamaged) << i;
    std::vector<std::string> twice = pieces;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), pieces[i]);
    EXPECT_EQ(refusal(twice), ErrorCode::kStorageDamaged) << i;
    if (i == 0) continue;
    std::vector<std::string> swapped = pieces;
    std::swap(swapped[i - 1], swapped[i]);
    EXPECT_EQ(refusal(swapped), ErrorCode::kStorageDamaged) << i;
  }
  EXPECT_EQ(refusal({}), ErrorCode::kStorageDamaged);
}

TEST(EngineImage, APieceCutAnywhereIsRefused) {
  const std::vector<std::string> pieces = pieces_of_a_shard(100'000);
  ASSERT_EQ(pieces.size(), 1u);
  for (size_t size = 0; size < pieces[0].size(); ++size) {
    EXPECT_EQ(refusal({pieces[0].substr(0, size)}), ErrorCode::kStorageDamaged) << size;
  }
}

TEST(EngineImage, ANewerVersionIsRefusedByItsNumber) {
  std::string piece = pieces_of_a_shard(100'000)[0];
  piece[0] = static_cast<char>(kImageVersion + 1);
  Engine engine;
  const Result<void> loaded = engine.load_image_piece(piece);
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find("version 2"), std::string::npos) << loaded.error().message;
}

/// Every single byte replaced: refused, or an image that can be worked with.
TEST(EngineImage, NoReplacedByteBreaksTheEngine) {
  const std::string piece = pieces_of_a_shard(100'000)[0];
  int refused = 0;
  for (size_t at = 0; at < piece.size(); ++at) {
    for (const int bit : {1, 16, 64, 128}) {
      std::string damaged = piece;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      Engine engine;
      if (!engine.load_image_piece(damaged).ok() || !engine.finish_image().ok()) {
        ++refused;
        continue;
      }
      (void)engine.dump(WallMs(2'000'000'000'000));
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(EngineImage, NumbersThatStandTwiceAreRefused) {
  ImageWriter writer;
  writer.add(ImageHeader{WallMs(1000), true, EngineDriver::kSecret, MessageNumber(9), 2, 9});
  ImageQueue queue;
  queue.queue = {QueueId(1), EngineDriver::address("queue"), {}, {}};
  writer.add(queue);
  ImageMessage message;
  message.queue = QueueId(1);
  for (const uint32_t slot : {3u, 4u, 5u}) {
    message.slot = Slot(slot);
    message.number = MessageNumber(slot == 5 ? 3 : slot);
    writer.add(message);
  }
  writer.add(ImageEnd{1, 3, 0});
  EXPECT_EQ(refusal({writer.take()}), ErrorCode::kStorageDamaged);
}

}  // namespace
}  // namespace forebay::engine
