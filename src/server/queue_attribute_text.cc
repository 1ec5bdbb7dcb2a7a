// SPDX-License-Identifier: Apache-2.0
#include "server/queue_attribute_text.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/log.h"
#include "engine/limits.h"
#include "server/parameter_errors.h"
#include "server/queue_policy_text.h"

namespace forebay::server {
namespace {

using engine::AttributeChanges;
using engine::QueueAttributes;
using Description = engine::DescribeQueue::Reply;

// ---- Text to values ----

/// One attribute of a request.
struct Given {
  std::string_view name;
  std::string_view value;
  const AttributeTextOptions& options;
};

/// Decimal digits and nothing else: " 6", "6.0" and "" are refused [E].
Result<int32_t> read_integer(const Given& given, int32_t min, int32_t max) {
  int32_t number = 0;
  const char* const end = given.value.data() + given.value.size();
  const auto [stopped, failure] = std::from_chars(given.value.data(), end, number);
  const bool digits_only = std::all_of(given.value.begin(), given.value.end(),
                                       [](char c) { return c >= '0' && c <= '9'; });
  if (failure != std::errc() || stopped != end || !digits_only || number < min || number > max) {
    return invalid_attribute_value(given.name);
  }
  return number;
}

Result<bool> read_boolean(const Given& given) {
  std::string text(given.value);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (text != "true" && text != "false") return invalid_attribute_value(given.name);
  return text == "true";
}

template <auto kMember, int32_t kMin, int32_t kMax>
Result<void> integer(const Given& given, AttributeChanges& changes) {
  TRY_ASSIGN(changes.*kMember, read_integer(given, kMin, kMax));
  return {};
}

template <auto kMember>
Result<void> boolean(const Given& given, AttributeChanges& changes) {
  TRY_ASSIGN(changes.*kMember, read_boolean(given));
  return {};
}

Result<void> policy(const Given& given, AttributeChanges& changes) {
  if (!given.value.empty()) TRY(check_policy(given.value, given.options.creating));
  changes.policy = std::string(given.value);
  return {};
}

Result<void> redrive_policy(const Given& given, AttributeChanges& changes) {
  changes.redrive_policy.emplace();
  if (given.value.empty()) return {};
  TRY_ASSIGN(changes.redrive_policy.value(),
             parse_redrive_policy(given.options.queue, given.value, given.options.aliases));
  return {};
}

Result<void> redrive_allow_policy(const Given& given, AttributeChanges& changes) {
  if (!given.value.empty()) TRY(check_redrive_allow_policy(given.value));
  changes.redrive_allow_policy = std::string(given.value);
  return {};
}

Result<void> kms_master_key_id(const Given& given, AttributeChanges& changes) {
  changes.kms_master_key_id = std::string(given.value);
  return {};
}

Result<void> deduplication_scope(const Given& given, AttributeChanges& changes) {
  if (given.value == "queue") {
    changes.deduplication_scope = engine::DeduplicationScope::kQueue;
  } else if (given.value == "messageGroup") {
    changes.deduplication_scope = engine::DeduplicationScope::kMessageGroup;
  } else {
    return invalid_attribute_value(given.name);
  }
  return {};
}

Result<void> fifo_throughput_limit(const Given& given, AttributeChanges& changes) {
  if (given.value == "perQueue") {
    changes.fifo_throughput_limit = engine::FifoThroughputLimit::kPerQueue;
  } else if (given.value == "perMessageGroupId") {
    changes.fifo_throughput_limit = engine::FifoThroughputLimit::kPerMessageGroupId;
  } else {
    return invalid_attribute_value(given.name);
  }
  return {};
}

// ---- Values to text. Nothing: the attribute has no value on this queue. ----

using OptionalText = std::optional<std::string>;

struct Described {
  const engine::QueueAddress& queue;
  const Description& description;
  const QueueAttributes& attributes;
};

OptionalText when_set(const std::string& text) {
  return text.empty() ? OptionalText() : OptionalText(text);
}

std::string boolean_text(bool value) {
  return value ? "true" : "false";
}

template <auto kMember>
OptionalText integer_text(const Described& d) {
  return std::to_string(d.attributes.*kMember);
}

template <auto kMember>
OptionalText string_text(const Described& d) {
  return when_set(d.attributes.*kMember);
}

template <auto kMember>
OptionalText count_text(const Described& d) {
  return std::to_string(d.description.*kMember);
}

template <auto kMember>
OptionalText seconds_text(const Described& d) {
  return std::to_string((d.description.*kMember).value / 1000);
}

OptionalText arn_text(const Described& d) {
  return engine::queue_arn(d.queue);
}

OptionalText sse_text(const Described& d) {
  return boolean_text(d.attributes.sqs_managed_sse_enabled);
}

OptionalText redrive_policy_text(const Described& d) {
  if (!d.attributes.redrive_policy) return std::nullopt;
  return d.attributes.redrive_policy->text;
}

OptionalText kms_reuse_text(const Described& d) {
  if (d.attributes.kms_master_key_id.empty()) return std::nullopt;
  return std::to_string(d.attributes.kms_data_key_reuse_period_seconds);
}

OptionalText fifo_queue_text(const Described& d) {
  return d.attributes.fifo_queue ? OptionalText("true") : std::nullopt;
}

OptionalText content_based_text(const Described& d) {
  if (!d.attributes.fifo_queue) return std::nullopt;
  return boolean_text(d.attributes.content_based_deduplication);
}

OptionalText scope_text(const Described& d) {
  if (!d.attributes.fifo_queue) return std::nullopt;
  const bool group = d.attributes.deduplication_scope == engine::DeduplicationScope::kMessageGroup;
  return group ? "messageGroup" : "queue";
}

OptionalText throughput_text(const Described& d) {
  if (!d.attributes.fifo_queue) return std::nullopt;
  const bool group =
      d.attributes.fifo_throughput_limit == engine::FifoThroughputLimit::kPerMessageGroupId;
  return group ? "perMessageGroupId" : "perQueue";
}

// ---- The table of contract section 3.1 ----

struct Attribute {
  std::string_view name;
  Result<void> (*read)(const Given&, AttributeChanges&);  // null: read-only
  OptionalText (*write)(const Described&);
};

using C = AttributeChanges;
using Q = QueueAttributes;

constexpr Attribute kAttributes[] = {
    {"ApproximateNumberOfMessages", nullptr, count_text<&Description::visible_count>},
    {"ApproximateNumberOfMessagesDelayed", nullptr, count_text<&Description::delayed_count>},
    {"ApproximateNumberOfMessagesNotVisible", nullptr, count_text<&Description::not_visible_count>},
    {"ContentBasedDeduplication", boolean<&C::content_based_deduplication>, content_based_text},
    {"CreatedTimestamp", nullptr, seconds_text<&Description::created>},
    {"DeduplicationScope", deduplication_scope, scope_text},
    {"DelaySeconds", integer<&C::delay_seconds, 0, engine::kDelaySecondsMax>,
     integer_text<&Q::delay_seconds>},
    {"FifoQueue", boolean<&C::fifo_queue>, fifo_queue_text},
    {"FifoThroughputLimit", fifo_throughput_limit, throughput_text},
    {"KmsDataKeyReusePeriodSeconds",
     integer<&C::kms_data_key_reuse_period_seconds, engine::kKmsDataKeyReusePeriodSecondsMin,
             engine::kKmsDataKeyReusePeriodSecondsMax>,
     kms_reuse_text},
    {"KmsMasterKeyId", kms_master_key_id, string_text<&Q::kms_master_key_id>},
    {"LastModifiedTimestamp", nullptr, seconds_text<&Description::last_modified>},
    {"MaximumMessageSize",
     integer<&C::maximum_message_size, engine::kMaximumMessageSizeMin,
             engine::kMaximumMessageSizeMax>,
     integer_text<&Q::maximum_message_size>},
    {"MessageRetentionPeriod",
     integer<&C::message_retention_period, engine::kMessageRetentionPeriodMin,
             engine::kMessageRetentionPeriodMax>,
     integer_text<&Q::message_retention_period>},
    {"Policy", policy, string_text<&Q::policy>},
    {"QueueArn", nullptr, arn_text},
    {"ReceiveMessageWaitTimeSeconds",
     integer<&C::receive_message_wait_time_seconds, 0, engine::kReceiveMessageWaitTimeSecondsMax>,
     integer_text<&Q::receive_message_wait_time_seconds>},
    {"RedriveAllowPolicy", redrive_allow_policy, string_text<&Q::redrive_allow_policy>},
    {"RedrivePolicy", redrive_policy, redrive_policy_text},
    {"SqsManagedSseEnabled", boolean<&C::sqs_managed_sse_enabled>, sse_text},
    {"VisibilityTimeout", integer<&C::visibility_timeout, 0, engine::kVisibilityTimeoutMax>,
     integer_text<&Q::visibility_timeout>},
};

const Attribute* find_attribute(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kAttributes), std::end(kAttributes),
                   [name](const Attribute& attribute) { return attribute.name == name; });
  return found == std::end(kAttributes) ? nullptr : found;
}

