// SPDX-License-Identifier: Apache-2.0
#include "client/queue_attribute_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "protocol/escape.h"
#include "protocol/json_document.h"

namespace forebay::sqs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Permission = RedriveAllowPolicy::RedrivePermission;

template <class Value>
using Names = std::array<std::pair<Value, std::string_view>, 2>;
constexpr Names<DeduplicationScope> kScopes = {
    {{DeduplicationScope::kQueue, "queue"}, {DeduplicationScope::kMessageGroup, "messageGroup"}}};
constexpr Names<FifoThroughputLimit> kLimits = {
    {{FifoThroughputLimit::kPerQueue, "perQueue"},
     {FifoThroughputLimit::kPerMessageGroupId, "perMessageGroupId"}}};
constexpr std::array<std::pair<Permission, std::string_view>, 3> kPermissions = {
    {{Permission::kAllowAll, "allowAll"},
     {Permission::kDenyAll, "denyAll"},
     {Permission::kByQueue, "byQueue"}}};

template <class Table, class Value>
std::string name_in(const Table& table, Value value) {
  for (const auto& [known, name] : table) {
    if (known == value) return std::string(name);
  }
  return {};
}
template <class Table, class Value>
bool find_in(const Table& table, std::string_view text, std::optional<Value>& out) {
  for (const auto& [value, name] : table) {
    if (name == text) out = value;
  }
  return out.has_value();
}

// ---- To text ----

std::string text_of(seconds time) {
  return std::to_string(time.count());
}
std::string text_of(int64_t number) {
  return std::to_string(number);
}
std::string text_of(const std::string& text) {
  return text;
}
std::string text_of(bool value) {
  return value ? "true" : "false";
}
std::string text_of(DeduplicationScope scope) {
  return name_in(kScopes, scope);
}
std::string text_of(FifoThroughputLimit limit) {
  return name_in(kLimits, limit);
}
std::string text_of(const RedrivePolicy& policy) {
  if (policy.dead_letter_target_arn.empty()) return "";
  std::string text = R"({"deadLetterTargetArn":)";
  protocol::append_json_string(text, policy.dead_letter_target_arn);
  return text + fmt::format(R"(,"maxReceiveCount":{}}})", policy.max_receive_count);
}
std::string text_of(const RedriveAllowPolicy& policy) {
  if (policy.redrive_permission == Permission::kRemove) return "";
  std::string text = fmt::format(R"({{"redrivePermission":"{}")",
                                 name_in(kPermissions, policy.redrive_permission));
  for (size_t i = 0; i < policy.source_queue_arns.size(); ++i) {
    text += i == 0 ? R"(,"sourceQueueArns":[)" : ",";
    protocol::append_json_string(text, policy.source_queue_arns[i]);
  }
  return text + (policy.source_queue_arns.empty() ? "}" : "]}");
}

// ---- From text. Each says whether it could ----

bool read(std::string_view text, std::optional<int64_t>& out) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  out = number;
  return true;
}
bool read(std::string_view text, std::optional<seconds>& out) {
  std::optional<int64_t> number;
  if (!read(text, number)) return false;
  out = seconds(*number);
  return true;
}
bool read(std::string_view text, std::optional<Timestamp>& out) {
  std::optional<seconds> since_1970;
  if (!read(text, since_1970)) return false;
  out = Timestamp(milliseconds(*since_1970));
  return true;
}
bool read(std::string_view text, std::optional<std::string>& out) {
  out.emplace(text);
  return true;
}
bool read(std::string_view text, std::optional<bool>& out) {
  if (text != "true" && text != "false") return false;
  out = text == "true";
  return true;
}
bool read(std::string_view text, std::optional<DeduplicationScope>& out) {
  return find_in(kScopes, text, out);
}
bool read(std::string_view text, std::optional<FifoThroughputLimit>& out) {
  return find_in(kLimits, text, out);
}
bool read(std::string_view text, std::optional<RedrivePolicy>& out) {
  const auto members = protocol::json_members(text);
  if (!members) return false;
  const protocol::JsonMember* arn = protocol::find_member(*members, "deadLetterTargetArn");
  const protocol::JsonMember* count = protocol::find_member(*members, "maxReceiveCount");
  if (arn == nullptr || count == nullptr) return false;
  const std::optional<std::string> target = protocol::json_string(arn->value);
  // A number, or a text that holds one.
  std::optional<int64_t> times;
  if (!target || !read(protocol::json_string(count->value).value_or(count->value), times)) {
    return false;
  }
  if (!std::in_range<int>(*times)) return false;
  out = {.dead_letter_target_arn = *target, .max_receive_count = static_cast<int>(*times)};
  return true;
}
bool read(std::string_view text, std::optional<RedriveAllowPolicy>& out) {
  const auto members = protocol::json_members(text);
  if (!members) return false;
  const protocol::JsonMember* name = protocol::find_member(*members, "redrivePermission");
  if (name == nullptr) return false;
  std::optional<Permission> permission;
  const std::string permission_text = protocol::json_string(name->value).value_or("");
  if (!find_in(kPermissions, permission_text, permission)) return false;
  RedriveAllowPolicy policy{.redrive_permission = *permission};
  if (const auto* arns = protocol::find_member(*members, "sourceQueueArns")) {
    for (const std::string& item :
         protocol::json_items(arns->value).value_or(std::vector<std::string>())) {
      policy.source_queue_arns.push_back(protocol::json_string(item).value_or(""));
    }
  }
  out = std::move(policy);
  return true;
}

