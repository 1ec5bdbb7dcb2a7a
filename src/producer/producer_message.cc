// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <string>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <forebay/sqs/producer_message.h>

#include "protocol/digests.h"

namespace forebay::sqs {
namespace {

size_t bytes_of(const MessageAttributes& attributes) {
  size_t bytes = 0;
  for (const auto& [name, value] : attributes) {
    bytes += name.size() + value.data_type.size() + value.value().size();
  }
  return bytes;
}

/// With its length, so that no two lists of parts read alike.
void append_part(std::string& out, std::string_view part) {
  fmt::format_to(std::back_inserter(out), "{}:", part.size());
  out.append(part);
}

}  // namespace

size_t bytes_of(const OutgoingMessage& message) {
  return message.body.size() + bytes_of(message.message_attributes);
}

std::string content_deduplication_id(const OutgoingMessage& message) {
  std::string content;
  append_part(content, message.message_group_id.value_or(""));
  append_part(content, message.body);
  for (const auto& [name, value] : message.message_attributes) {
    append_part(content, name);
    append_part(content, value.data_type);
    append_part(content, value.value());
  }
  return protocol::sha256_hex(content);
}

OutgoingMessage fifo_message(std::string body, std::string group_id,
                             std::optional<std::string> deduplication_id) {
  OutgoingMessage message;
  message.body = std::move(body);
  message.message_group_id = std::move(group_id);
  message.message_deduplication_id =
      deduplication_id ? std::move(deduplication_id) : content_deduplication_id(message);
  return message;
}

Event::Event(std::string_view type, std::string body) {
  message_.body = std::move(body);
  text("eventType", std::string(type));
}

Event& Event::priority(std::string_view priority, const PriorityDelays& delays) {
  const auto found = delays.find(priority);
  if (found != delays.end()) message_.delay_seconds = found->second;
  return text("priority", std::string(priority));
}

Event& Event::text(std::string name, std::string value) {
  message_.message_attributes[std::move(name)] = MessageAttributeValue::string(std::move(value));
  return *this;
}

Event& Event::number(std::string name, std::string decimal) {
  message_.message_attributes[std::move(name)] = MessageAttributeValue::number(std::move(decimal));
  return *this;
}

Event& Event::binary(std::string name, std::string bytes) {
  message_.message_attributes[std::move(name)] = MessageAttributeValue::binary(std::move(bytes));
  return *this;
}

Event& Event::timestamp(std::string name, Timestamp moment) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(moment);
  const auto ms = (moment - seconds).count();
  return text(std::move(name), fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                                           fmt::gmtime(seconds.time_since_epoch().count()), ms));
}

Event& Event::delay(std::chrono::seconds delay) {
  message_.delay_seconds = delay;
  return *this;
}

Event& Event::group(std::string group_id) {
  message_.message_group_id = std::move(group_id);
  return *this;
}

Event& Event::deduplication_id(std::string id) {
  message_.message_deduplication_id = std::move(id);
  by_content_ = false;
  return *this;
}

Event& Event::deduplicated_by_content() {
  by_content_ = true;
  return *this;
}

OutgoingMessage Event::message() const& {
  return Event(*this).message_with_id();
}

OutgoingMessage Event::message() && {
  return message_with_id();
}

OutgoingMessage Event::message_with_id() {
  if (by_content_) message_.message_deduplication_id = content_deduplication_id(message_);
  return std::move(message_);
}

}  // namespace forebay::sqs
