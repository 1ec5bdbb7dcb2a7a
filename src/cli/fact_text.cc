// SPDX-License-Identifier: Apache-2.0
#include "cli/fact_text.h"

#include <concepts>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/base64.h"
#include "commands/text_format.h"
#include "protocol/escape.h"
#include "server/queue_attribute_text.h"
#include "server/stored_message.h"
#include "server/uuid.h"

namespace forebay::cli {
namespace {

/// A named value of a fact. Numbers, and lists in JSON, stand without quotes.
struct Field {
  std::string_view name;
  std::string value;
  bool raw = false;
};

/// Every setting that a client can make; how many messages there are is not a fact's business.
const std::vector<std::string>& setting_names() {
  static const std::vector<std::string> names = {"ContentBasedDeduplication",
                                                 "DeduplicationScope",
                                                 "DelaySeconds",
                                                 "FifoQueue",
                                                 "FifoThroughputLimit",
                                                 "KmsDataKeyReusePeriodSeconds",
                                                 "KmsMasterKeyId",
                                                 "MaximumMessageSize",
                                                 "MessageRetentionPeriod",
                                                 "Policy",
                                                 "ReceiveMessageWaitTimeSeconds",
                                                 "RedriveAllowPolicy",
                                                 "RedrivePolicy",
                                                 "SqsManagedSseEnabled",
                                                 "VisibilityTimeout"};
  return names;
}

/// Collects the fields of one fact; `operator()` per fact, its name first.
class Describe {
 public:
  Describe(const QueueNames& names, const FactTextOptions& options)
      : names_(names), options_(options) {}

  std::string_view fact;
  std::vector<Field> fields;

  void operator()(const engine::ShardCreated&) { fact = "ShardCreated"; }  // its secret is one
  void operator()(const engine::QueueCreated& v) {
    begin("QueueCreated", v.queue);
    text("arn", queue_arn(v.address));
    settings(v.attributes);
    tags(v.tags);
  }
  void operator()(const engine::QueueAttributesSet& v) {
    begin("QueueAttributesSet", v.queue);
    settings(v.attributes);
  }
  void operator()(const engine::QueueTagsSet& v) {
    begin("QueueTagsSet", v.queue);
    tags(v.tags);
  }
  void operator()(const engine::QueueDeleted& v) { begin("QueueDeleted", v.queue); }
  void operator()(const engine::QueuePurged& v) {
    begin("QueuePurged", v.queue);
    number("through", v.through.value);
  }
  void operator()(const engine::RetentionExpired& v) {
    begin("RetentionExpired", v.queue);
    moment("sent_through", v.sent_through);
    number("through", v.through.value);
  }
  void operator()(const engine::MessageSent& v) {
    begin("MessageSent", v.queue);
    sent(v);
  }
  void operator()(const engine::MessageReceived& v) {
    begin("MessageReceived", v.queue);
    message(v.message);
    number("receive_count", v.receive_count);
    moment("received", v.received);
    moment("first_received", v.first_received);
    moment("visible_at", v.visible_at);
  }
  void operator()(const engine::VisibilityChanged& v) {
    begin("VisibilityChanged", v.queue);
    message(v.message);
    moment("visible_at", v.visible_at);
  }
  void operator()(const engine::MessageDeleted& v) {
    begin("MessageDeleted", v.queue);
    message(v.message);
  }
  void operator()(const engine::MessageMoved& v) {
    begin("MessageMoved", v.queue);
    message(v.message);
    queue("to", v.to);
    number("new_number", v.new_number.value);
    moment("sent", v.sent);
  }
  void operator()(const engine::ReceiveAttempted& v) {
    begin("ReceiveAttempted", v.queue);
    std::string numbers;
    for (const engine::MessageRef& ref : v.messages) {
      numbers += fmt::format("{}{}", numbers.empty() ? "" : ",", ref.number.value);
    }
    raw("messages", fmt::format("[{}]", numbers));
  }
  void operator()(const engine::Reclaimed& v) {
    fact = "Reclaimed";
    number("count", v.count);
  }
  void operator()(const engine::MessageRedriven& v) {
    begin("MessageRedriven", v.queue);
    message(v.message);
    queue("to", v.to);
    number("new_number", v.new_number.value);
    number("move_count", v.move_count);
    number("task_moved_count", v.task_moved_count);
  }
  void operator()(const engine::MoveTaskStarted& v) {
    begin("MoveTaskStarted", v.queue);
    text("task_id", server::uuid_text(v.task_id));
    if (v.has_destination) text("destination", queue_arn(v.destination));
    number("rate", v.rate);
    number("to_move_count", v.to_move_count);
  }
  void operator()(const engine::MoveTaskEnded& v) {
    begin("MoveTaskEnded", v.queue);
    text("task_id", server::uuid_text(v.task_id));
    raw("cancelled", v.cancelled ? "true" : "false");
    if (!v.failure_reason.empty()) text("failure_reason", v.failure_reason);
  }
  void operator()(const engine::MessageRelocated& v) {
    fact = "MessageRelocated";
    message(v.message);
    if (const auto inner = engine::decode_fact(v.sent); inner.ok()) {
      if (const auto* original = std::get_if<engine::MessageSent>(&inner->fact)) {
        text("message_id", server::uuid_text(original->message_id));
        content(original->content);
      }
    }
  }
  void operator()(const engine::FactsDropped&) { fact = "FactsDropped"; }