// ---- Which field has which name ----

template <class Field>
struct Named {
  std::string_view name;
  Field field;
};

constexpr std::tuple kAttributes{
    Named{"DelaySeconds", &QueueAttributes::delay_seconds},
    Named{"MaximumMessageSize", &QueueAttributes::maximum_message_size_bytes},
    Named{"MessageRetentionPeriod", &QueueAttributes::message_retention_period},
    Named{"ReceiveMessageWaitTimeSeconds", &QueueAttributes::receive_message_wait_time_seconds},
    Named{"VisibilityTimeout", &QueueAttributes::visibility_timeout},
    Named{"Policy", &QueueAttributes::policy},
    Named{"RedrivePolicy", &QueueAttributes::redrive_policy},
    Named{"RedriveAllowPolicy", &QueueAttributes::redrive_allow_policy},
    Named{"KmsMasterKeyId", &QueueAttributes::kms_master_key_id},
    Named{"KmsDataKeyReusePeriodSeconds", &QueueAttributes::kms_data_key_reuse_period_seconds},
    Named{"SqsManagedSseEnabled", &QueueAttributes::sqs_managed_sse_enabled},
    Named{"FifoQueue", &QueueAttributes::fifo_queue},
    Named{"ContentBasedDeduplication", &QueueAttributes::content_based_deduplication},
    Named{"DeduplicationScope", &QueueAttributes::deduplication_scope},
    Named{"FifoThroughputLimit", &QueueAttributes::fifo_throughput_limit}};
constexpr std::tuple kStatus{
    Named{"QueueArn", &QueueStatus::queue_arn},
    Named{"ApproximateNumberOfMessages", &QueueStatus::approximate_number_of_messages},
    Named{"ApproximateNumberOfMessagesNotVisible",
          &QueueStatus::approximate_number_of_messages_not_visible},
    Named{"ApproximateNumberOfMessagesDelayed",
          &QueueStatus::approximate_number_of_messages_delayed},
    Named{"CreatedTimestamp", &QueueStatus::created_timestamp},
    Named{"LastModifiedTimestamp", &QueueStatus::last_modified_timestamp}};

template <class Table, class Object>
bool set_field(const Table& table, std::string_view name, std::string_view text, Object& object) {
  return std::apply(
      [&](const auto&... row) {
        return ((row.name == name && read(text, std::invoke(row.field, object))) || ...);
      },
      table);
}

}  // namespace

void set_queue_attribute(std::string_view name, std::string_view text,
                         GetQueueAttributesReply& out) {
  if (set_field(kAttributes, name, text, out.attributes)) return;
  if (set_field(kStatus, name, text, out.status)) return;
  out.attributes.others.insert_or_assign(std::string(name), std::string(text));
}

OtherAttributes to_text(const QueueAttributes& attributes) {
  OtherAttributes texts = attributes.others;
  const auto add = [&](const auto& row) {
    const auto& value = std::invoke(row.field, attributes);
    if (value) texts.insert_or_assign(std::string(row.name), text_of(*value));
  };
  std::apply([&](const auto&... row) { (add(row), ...); }, kAttributes);
  return texts;
}

}  // namespace forebay::sqs
