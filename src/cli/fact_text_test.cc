// SPDX-License-Identifier: Apache-2.0
#include "cli/fact_text.h"

#include <string>

#include <gtest/gtest.h>

#include "server/stored_message.h"

namespace forebay::cli {
namespace {

const WallMs kMoment(1'795'298'881'007);
const std::string kStart = "          48  2026-11-21T22:08:01.007Z  ";

engine::QueueAddress address(const std::string& name) {
  return {"us-east-1", "000000000000", name};
}

QueueNames names() {
  QueueNames known;
  known.learn(QueueId(1), address("orders"));
  known.learn(QueueId(2), address("dead"));
  return known;
}

std::string text(const engine::Fact& fact, const FactTextOptions& options = {}) {
  return fact_text(LogPosition(48), {kMoment, fact}, names(), options);
}

engine::MessageSent sent(std::string_view content) {
  engine::MessageSent fact;
  fact.queue = QueueId(1);
  fact.message = {engine::Slot(3), MessageNumber(17)};
  fact.sent = fact.visible_at = kMoment;
  fact.group = "g 1";
  fact.content = content;
  return fact;
}

std::string content(std::string_view body) {
  server::StoredMessage stored;
  stored.body_md5 = std::string(32, '0');
  stored.body = body;
  stored.deduplication_id = "once";
  stored.attributes.push_back({"colour", "String", "red"});
  stored.attributes.push_back({"raw", "Binary", std::string_view("\0\1", 2)});
  return server::encode_stored_message(stored);
}

TEST(FactText, NamesQueuesAndMessages) {
  EXPECT_EQ(text(engine::MessageDeleted{QueueId(1), {engine::Slot(3), MessageNumber(17)}}),
            kStart + "MessageDeleted     queue=orders message=17 slot=3");
  EXPECT_EQ(text(engine::MessageMoved{QueueId(1),
                                      {engine::Slot(3), MessageNumber(17)},
                                      QueueId(2),
                                      MessageNumber(18),
                                      kMoment}),
            kStart +
                "MessageMoved       queue=orders message=17 slot=3 to=dead new_number=18 "
                "sent=2026-11-21T22:08:01.007Z");
  EXPECT_EQ(text(engine::QueueDeleted{QueueId(9)}), kStart + "QueueDeleted       queue=queue#9");
}

TEST(FactText, ShowsAMessageWithItsContent) {
  const std::string bytes = content("say \"hi\"");
  EXPECT_EQ(text(sent(bytes)),
            kStart +
                "MessageSent        queue=orders message=17 slot=3 "
                "message_id=00000000-0000-0000-0000-000000000000 sent=2026-11-21T22:08:01.007Z "
                "visible_at=2026-11-21T22:08:01.007Z group=\"g 1\" body_bytes=8 body=\"say "
                "\\\"hi\\\"\" deduplication_id=once "
                "attributes=[\"colour(String)=red\",\"raw(Binary)=AAE=\"]");
}

TEST(FactText, IsJsonWhenAskedFor) {
  const std::string bytes = content("line\nbreak");
  EXPECT_EQ(text(sent(bytes), {.json = true}),
            "{\"position\":48,\"moment\":\"2026-11-21T22:08:01.007Z\",\"fact\":\"MessageSent\","
            "\"queue\":\"orders\",\"message\":17,\"slot\":3,"
            "\"message_id\":\"00000000-0000-0000-0000-000000000000\","
            "\"sent\":\"2026-11-21T22:08:01.007Z\",\"visible_at\":\"2026-11-21T22:08:01.007Z\","
            "\"group\":\"g 1\",\"body_bytes\":10,\"body\":\"line\\nbreak\","
            "\"deduplication_id\":\"once\","
            "\"attributes\":[\"colour(String)=red\",\"raw(Binary)=AAE=\"]}");
}

TEST(FactText, CutsLongBodiesBetweenCharacters) {
  const std::string body = std::string(kBodyBytesShown - 1, 'a') + "\xC3\xA9 and more";
  const std::string bytes = content(body);
  const std::string cut = "body=" + std::string(kBodyBytesShown - 1, 'a') + "...";
  EXPECT_NE(text(sent(bytes)).find(cut), std::string::npos);
  EXPECT_NE(text(sent(bytes), {.bodies = true}).find("body=\"" + body + "\""), std::string::npos);
}

TEST(FactText, ARelocatedMessageShowsWhichOneItIs) {
  const std::string bytes = content("hello");
  std::string record;
  engine::encode_fact(sent(bytes), kMoment, record);
  const std::string line =
      text(engine::MessageRelocated{{engine::Slot(3), MessageNumber(17)}, record});
  EXPECT_NE(line.find("MessageRelocated   message=17 slot=3 message_id="), std::string::npos);
  EXPECT_NE(line.find("body=hello"), std::string::npos);
}

TEST(FactText, ContentsThatCannotBeReadSaySo) {
  EXPECT_NE(text(sent("\x07")).find("unreadable=\"stored message: unknown version\""),
            std::string::npos);
}

TEST(FactText, ShowsSettingsAndTagsButNoSecret) {
  engine::QueueCreated created;
  created.queue = QueueId(1);
  created.address = address("orders");
  created.attributes.delay_seconds = 7;
  created.tags = {{"team", "shop"}};
  const std::string line = text(created);
  EXPECT_NE(line.find("queue=orders arn=arn:aws:sqs:us-east-1:000000000000:orders"),
            std::string::npos);
  EXPECT_NE(line.find("\"DelaySeconds=7\""), std::string::npos);
  EXPECT_NE(line.find("tags=[\"team=shop\"]"), std::string::npos);
  EXPECT_EQ(text(engine::ShardCreated{{1, 2, 3}}), kStart + "ShardCreated      ");
}

TEST(FactText, DamageStandsInItsPlace) {
  EXPECT_EQ(damage_text(LogPosition(48), "48 bytes", {}),
            "          48                            DAMAGED            what=\"48 bytes\"");
  EXPECT_EQ(damage_text(LogPosition(48), "48 bytes", {.json = true}),
            "{\"position\":48,\"fact\":\"DAMAGED\",\"what\":\"48 bytes\"}");
}

TEST(QueueNames, TellScopesOnlyWhenTheyDiffer) {
  QueueNames known = names();
  EXPECT_EQ(known.text(QueueId(1)), "orders");
  known.learn(engine::QueueCreated{QueueId(3), {"eu-west-1", "111122223333", "orders"}, {}, {}});
  EXPECT_EQ(known.text(QueueId(1)), "us-east-1/000000000000/orders");
  EXPECT_EQ(known.text(QueueId(3)), "eu-west-1/111122223333/orders");
  EXPECT_EQ(known.text(QueueId(4)), "queue#4");
}

}  // namespace
}  // namespace forebay::cli
