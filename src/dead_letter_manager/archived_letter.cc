// SPDX-License-Identifier: Apache-2.0
// An archived message as JSON: the members of `forebay receive --json`, and why it is here.
#include <charconv>
#include <chrono>
#include <concepts>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/dead_letter_archive.h>

#include "base/base64.h"
#include "base/result.h"
#include "protocol/escape.h"
#include "protocol/json_document.h"

namespace forebay::sqs {
namespace {

Error wrong(std::string text) {
  return {.kind = ErrorKind::kInvalidRequest, .message = std::move(text)};
}

class Writer {
 public:
  void add(std::string_view name, std::string_view value) {
    begin(name);
    protocol::append_json_string(text_, value);
  }
  void add(std::string_view name, int64_t value) {
    begin(name);
    text_ += std::to_string(value);
  }
  void add(std::string_view name, Timestamp moment) {
    add(name, moment.time_since_epoch().count());
  }
  template <class Value>
  void add(std::string_view name, const std::optional<Value>& value) {
    if (value) add(name, *value);
  }
  /// An object, until close().
  void open(std::string_view name) {
    begin(name);
    text_ += '{';
    first_ = true;
  }
  void close() {
    text_ += '}';
    first_ = false;
  }
  std::string text() && { return std::move(text_) + "}"; }

 private:
  void begin(std::string_view name) {
    if (!std::exchange(first_, false)) text_ += ',';
    protocol::append_json_string(text_, name);
    text_ += ':';
  }
  std::string text_ = "{";
  bool first_ = true;
};

void write_attributes(Writer& out, const MessageAttributes& attributes) {
  out.open("message_attributes");
  for (const auto& [name, value] : attributes) {
    out.open(name);
    out.add("data_type", value.data_type);
    out.add("string_value", value.string_value);
    if (value.binary_value) out.add("binary_value", base64_encode(*value.binary_value));
    out.close();
  }
  out.close();
}

void write_others(Writer& out, const OtherAttributes& others) {
  if (others.empty()) return;
  out.open("other_attributes");
  for (const auto& [name, value] : others) out.add(name, value);
  out.close();
}

/// Reads one member after the other into what they are for; the first that does not fit ends it.
class Reader {
 public:
  explicit Reader(ArchivedLetter& letter) : letter_(letter) {}

  Result<void> read(std::string_view json) {
    const auto members = protocol::json_members(json);
    if (!members) return wrong("It is no JSON object.");
    for (const std::string_view needed : {"message_id", "body", "queue"}) {
      if (protocol::find_member(*members, needed) == nullptr) {
        return wrong(fmt::format("It has no {}.", needed));
      }
    }
    for (const protocol::JsonMember& member : *members) {
      if (!read_member(member)) {
        return wrong(fmt::format("Its {} is not what it should be.", member.name));
      }
    }
    return {};
  }

 private:
  bool read_member(const protocol::JsonMember& member) {
    MessageSystemAttributes& about = letter_.message.attributes;
    const std::string& name = member.name;
    const std::string& json = member.value;
    if (name == "message_id") return read_id(json);
    if (name == "body") return read_text(json, letter_.message.body);
    if (name == "queue") return read_text(json, letter_.queue);
    if (name == "rule") return read_text(json, letter_.rule);
    if (name == "reason") return read_text(json, letter_.reason);
    if (name == "archived_timestamp") return read_moment(json, letter_.archived);
    if (name == "message_attributes") return read_attributes(json);
    if (name == "message_group_id") return read_optional(json, about.message_group_id);
    if (name == "message_deduplication_id") {
      return read_optional(json, about.message_deduplication_id);
    }
    if (name == "sequence_number") return read_optional(json, about.sequence_number);
    if (name == "sender_id") return read_optional(json, about.sender_id);
    if (name == "aws_trace_header") return read_optional(json, about.aws_trace_header);
    if (name == "dead_letter_queue_source_arn") {
      return read_optional(json, about.dead_letter_queue_source_arn);
    }
    return read_number_member(name, json);
  }

