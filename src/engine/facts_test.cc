// SPDX-License-Identifier: Apache-2.0
#include "engine/facts.h"

#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

template <class Int>
constexpr Int kMax = std::numeric_limits<Int>::max();
template <class Int>
constexpr Int kMin = std::numeric_limits<Int>::min();

const std::string kOddText = std::string("a\0b", 3) + "\xff\xfe \xe2\x82\xac\n";

MessageRef extreme_ref() {
  return {Slot(kMax<uint32_t>), MessageNumber(kMax<uint64_t>)};
}
Bytes16 full_bytes() {
  Bytes16 bytes;
  bytes.fill(0xff);
  return bytes;
}

QueueAttributes extreme_attributes() {
  QueueAttributes a;
  a.fifo_queue = true;
  a.delay_seconds = kMax<int32_t>;
  a.maximum_message_size = kMin<int32_t>;
  a.message_retention_period = -1;
  a.receive_message_wait_time_seconds = 20;
  a.visibility_timeout = kMax<int32_t>;
  a.policy = std::string(8192, 'p');
  a.redrive_policy =
      RedrivePolicy{kOddText, {"eu-west-1", "123456789012", "dlq.fifo"}, kMax<int32_t>};
  a.redrive_allow_policy = "{}";
  a.kms_master_key_id = kOddText;
  a.kms_data_key_reuse_period_seconds = 86'400;
  a.sqs_managed_sse_enabled = false;
  a.content_based_deduplication = true;
  a.deduplication_scope = DeduplicationScope::kMessageGroup;
  a.fifo_throughput_limit = FifoThroughputLimit::kPerMessageGroupId;
  a.default_max_receive_count = 1000;
  return a;
}

/// Every alternative, at least once plain and once with extreme values; but for FactsDropped, which
/// keeps nothing (lost_facts_test.cc).
std::vector<Fact> every_fact() {
  const QueueId queue(kMax<uint32_t>);
  const WallMs end(kMax<int64_t>);
  const WallMs start(kMin<int64_t>);
  return {
      ShardCreated{},
      ShardCreated{full_bytes()},
      QueueCreated{},
      QueueCreated{queue,
                   {"", kOddText, std::string(300, 'n')},
                   extreme_attributes(),
                   {{"", ""}, {kOddText, "v"}}},
      QueueAttributesSet{},
      QueueAttributesSet{queue, extreme_attributes()},
      QueueTagsSet{},
      QueueTagsSet{queue,
                   {{"a", ""}, {"b", kOddText}, {std::string(200, 'k'), std::string(300, 'v')}}},
      QueueDeleted{},
      QueueDeleted{queue},
      QueuePurged{},
      QueuePurged{queue, MessageNumber(kMax<uint64_t>)},
      RetentionExpired{},
      RetentionExpired{queue, start, MessageNumber(9)},
      MessageSent{},
      MessageSent{queue, extreme_ref(), end, start, full_bytes(), full_bytes(), kOddText, kOddText},
      MessageReceived{},
      MessageReceived{queue, extreme_ref(), kMin<int32_t>, end, start, end},
      VisibilityChanged{},
      VisibilityChanged{queue, extreme_ref(), end},
      MessageDeleted{},
      MessageDeleted{queue, extreme_ref()},
      MessageMoved{},
      MessageMoved{queue, extreme_ref(), queue, MessageNumber(kMax<uint64_t>), start},
      ReceiveAttempted{},
      ReceiveAttempted{queue, full_bytes(), std::vector<MessageRef>(10, extreme_ref())},
      Reclaimed{},
      Reclaimed{kMax<uint32_t>},
      MessageRedriven{},
      MessageRedriven{queue, extreme_ref(), queue, MessageNumber(kMax<uint64_t>), 65'535,
                      kMax<int64_t>},
      MoveTaskStarted{},
      MoveTaskStarted{queue,
                      full_bytes(),
                      true,
                      {"", kOddText, std::string(300, 'n')},
                      kMax<int32_t>,
                      kMax<int64_t>},
      MoveTaskEnded{},
      MoveTaskEnded{queue, full_bytes(), true, kOddText},
      MessageRelocated{},
      MessageRelocated{extreme_ref(), kOddText},
  };
}

std::string encoded(const Fact& fact, WallMs now = WallMs(1'750'000'000'000)) {
  std::string out;
  encode_fact(fact, now, out);
  return out;
}

TEST(Facts, EveryAlternativeIsInTheList) {
  std::set<size_t> seen;
  for (const Fact& fact : every_fact()) seen.insert(fact.index());
  EXPECT_EQ(seen.size(), std::variant_size_v<Fact> - 1);
}

TEST(Facts, EveryAlternativeComesBackAsItWas) {
  for (const Fact& fact : every_fact()) {
    for (const WallMs now : {WallMs(0), WallMs(kMin<int64_t>), WallMs(kMax<int64_t>)}) {
      const std::string record = encoded(fact, now);
      const auto timed = decode_fact(record);
      ASSERT_TRUE(timed.ok()) << fact.index() << ": " << timed.error().message;
      EXPECT_EQ(timed->now, now);
      EXPECT_EQ(timed->fact.index(), fact.index());
      EXPECT_EQ(encoded(timed->fact, now), record) << fact.index();
    }
  }
}

