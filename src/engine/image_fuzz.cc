// SPDX-License-Identifier: Apache-2.0
// Whatever stands in an image: loading it must neither fail a check nor read outside it, and what
// is accepted must be a state of which another image gives the same state again.
//
// The first byte says what the rest is: one piece as it stands, or replacements (two bytes of
// place, one of content) in an image of a shard with something of everything.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "engine/engine_fixture.h"
#include "engine/image_codec.h"

namespace forebay::engine {
namespace {

constexpr uint32_t kRoomMax = 1u << 16;

std::string image_of_a_shard() {
  EngineDriver driver;
  AttributeChanges redrives;
  driver.create("dead");
  redrives.redrive_policy = EngineDriver::redrive_to("dead", 1);
  const QueueId standard = driver.create("standard", redrives);
  const QueueId fifo = driver.create_fifo("orders.fifo");
  driver.create("gone");
  (void)driver.ask(DeleteQueue{EngineDriver::address("gone")});
  for (int i = 0; i < 8; ++i) {
    SendEntry entry = driver.entry("content");
    if (i % 2 == 0) entry.message_group_id = "tenant " + std::to_string(i);
    entry.delay_seconds = i % 3;
    (void)driver.send(standard, entry);
    driver.send(fifo, "g" + std::to_string(i % 3), std::to_string(i));
  }
  driver.pass_ms(1500);
  (void)driver.receive(standard, 3, 0);
  (void)driver.receive(standard, 4, 10);  // and dead-letter moves
  (void)driver.receive(fifo, 2, 10, "attempt");
  (void)driver.ask(StartMessageMoveTask{{1}, EngineDriver::address("dead"), std::nullopt, 1});
  driver.move(1);
  driver.begin_image();
  driver.finish_image(1 << 20);
  CHECK(driver.image().size() == 1);
  return driver.image().front();
}

/// Of a real image an engine had that much memory; here it is only a claim.
bool claims_too_much(std::string_view piece) {
  struct Header : ImageSink {
    bool add(const ImageHeader& header) override {
      too_much = header.slots > kRoomMax || header.queue_ids > kRoomMax;
      return false;
    }
    bool add(const ImageDeadLetterSource&) override { return false; }
    bool add(const ImageDeletedName&) override { return false; }
    bool add(ImageQueue&&) override { return false; }
    bool add(const ImageMessage&) override { return false; }
    bool add(const ImageDeduplication&) override { return false; }
    bool add(ImageAttempt&&) override { return false; }
    bool add(const ImageEnd&) override { return false; }
    bool too_much = false;
  } header;
  (void)read_image_piece(piece, 0, header);
  return header.too_much;
}

void load_and_image_again(std::string_view piece) {
  constexpr WallMs kLater(3'000'000'000'000);
  Engine engine;
  if (!engine.load_image_piece(piece).ok()) return;
  const Result<WallMs> now = engine.finish_image();
  if (!now.ok()) return;
  engine.begin_image(*now);
  Engine again;
  for (;;) {
    const std::string copy = engine.take_image_piece(100);
    if (copy.empty()) break;
    CHECK(again.load_image_piece(copy).ok());
  }
  CHECK(again.finish_image().ok());
  CHECK(again.dump(kLater) == engine.dump(kLater));
}

}  // namespace
}  // namespace forebay::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forebay::engine;
  static const std::string whole = image_of_a_shard();
  if (size == 0) return 0;
  std::string piece(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 4 != 0) {
    const std::string replacements = std::exchange(piece, whole);
    for (size_t at = 0; at + 3 <= replacements.size(); at += 3) {
      uint16_t place = 0;
      std::memcpy(&place, replacements.data() + at, sizeof place);
      piece[place % piece.size()] = replacements[at + 2];
    }
  }
  if (!claims_too_much(piece)) load_and_image_again(piece);
  return 0;
}