/// A name that SQS does not have but guides use.
struct Alias {
  Attribute attribute;
  std::string_view meant;
  std::atomic_flag warned;
};

Alias g_aliases[] = {
    {{"VisibilityTimeoutSeconds", integer<&C::visibility_timeout, 0, engine::kVisibilityTimeoutMax>,
      nullptr},
     "VisibilityTimeout",
     {}},
    {{"MaxReceiveCount", integer<&C::default_max_receive_count, 1, engine::kMaxReceiveCountMax>,
      nullptr},
     "maxReceiveCount inside RedrivePolicy",
     {}},
};

void warn_once(Alias& alias) {
  if (alias.warned.test_and_set()) return;
  log_warn("a client named a queue attribute that SQS does not have, and was refused as by AWS",
           {{"attribute", std::string(alias.attribute.name)},
            {"use", std::string(alias.meant)},
            {"accept_it_with", "--attribute-aliases"}});
}

/// The settable attribute called `name`, or null.
const Attribute* find_settable(std::string_view name, bool aliases) {
  if (const Attribute* const attribute = find_attribute(name)) {
    return attribute->read == nullptr ? nullptr : attribute;
  }
  for (Alias& alias : g_aliases) {
    if (alias.attribute.name != name) continue;
    if (aliases) return &alias.attribute;
    warn_once(alias);
  }
  return nullptr;
}

}  // namespace

Result<AttributeChanges> parse_attributes(const protocol::StringPairs& attributes,
                                          const AttributeTextOptions& options) {
  std::vector<const Attribute*> settable;
  for (const auto& [name, value] : attributes) {
    settable.push_back(find_settable(name, options.aliases));
    if (settable.back() == nullptr) return unknown_attribute(name);
  }
  AttributeChanges changes;
  for (size_t i = 0; i < attributes.size(); ++i) {
    const auto& [name, value] = attributes[i];
    TRY(settable[i]->read(Given{name, value, options}, changes));
  }
  return changes;
}

Result<protocol::StringPairs> attribute_texts(const engine::QueueAddress& queue,
                                              const Description& description,
                                              const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name != "All" && find_attribute(name) == nullptr) return unknown_attribute(name);
  }
  const auto wanted = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const bool all = wanted("All");
  const Described described{queue, description, description.attributes};
  protocol::StringPairs texts;
  for (const Attribute& attribute : kAttributes) {
    if (!all && !wanted(attribute.name)) continue;
    if (OptionalText text = attribute.write(described)) {
      texts.emplace_back(attribute.name, *std::move(text));
    }
  }
  return texts;
}

}  // namespace forebay::server