TEST(Facts, FieldsKeepTheirPlaces) {
  const MessageSent sent{
      QueueId(1), {Slot(2), MessageNumber(3)}, WallMs(4), WallMs(5), {6}, {7}, "g", "c"};
  const std::string sent_record = encoded(sent);
  const auto sent_back = std::get<MessageSent>(decode_fact(sent_record)->fact);
  EXPECT_EQ(sent_back.queue, sent.queue);
  EXPECT_EQ(sent_back.message, sent.message);
  EXPECT_EQ(sent_back.sent, sent.sent);
  EXPECT_EQ(sent_back.visible_at, sent.visible_at);
  EXPECT_EQ(sent_back.message_id, sent.message_id);
  EXPECT_EQ(sent_back.deduplication_key, sent.deduplication_key);
  EXPECT_EQ(sent_back.group, "g");
  EXPECT_EQ(sent_back.content, "c");

  const MessageReceived received{QueueId(1), {Slot(2), MessageNumber(3)}, 4, WallMs(5), WallMs(6),
                                 WallMs(7)};
  const auto received_back = std::get<MessageReceived>(decode_fact(encoded(received))->fact);
  EXPECT_EQ(received_back.receive_count, 4);
  EXPECT_EQ(received_back.received.value, 5);
  EXPECT_EQ(received_back.first_received.value, 6);
  EXPECT_EQ(received_back.visible_at.value, 7);

  const MessageMoved moved{
      QueueId(1), {Slot(2), MessageNumber(3)}, QueueId(4), MessageNumber(5), WallMs(6)};
  const auto moved_back = std::get<MessageMoved>(decode_fact(encoded(moved))->fact);
  EXPECT_EQ(moved_back.queue.value, 1u);
  EXPECT_EQ(moved_back.message, moved.message);
  EXPECT_EQ(moved_back.to.value, 4u);
  EXPECT_EQ(moved_back.new_number.value, 5u);
  EXPECT_EQ(moved_back.sent.value, 6);

  const auto created = std::get<QueueCreated>(
      decode_fact(
          encoded(QueueCreated{QueueId(1), {"r", "a", "n"}, extreme_attributes(), {{"k", "v"}}}))
          ->fact);
  EXPECT_EQ(created.address, (QueueAddress{"r", "a", "n"}));
  EXPECT_EQ(created.attributes, extreme_attributes());
  EXPECT_EQ(created.tags, (Tags{{"k", "v"}}));
}

TEST(Facts, ATruncatedRecordIsRefusedAtEveryLength) {
  for (const Fact& fact : every_fact()) {
    const std::string record = encoded(fact);
    for (size_t length = 0; length < record.size(); ++length) {
      const auto timed = decode_fact(std::string_view(record).substr(0, length));
      ASSERT_FALSE(timed.ok()) << fact.index() << " cut to " << length << " of " << record.size();
      EXPECT_EQ(timed.error().code, ErrorCode::kStorageDamaged);
    }
  }
}

TEST(Facts, ARecordWithMoreBytesIsRefused) {
  for (const Fact& fact : every_fact())
    EXPECT_FALSE(decode_fact(encoded(fact) + '\0').ok()) << fact.index();
}

/// What decodes at all must mean one value: the value encodes and decodes to itself.
TEST(Facts, ARecordWithAnyByteChangedIsRefusedOrIsAnotherFact) {
  for (const Fact& fact : every_fact()) {
    const std::string record = encoded(fact);
    for (size_t at = 0; at < record.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        std::string changed = record;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        const auto timed = decode_fact(changed);
        if (!timed.ok()) continue;
        const std::string canonical = encoded(timed->fact, timed->now);
        EXPECT_NE(canonical, record)
            << fact.index() << " byte " << at << ": the change went unseen";
        const auto again = decode_fact(canonical);
        ASSERT_TRUE(again.ok()) << fact.index() << " byte " << at;
        EXPECT_EQ(encoded(again->fact, again->now), canonical);
      }
    }
  }
}

TEST(Facts, UnknownTypesAreRefused) {
  for (int type = 0; type < 256; ++type) {
    const bool counted_up = type >= 1 && type < static_cast<int>(std::variant_size_v<Fact>);
    if (counted_up || type == 255) continue;
    const std::string record = static_cast<char>(type) + std::string(64, '\0');
    const auto timed = decode_fact(record);
    ASSERT_FALSE(timed.ok()) << type;
    EXPECT_NE(timed.error().message.find("type " + std::to_string(type) + " "), std::string::npos);
  }
}

/// These bytes are on disks: a change here is a change of the format.
TEST(Facts, TypeBytesAreThoseOfTheFormat) {
  const std::vector<Fact> in_order{ShardCreated{},      QueueCreated{},   QueueAttributesSet{},
                                   QueueTagsSet{},      QueueDeleted{},   QueuePurged{},
                                   RetentionExpired{},  MessageSent{},    MessageReceived{},
                                   VisibilityChanged{}, MessageDeleted{}, MessageMoved{},
                                   ReceiveAttempted{},  Reclaimed{}};
  for (size_t i = 0; i < in_order.size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(encoded(in_order[i]).front()), i + 1);
  }
  EXPECT_EQ(encoded(MessageDeleted{QueueId(0x01020304), {Slot(5), MessageNumber(6)}}, WallMs(7)),
            std::string("\x0b\x07\0\0\0\0\0\0\0\x04\x03\x02\x01\x05\0\0\0\x06\0\0\0\0\0\0\0", 25));
}

TEST(Facts, OnlyMessageSentAndRelocatedHoldContent) {
  for (const Fact& fact : every_fact()) {
    EXPECT_EQ(holds_content(encoded(fact)), std::holds_alternative<MessageSent>(fact) ||
                                                std::holds_alternative<MessageRelocated>(fact))
        << fact.index();
  }
  EXPECT_FALSE(holds_content(""));
}

}  // namespace
}  // namespace forebay::engine
