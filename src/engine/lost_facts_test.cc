// SPDX-License-Identifier: Apache-2.0
// After a repair facts are missing from the middle of a journal. Whichever they are, what follows
// them is applied without harm, and the engine works afterwards.
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/inventory.h"

namespace forebay::engine {
namespace {

/// A journal in which slots are reused, groups lock, messages go to a dead-letter queue and back.
class BusyDriver : public EngineDriver {
 public:
  explicit BusyDriver(uint32_t seed) : EngineDriver({.cooldowns = false}), chance_(seed) {
    AttributeChanges redrive;
    redrive.redrive_policy = redrive_to("dead", 2);
    create("dead");
    standard_ = create("work", redrive);
    fifo_ = create_fifo("ordered.fifo");
    for (int i = 0; i < 400; ++i) step();
  }

 private:
  int pick(int count) { return static_cast<int>(chance_() % static_cast<uint32_t>(count)); }

  void step() {
    const QueueId queue = pick(2) == 0 ? standard_ : fifo_;
    switch (pick(8)) {
      case 0:
      case 1:
      case 2:
        return send_one(queue);
      case 3:
      case 4:
      case 5:
        for (const ReceivedMessage& got : receive(queue, 3, 1)) {
          if (pick(3) > 0) (void)remove(queue, got.handle());
        }
        return;
      case 6:
        return pass_ms(pick(1500));
      default:
        return rare_step();
    }
  }

  void send_one(QueueId queue) {
    const std::string text = std::to_string(++sent_);
    if (queue == standard_) {
      (void)send(queue, entry(text));
    } else {
      (void)send(queue, entry(text, "g" + std::to_string(pick(3)), text));
    }
  }

  void rare_step() {
    switch (pick(6)) {
      case 0:
        (void)ask(PurgeQueue{address(pick(2) == 0 ? "work" : "ordered.fifo")});
        return;
      case 1:
        (void)ask(StartMessageMoveTask{{1, 2, 3}, address("dead"), std::nullopt, std::nullopt});
        move(5);
        return;
      case 2:
        (void)ask(DeleteQueue{address("extra")});
        return;
      case 3:
        (void)send(create_extra(), entry("extra"));
        return;
      default:
        sweep();
    }
  }

  QueueId create_extra() {
    (void)ask(CreateQueue{address("extra"), {}, {}});
    return *engine().find(address("extra"));
  }

  std::mt19937 chance_;
  QueueId standard_;
  QueueId fifo_;
  int sent_ = 0;
};

/// An engine with all records but those from `first` on that number `count`.
std::unique_ptr<Engine> rebuild_without(const EngineDriver& driver, size_t first, size_t count) {
  auto engine = std::make_unique<Engine>(EngineOptions{.cooldowns = false});
  const auto& records = driver.records();
  for (size_t i = 0; i < records.size(); ++i) {
    if (i == first) engine->apply(FactsDropped{}, WallMs{}, {});
    if (i >= first && i < first + count) continue;
    const Result<TimedFact> timed = decode_fact(records[i].bytes);
    engine->apply(timed->fact, timed->now, records[i].place);
  }
  return engine;
}

/// Whatever there is can be listed and deleted.
void drain(Engine& engine, WallMs now) {
  Facts facts;
  Inventory(engine).for_each_message([&](const Inventory::HeldMessage& held) {
    facts.emplace_back(MessageDeleted{held.queue, held.message});
  });
  for (const Fact& fact : facts) engine.apply(fact, now, {});
  for (const auto& queue : Inventory(engine).queues(now)) {
    EXPECT_EQ(queue.message_count, 0) << queue.address.name;
  }
}

TEST(LostFacts, EveryStretchOfAJournalCanBeMissing) {
  int different = 0;
  for (const uint32_t seed : {1u, 2u, 3u}) {
    BusyDriver driver(seed);
    const std::string whole = driver.rebuild()->dump(driver.now());
    for (const size_t count : {1u, 7u, 60u}) {
      for (size_t first = 1; first < driver.records().size(); first += 1 + count / 8) {
        const auto engine = rebuild_without(driver, first, count);
        different += engine->dump(driver.now()) != whole ? 1 : 0;
        drain(*engine, driver.now());
      }
    }
  }
  EXPECT_GT(different, 1000);  // or nothing was lost
}

TEST(LostFacts, TheRecordOfARepairIsReadWhateverFollowsItsType) {
  for (const std::string padding : {"", "x", "any bytes at all"}) {
    const Result<TimedFact> timed = decode_fact("\xFF" + padding);
    ASSERT_TRUE(timed.ok());
    EXPECT_TRUE(std::holds_alternative<FactsDropped>(timed->fact));
    EXPECT_FALSE(holds_content("\xFF" + padding));
  }
}

}  // namespace
}  // namespace forebay::engine