 private:
  void begin(std::string_view name, QueueId id) {
    fact = name;
    queue("queue", id);
  }
  void raw(std::string_view name, std::string value) {
    fields.push_back({name, std::move(value), true});
  }
  void text(std::string_view name, std::string_view value) {
    fields.push_back({name, std::string(value)});
  }
  template <std::integral T>
  void number(std::string_view name, T value) {
    raw(name, std::to_string(value));
  }
  void moment(std::string_view name, WallMs at) { text(name, commands::moment_text(at)); }
  void queue(std::string_view name, QueueId id) { text(name, names_.text(id)); }
  void message(const engine::MessageRef& ref) {
    number("message", ref.number.value);
    number("slot", ref.slot.value);
  }

  void sent(const engine::MessageSent& v) {
    message(v.message);
    text("message_id", server::uuid_text(v.message_id));
    moment("sent", v.sent);
    moment("visible_at", v.visible_at);
    if (!v.group.empty()) text("group", std::string(v.group));
    content(v.content);
  }

  void content(std::string_view bytes) {
    const Result<server::StoredMessage> stored = server::decode_stored_message(bytes);
    if (!stored.ok()) return text("unreadable", stored.error().message);
    number("body_bytes", stored->body.size());
    text("body", cut(stored->body));
    if (!stored->deduplication_id.empty()) {
      text("deduplication_id", std::string(stored->deduplication_id));
    }
    if (!stored->trace_header.empty()) text("trace_header", std::string(stored->trace_header));
    for (const auto& attribute : stored->attributes) {
      const bool binary = attribute.data_type.starts_with("Binary");
      const std::string value =
          binary ? base64_encode(attribute.value) : std::string(attribute.value);
      attributes_.push_back(
          fmt::format("{}({})={}", attribute.name, attribute.data_type, cut(value)));
    }
    list("attributes", attributes_);
  }

  std::string cut(std::string_view value) const {
    if (options_.bodies || value.size() <= kBodyBytesShown) return std::string(value);
    size_t end = kBodyBytesShown;
    while (end > 0 && (static_cast<uint8_t>(value[end]) & 0xC0) == 0x80) --end;  // whole characters
    return fmt::format("{}...", value.substr(0, end));
  }

  void settings(const engine::QueueAttributes& attributes) {
    engine::DescribeQueue::Reply description{};
    description.attributes = attributes;
    const auto texts = server::attribute_texts({}, description, setting_names());
    if (!texts.ok()) return text("unreadable", texts.error().message);
    std::vector<std::string> shown;
    for (const auto& [name, value] : *texts) shown.push_back(fmt::format("{}={}", name, value));
    list("settings", shown);
  }

  void tags(const engine::Tags& all) {
    std::vector<std::string> shown;
    for (const auto& [key, value] : all) shown.push_back(fmt::format("{}={}", key, value));
    list("tags", shown);
  }

  void list(std::string_view name, const std::vector<std::string>& items) {
    if (items.empty()) return;
    std::string out = "[";
    for (const std::string& item : items) {
      if (out.size() > 1) out += ',';
      protocol::append_json_string(out, item);
    }
    raw(name, out + "]");
  }

  const QueueNames& names_;
  const FactTextOptions& options_;
  std::vector<std::string> attributes_;
};

bool is_plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \"=[]\\\t\r\n") == std::string_view::npos;
}

std::string json_line(LogPosition at, std::string_view moment, std::string_view fact,
                      const std::vector<Field>& fields) {
  std::string out = fmt::format(R"({{"position":{})", at.value);
  if (!moment.empty()) out += fmt::format(R"(,"moment":"{}")", moment);
  out += fmt::format(R"(,"fact":"{}")", fact);
  for (const Field& field : fields) {
    out += fmt::format(R"(,"{}":)", field.name);
    if (field.raw) {
      out += field.value;
    } else {
      protocol::append_json_string(out, field.value);
    }
  }
  return out + '}';
}

std::string plain_line(LogPosition at, std::string_view moment, std::string_view fact,
                       const std::vector<Field>& fields) {
  std::string out = fmt::format("{:>12}  {:24}  {:18}", at.value, moment, fact);
  for (const Field& field : fields) {
    out += fmt::format(" {}=", field.name);
    if (field.raw || is_plain(field.value)) {
      out += field.value;
    } else {
      protocol::append_json_string(out, field.value);
    }
  }
  return out;
}

}  // namespace

std::string fact_text(LogPosition at, const engine::TimedFact& timed, const QueueNames& names,
                      const FactTextOptions& options) {
  Describe describe(names, options);
  std::visit(describe, timed.fact);
  const std::string moment = commands::moment_text(timed.now);
  return options.json ? json_line(at, moment, describe.fact, describe.fields)
                      : plain_line(at, moment, describe.fact, describe.fields);
}

std::string damage_text(LogPosition at, const std::string& what, const FactTextOptions& options) {
  const std::vector<Field> fields = {{"what", what}};
  return options.json ? json_line(at, "", "DAMAGED", fields)
                      : plain_line(at, "", "DAMAGED", fields);
}

}  // namespace forebay::cli
