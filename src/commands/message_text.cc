// SPDX-License-Identifier: Apache-2.0
#include "commands/message_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "commands/command_line.h"
#include "commands/json_text.h"
#include "commands/session.h"
#include "commands/text_format.h"
#include "protocol/json_document.h"

namespace forebay::commands {
namespace {

using sqs::MessageAttributeValue;

sqs::Error wrong_line(std::string text) {
  return {.kind = sqs::ErrorKind::kInvalidRequest, .message = std::move(text)};
}

bool is_type(std::string_view text) {
  const std::string_view kind = text.substr(0, text.find('.'));
  return kind == "String" || kind == "Number" || kind == "Binary";
}

bool is_number(std::string_view json) {
  return !json.empty() && (json[0] == '-' || (json[0] >= '0' && json[0] <= '9'));
}

/// "text", 5, or {"data_type": ...}.
sqs::Result<MessageAttributeValue> attribute_of_json(const std::string& name,
                                                     const std::string& json) {
  if (const auto text = protocol::json_string(json)) return MessageAttributeValue::string(*text);
  if (is_number(json)) return MessageAttributeValue::number(json);
  const auto members = protocol::json_members(json);
  if (!members) {
    return wrong_line(fmt::format("attribute {} must be a text, a number or an object", name));
  }
  MessageAttributeValue value;
  for (const protocol::JsonMember& member : *members) {
    const std::optional<std::string> text = protocol::json_string(member.value);
    if (!text)
      return wrong_line(fmt::format("{} of attribute {} must be a text", member.name, name));
    if (member.name == "data_type") {
      value.data_type = *text;
    } else if (member.name == "string_value") {
      value.string_value = text;
    } else if (member.name == "binary_value") {
      value.binary_value = base64_decode(*text);
      if (!value.binary_value) {
        return wrong_line(fmt::format("binary_value of attribute {} is not base64", name));
      }
    } else {
      return wrong_line(fmt::format("attribute {} has an unknown member {}", name, member.name));
    }
  }
  return value;
}

/// What a receive tells about a message, or an archive, and a send has no use for.
constexpr std::array<std::string_view, 14> kPassedOver = {"message_id",
                                                          "receipt_handle",
                                                          "sequence_number",
                                                          "sender_id",
                                                          "sent_timestamp",
                                                          "approximate_receive_count",
                                                          "approximate_first_receive_timestamp",
                                                          "dead_letter_queue_source_arn",
                                                          "md5_of_body",
                                                          "other_attributes",
                                                          "queue",
                                                          "rule",
                                                          "reason",
                                                          "archived_timestamp"};

sqs::Result<void> set_text(const protocol::JsonMember& member, std::optional<std::string>& out) {
  out = protocol::json_string(member.value);
  if (!out) return wrong_line(fmt::format("{} must be a text", member.name));
  return {};
}

sqs::Result<void> set_delay(const std::string& json, Entry& entry) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), seconds);
  if (error != std::errc() || end != json.data() + json.size()) {
    return wrong_line("delay_seconds must be a whole number");
  }
  entry.delay_seconds = std::chrono::seconds(seconds);
  return {};
}

sqs::Result<void> set_member(const protocol::JsonMember& member, Entry& entry) {
  if (member.name == "body") {
    std::optional<std::string> body;
    TRY(set_text(member, body));
    entry.message_body = *std::move(body);
    return {};
  }
  if (member.name == "message_group_id") return set_text(member, entry.message_group_id);
  if (member.name == "message_deduplication_id") {
    return set_text(member, entry.message_deduplication_id);
  }
  if (member.name == "delay_seconds") return set_delay(member.value, entry);
  if (member.name == "message_attributes") {
    const auto attributes = protocol::json_members(member.value);
    if (!attributes) return wrong_line("message_attributes must be an object");
    for (const protocol::JsonMember& each : *attributes) {
      TRY_ASSIGN(MessageAttributeValue value, attribute_of_json(each.name, each.value));
      entry.message_attributes.insert_or_assign(each.name, std::move(value));
    }
    return {};
  }
  if (member.name == "aws_trace_header") {
    std::optional<std::string> header;
    TRY(set_text(member, header));
    entry.message_system_attributes.insert_or_assign("AWSTraceHeader",
                                                     MessageAttributeValue::string(*header));
    return {};
  }
  if (std::ranges::find(kPassedOver, member.name) != kPassedOver.end()) return {};
  return wrong_line(fmt::format("unknown member '{}'", shown_text(member.name)));
}

