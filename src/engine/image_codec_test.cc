// SPDX-License-Identifier: Apache-2.0
// The bytes of images: what is written comes back, and stays what it was from version to version.
#include "engine/image_codec.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"

namespace forebay::engine {
namespace {

/// Keeps the messages of a piece, and counts the rest.
struct Collector : ImageSink {
  bool add(const ImageHeader& added) override {
    header = added;
    return true;
  }
  bool add(const ImageDeadLetterSource&) override { return ++others > 0; }
  bool add(const ImageDeletedName&) override { return ++others > 0; }
  bool add(ImageQueue&& added) override {
    queues.push_back(std::move(added));
    return true;
  }
  bool add(const ImageMessage& added) override {
    messages.push_back(added);
    return true;
  }
  bool add(const ImageDeduplication&) override { return ++others > 0; }
  bool add(ImageAttempt&&) override { return ++others > 0; }
  bool add(const ImageEnd& added) override {
    end = added;
    return true;
  }

  ImageHeader header;
  std::vector<ImageQueue> queues;
  std::vector<ImageMessage> messages;
  ImageEnd end;
  int others = 0;
};

ImageMessage plain(uint32_t slot, uint64_t number, uint64_t position) {
  ImageMessage message;
  message.queue = QueueId(1);
  message.slot = Slot(slot);
  message.number = MessageNumber(number);
  message.position = LogPosition(position);
  message.record_bytes = 1000;
  message.sent = message.visible_at = WallMs(1'750'000'000'000);
  return message;
}

ImageMessage eventful() {
  ImageMessage message = plain(2, 7, 100);
  message.state = MessageState::kInFlight;
  message.visible_at = message.sent + 30'000;
  message.yields = true;
  message.has_history = true;
  message.history = {message.sent + 9, message.sent + 5, 4, 1, 3, 2};
  return message;
}

ImageMessage grouped(uint32_t slot, bool spelled) {
  ImageMessage message = plain(slot, slot + 100, slot * 1008);
  message.queue = QueueId(300);
  message.has_group = true;
  message.group = 5;
  message.group_spelled = spelled;
  if (spelled) message.group_id = "orders";
  message.ticket = spelled ? 77 : 0;
  return message;
}

void expect_same(const ImageMessage& read, const ImageMessage& written) {
  EXPECT_EQ(read.slot.value, written.slot.value);
  EXPECT_EQ(read.state, written.state);
  EXPECT_EQ(read.yields, written.yields);
  EXPECT_EQ(read.number.value, written.number.value);
  EXPECT_EQ(read.position.value, written.position.value);
  EXPECT_EQ(read.record_bytes, written.record_bytes);
  EXPECT_EQ(read.sent.value, written.sent.value);
  EXPECT_EQ(read.visible_at.value, written.visible_at.value);
  EXPECT_EQ(read.has_group, written.has_group);
  EXPECT_EQ(read.ticket, written.ticket);
  ASSERT_EQ(read.has_history, written.has_history);
  if (!read.has_history) return;
  EXPECT_EQ(read.history.received.value, written.history.received.value);
  EXPECT_EQ(read.history.first_received.value, written.history.first_received.value);
  EXPECT_EQ(read.history.receive_count, written.history.receive_count);
  EXPECT_EQ(read.history.receive_count_at_arrival, written.history.receive_count_at_arrival);
  EXPECT_EQ(read.history.dead_letter_source, written.history.dead_letter_source);
  EXPECT_EQ(read.history.move_count, written.history.move_count);
}

std::string piece_of(const std::vector<ImageMessage>& messages) {
  ImageWriter writer;
  for (const ImageMessage& message : messages) writer.add(message);
  return writer.take();
}

TEST(ImageCodec, MessagesComeBack) {
  ImageMessage extreme = eventful();
  extreme.slot = Slot(0xffff'fffe);
  extreme.number = MessageNumber(UINT64_MAX);
  extreme.position = LogPosition(UINT64_MAX);
  extreme.record_bytes = (1u << 23) - 1;
  extreme.queue = QueueId(UINT32_MAX);
  extreme.history.receive_count = INT32_MAX;
  extreme.history.move_count = UINT16_MAX;
  const std::vector<ImageMessage> written = {plain(9, 9, 9),   extreme,           eventful(),
                                             grouped(1, true), grouped(2, false), plain(0, 1, 0)};
  Collector read;
  ASSERT_TRUE(read_image_piece(piece_of(written), 0, read).ok());
  ASSERT_EQ(read.messages.size(), written.size());
  for (size_t i = 0; i < written.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(read.messages[i], written[i]);
    if (!written[i].has_group) EXPECT_EQ(read.messages[i].queue.value, written[i].queue.value);
  }
  EXPECT_EQ(read.messages[3].queue.value, 300u);
  EXPECT_TRUE(read.messages[3].group_spelled);
  EXPECT_FALSE(read.messages[4].group_spelled);
}

TEST(ImageCodec, AMessageLikeTheOneBeforeTakesAFewBytes) {
  const size_t one = piece_of({plain(1, 1, 0)}).size();
  EXPECT_LE(piece_of({plain(1, 1, 0), plain(2, 2, 1008)}).size() - one, 8u);
}

TEST(ImageCodec, AMomentBeyondAllMeasureIsRefused) {
  for (const int64_t ms : {int64_t{-1}, INT64_MAX, INT64_MIN}) {
    ImageMessage message = plain(1, 1, 1);
    message.visible_at = WallMs(ms);
    Collector read;
    EXPECT_FALSE(read_image_piece(piece_of({message}), 0, read).ok()) << ms;
  }
}

/// The bytes of version 1. When this fails, older snapshots can no longer be read: see the head of
/// image_codec.h.
TEST(ImageCodec, TheBytesOfVersionOneStay) {
  ImageWriter writer;
  writer.add(ImageHeader{WallMs(1000), true, {1, 2, 3}, MessageNumber(300), 2, 40});
  writer.add(ImageDeadLetterSource{{"r", "a", "dead"}});
  writer.add(ImageDeletedName{WallMs(999), {"r", "a", "gone"}});
  writer.add(eventful());
  writer.add(grouped(3, true));
  writer.add(grouped(4, false));
  writer.add(ImageDeduplication{QueueId(1), WallMs(5), {4}, {{5}, MessageNumber(6)}});
  writer.add(
      ImageAttempt{QueueId(1), WallMs(5), {4}, {{{{Slot(1), MessageNumber(2)}, 3, WallMs(4)}}}});
  writer.add(ImageEnd{1, 3, 4});
  std::string piece = writer.take();
  ImageWriter::number(piece, 9);
  EXPECT_EQ(hex_encode(piece),
            "010900000001d00f0101020300000000000000000000000000ac020228bb4981d6020172016104646561"
            "6403ce0f0172016104676f6e65ca040ec801e80780f086c2ee65e0d403090103020a0802b402c001881e"
            "e807004d0bac02066f726465727394020210e807000a05010a0400000000000000000000000000000005"
            "0000000000000000000000000000000606010a0400000000000000000000000000000001010203080701"
            "0304");
  Collector read;
  ASSERT_TRUE(read_image_piece(piece, 9, read).ok());
  EXPECT_EQ(read.others, 4);
  EXPECT_EQ(read.header.last_number.value, 300u);
  EXPECT_TRUE((read.end == ImageEnd{1, 3, 4}));
}

}  // namespace
}  // namespace forebay::engine