  /// Members that are not known come from a later version: they are passed over.
  bool read_number_member(const std::string& name, const std::string& json) {
    MessageSystemAttributes& about = letter_.message.attributes;
    if (name == "sent_timestamp") return read_moment(json, about.sent_timestamp.emplace());
    if (name == "approximate_first_receive_timestamp") {
      return read_moment(json, about.approximate_first_receive_timestamp.emplace());
    }
    if (name == "approximate_receive_count") {
      return read_number(json, about.approximate_receive_count.emplace());
    }
    return true;
  }

  static bool read_text(const std::string& json, std::string& out) {
    std::optional<std::string> text = protocol::json_string(json);
    if (!text) return false;
    out = *std::move(text);
    return true;
  }
  static bool read_optional(const std::string& json, std::optional<std::string>& out) {
    return read_text(json, out.emplace());
  }
  static bool read_number(const std::string& json, int64_t& out) {
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), out);
    return error == std::errc() && end == json.data() + json.size();
  }
  static bool read_moment(const std::string& json, Timestamp& out) {
    int64_t ms = 0;
    if (!read_number(json, ms)) return false;
    out = Timestamp(std::chrono::milliseconds(ms));
    return true;
  }
  bool read_id(const std::string& json) {
    std::string id;
    if (!read_text(json, id) || id.empty() || id.size() > 100) return false;
    letter_.message.message_id = MessageId(id);
    return true;
  }

  bool read_attributes(const std::string& json) {
    const auto members = protocol::json_members(json);
    if (!members) return false;
    for (const protocol::JsonMember& member : *members) {
      MessageAttributeValue value;
      if (!read_attribute(member.value, value)) return false;
      letter_.message.message_attributes.insert_or_assign(member.name, std::move(value));
    }
    return true;
  }

  static bool read_attribute(const std::string& json, MessageAttributeValue& value) {
    const auto members = protocol::json_members(json);
    if (!members) return false;
    for (const protocol::JsonMember& member : *members) {
      const std::optional<std::string> text = protocol::json_string(member.value);
      if (!text) return false;
      if (member.name == "data_type") value.data_type = *text;
      if (member.name == "string_value") value.string_value = *text;
      if (member.name != "binary_value") continue;
      value.binary_value = base64_decode(*text);
      if (!value.binary_value) return false;
    }
    return value.string_value.has_value() != value.binary_value.has_value();
  }

  ArchivedLetter& letter_;
};

/// What a file's name may be made of; a server may have ids of other characters.
std::string name_text(std::string_view id) {
  std::string text(id);
  for (char& c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    if (!plain) c = '_';
  }
  return text;
}

}  // namespace

std::string ArchivedLetter::name() const {
  const Timestamp at = message.attributes.sent_timestamp.value_or(Timestamp());
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}.{:03}Z-{}.json",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count(),
                     name_text(message.message_id));
}

std::string to_json(const ArchivedLetter& letter) {
  const Message& message = letter.message;
  const MessageSystemAttributes& about = message.attributes;
  Writer out;
  out.add("message_id", message.message_id.view());
  out.add("body", message.body);
  write_attributes(out, message.message_attributes);
  out.add("message_group_id", about.message_group_id);
  out.add("message_deduplication_id", about.message_deduplication_id);
  out.add("sequence_number", about.sequence_number);
  out.add("sender_id", about.sender_id);
  out.add("sent_timestamp", about.sent_timestamp);
  out.add("approximate_receive_count", about.approximate_receive_count);
  out.add("approximate_first_receive_timestamp", about.approximate_first_receive_timestamp);
  out.add("dead_letter_queue_source_arn", about.dead_letter_queue_source_arn);
  out.add("aws_trace_header", about.aws_trace_header);
  write_others(out, about.others);
  out.add("queue", letter.queue);
  out.add("rule", letter.rule);
  out.add("reason", letter.reason);
  out.add("archived_timestamp", letter.archived);
  return std::move(out).text() + "\n";
}

Result<ArchivedLetter> archived_letter_of_json(std::string_view json) {
  ArchivedLetter letter;
  TRY(Reader(letter).read(json));
  return letter;
}

}  // namespace forebay::sqs