std::optional<int64_t> ms_of(const std::optional<sqs::Timestamp>& moment) {
  return moment ? std::optional(moment->time_since_epoch().count()) : std::nullopt;
}

std::string attributes_json(const sqs::MessageAttributes& attributes) {
  JsonObject object;
  for (const auto& [name, value] : attributes) {
    JsonObject each;
    each.add("data_type", value.data_type).add("string_value", value.string_value);
    if (value.binary_value) each.add("binary_value", base64_encode(*value.binary_value));
    object.add_json(name, each.text());
  }
  return object.text();
}

}  // namespace

sqs::Result<std::pair<std::string, MessageAttributeValue>> parse_message_attribute(
    const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == text.npos) {
    return usage_error(
        fmt::format("'{}' is no attribute: it must be NAME=VALUE or "
                    "NAME=TYPE:VALUE.",
                    text));
  }
  std::string name = text.substr(0, equals);
  std::string rest = text.substr(equals + 1);
  const size_t colon = rest.find(':');
  if (colon == rest.npos || !is_type(std::string_view(rest).substr(0, colon))) {
    return std::pair(std::move(name), MessageAttributeValue::string(std::move(rest)));
  }
  MessageAttributeValue value{.data_type = rest.substr(0, colon)};
  rest.erase(0, colon + 1);
  if (value.data_type.starts_with("Binary")) {
    value.binary_value = base64_decode(rest);
    if (!value.binary_value) {
      return usage_error(fmt::format("The value of the Binary attribute {} must be base64.", name));
    }
  } else {
    value.string_value = std::move(rest);
  }
  return std::pair(std::move(name), std::move(value));
}

sqs::Result<void> read_json_line(std::string_view line, Entry& entry) {
  const auto members = protocol::json_members(line);
  if (!members) return wrong_line("it is not a JSON object");
  if (protocol::find_member(*members, "body") == nullptr) return wrong_line("it has no body");
  for (const protocol::JsonMember& member : *members) TRY(set_member(member, entry));
  return {};
}

size_t message_bytes(const Entry& entry) {
  size_t bytes = entry.message_body.size();
  for (const auto& [name, value] : entry.message_attributes) {
    bytes += name.size() + value.data_type.size() + value.value().size();
  }
  return bytes;
}

std::string json_of(const sqs::Message& message) {
  const sqs::MessageSystemAttributes& about = message.attributes;
  JsonObject object;
  object.add("message_id", message.message_id.view());
  object.add("receipt_handle", message.receipt_handle).add("body", message.body);
  object.add_json("message_attributes", attributes_json(message.message_attributes));
  object.add("message_group_id", about.message_group_id);
  object.add("message_deduplication_id", about.message_deduplication_id);
  object.add("sequence_number", about.sequence_number);
  object.add("sender_id", about.sender_id);
  object.add("sent_timestamp", ms_of(about.sent_timestamp));
  object.add("approximate_receive_count", about.approximate_receive_count);
  object.add("approximate_first_receive_timestamp",
             ms_of(about.approximate_first_receive_timestamp));
  object.add("dead_letter_queue_source_arn", about.dead_letter_queue_source_arn);
  return object.add("aws_trace_header", about.aws_trace_header).text();
}

std::string described(const sqs::Message& message) {
  const sqs::MessageSystemAttributes& about = message.attributes;
  std::string text = fmt::format("message   {}\n", message.message_id.view());
  if (about.sent_timestamp) {
    text += fmt::format("sent      {}\n",
                        moment_text(WallMs(about.sent_timestamp->time_since_epoch().count())));
  }
  text += "received  " +
          counted(static_cast<uint64_t>(about.approximate_receive_count.value_or(1)), "time") +
          "\n";
  if (about.message_group_id) {
    text += fmt::format("group     {}\n", shown_text(*about.message_group_id));
  }
  if (about.dead_letter_queue_source_arn) {
    text += fmt::format("came from {}\n", sqs::queue_name_of(*about.dead_letter_queue_source_arn));
  }
  for (const auto& [name, value] : message.message_attributes) {
    const std::string shown = value.binary_value ? base64_encode(*value.binary_value)
                                                 : shown_text(value.string_value.value_or(""));
    text += fmt::format("attribute {}={}:{}\n", shown_text(name), value.data_type, shown);
  }
  text += "handle    " + message.receipt_handle + "\n\n";
  return text + shown_text(message.body) + "\n";
}

}  // namespace forebay::commands
