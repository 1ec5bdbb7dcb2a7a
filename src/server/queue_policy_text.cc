// SPDX-License-Identifier: Apache-2.0
#include "server/queue_policy_text.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "engine/limits.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

namespace json = simdjson::dom;

constexpr size_t kSourceQueueArnsMax = 10;
constexpr size_t kDepthMax = 64;  // as protocol/json_document, which edits what is let in here

/// A parsed text; the object's views live as long as this.
struct Parsed {
  json::parser parser;
  json::object object;
};

/// False when `text` is not one JSON object.
bool parse_object(std::string_view text, Parsed& parsed) {
  return parsed.parser.allocate(text.size(), kDepthMax) == simdjson::SUCCESS &&
         parsed.parser.parse(text.data(), text.size()).get(parsed.object) == simdjson::SUCCESS;
}

struct Arn {
  std::string_view service;
  engine::QueueAddress address;
};

/// arn:<partition>:<service>:<region>:<account>:<name>
std::optional<Arn> split_arn(std::string_view text) {
  std::vector<std::string_view> parts;
  for (int i = 0; i < 5; ++i) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn" || parts[1].empty() || parts[2].empty() || text.empty()) {
    return std::nullopt;
  }
  return Arn{parts[2], {std::string(parts[3]), std::string(parts[4]), std::string(text)}};
}

/// "Value <policy> for parameter <name> is invalid. Reason: <reason>", for one policy.
struct Refusal {
  std::string_view name;
  std::string_view policy;

  Error operator()(std::string_view reason) const {
    return invalid_parameter(policy, name, reason);
  }
};

std::optional<int32_t> receive_count(const json::element& value) {
  int64_t count = 0;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  } else if (!value.is_int64() || value.get(count) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  if (count < 1 || count > engine::kMaxReceiveCountMax) return std::nullopt;
  return static_cast<int32_t>(count);
}

Result<int32_t> check_receive_count(const Refusal& refusal, const json::element& value) {
  if (const std::optional<int32_t> count = receive_count(value)) return *count;
  std::string_view text;
  const bool is_text = value.get(text) == simdjson::SUCCESS;
  return refusal(fmt::format(
      "Invalid value for maxReceiveCount: {}, valid values are from 1 to {} both inclusive.",
      is_text ? std::string(text) : simdjson::minify(value), engine::kMaxReceiveCountMax));
}

Result<engine::QueueAddress> check_target(const Refusal& refusal, const json::element& value,
                                          const engine::QueueAddress& source) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) {
    return refusal("Invalid value for deadLetterTargetArn.");
  }
  const std::optional<Arn> arn = split_arn(text);
  if (!arn) return refusal("Invalid value for deadLetterTargetArn.");
  if (arn->service != "sqs") {
    return refusal("Only SQS queues are valid resources for deadLetterTargetArn.");
  }
  if (arn->address.region != source.region) {
    return refusal("Dead-letter target must be in same region as the source.");
  }
  if (arn->address.account != source.account) {
    return refusal("Dead-letter target owner should be same as the source.");
  }
  return arn->address;
}

Error unsupported_allow_policy() {
  return invalid_attribute_value("RedriveAllowPolicy",
                                 "Amazon SQS can't create the redrive allow policy, as it’s in an "
                                 "unsupported format.");
}

struct AllowPolicy {
  std::string permission;
  std::vector<std::string> source_arns;
};

/// Nothing when the form is not a RedriveAllowPolicy's. How its parts fit together is not looked
/// at.
std::optional<AllowPolicy> read_allow_policy(std::string_view text) {
  Parsed parsed;
  if (!parse_object(text, parsed)) return std::nullopt;
  AllowPolicy policy;
  for (const auto& [key, value] : parsed.object) {
    if (key == "redrivePermission") {
      std::string_view permission;
      if (value.get(permission) != simdjson::SUCCESS) return std::nullopt;
      policy.permission = permission;
    } else if (key == "sourceQueueArns") {
      json::array arns;
      if (value.get(arns) != simdjson::SUCCESS) return std::nullopt;
      for (const json::element& item : arns) {
        std::string_view arn;
        if (item.get(arn) != simdjson::SUCCESS) return std::nullopt;
        policy.source_arns.emplace_back(arn);
      }
    } else {
      return std::nullopt;
    }
  }
  const std::string& permission = policy.permission;
  if (permission != "allowAll" && permission != "denyAll" && permission != "byQueue") {
    return std::nullopt;
  }
  return policy;
}

}  // namespace

std::optional<engine::QueueAddress> parse_queue_arn(std::string_view arn) {
  std::optional<Arn> parts = split_arn(arn);
  if (!parts || parts->service != "sqs") return std::nullopt;
  return std::move(parts->address);
}

Result<engine::RedrivePolicy> parse_redrive_policy(const engine::QueueAddress& source,
                                                   std::string_view text, bool count_optional) {
  Parsed parsed;
  if (!parse_object(text, parsed)) {
    return invalid_attribute_value("RedrivePolicy", "Redrive policy is not a valid JSON map.");
  }
  std::optional<json::element> count;
  std::optional<json::element> target;
  bool has_other_keys = false;
  for (const auto& [key, value] : parsed.object) {
    if (key == "maxReceiveCount") {
      count = value;
    } else if (key == "deadLetterTargetArn") {
      target = value;
    } else {
      has_other_keys = true;
    }
  }
  const Refusal refusal{"RedrivePolicy", text};
  constexpr std::string_view kMissing = "Redrive policy does not contain mandatory attribute: ";
  if (!count && !count_optional) return refusal(fmt::format("{}maxReceiveCount.", kMissing));
  if (!target) return refusal(fmt::format("{}deadLetterTargetArn.", kMissing));
  if (has_other_keys) {
    return refusal(
        "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
  }
  engine::RedrivePolicy policy;
  policy.text = text;
  if (count) {
    TRY_ASSIGN(policy.max_receive_count, check_receive_count(refusal, *count));
  }
  TRY_ASSIGN(policy.dead_letter_target, check_target(refusal, *target, source));
  return policy;
}

// The texts are an emulator's [E].
Result<void> check_redrive_allow_policy(std::string_view text) {
  const std::optional<AllowPolicy> policy = read_allow_policy(text);
  if (!policy) return unsupported_allow_policy();
  const Refusal refusal{"RedriveAllowPolicy", text};
  if (policy->permission == "byQueue") {
    if (policy->source_arns.empty()) {
      return refusal(
          "Amazon SQS can't create the redrive allow policy. When you specify the byQueue "
          "permission type, you must also specify one or more sourceQueueArns values.");
    }
    if (policy->source_arns.size() > kSourceQueueArnsMax) {
      return refusal(
          "Amazon SQS can't create the redrive allow policy. The maximum number of source queue "
          "ARNs you can specify is 10.");
    }
  } else if (!policy->source_arns.empty()) {
    return refusal(
        "Amazon SQS can't create the redrive allow policy. To specify one or more source queue "
        "ARNs, you must set redrivePermission to byQueue.");
  }
  return {};
}

bool redrive_allowed(std::string_view text, const engine::QueueAddress& source) {
  if (text.empty()) return true;
  const std::optional<AllowPolicy> policy = read_allow_policy(text);
  if (!policy || policy->permission == "allowAll") return true;
  return std::any_of(policy->source_arns.begin(), policy->source_arns.end(),
                     [&](const std::string& arn) { return parse_queue_arn(arn) == source; });
}

Result<void> check_policy(std::string_view text, bool creating) {
  Parsed parsed;
  json::element statement;
  if (text.size() > kPolicyBytesMax || !parse_object(text, parsed) ||
      parsed.object["Statement"].get(statement) != simdjson::SUCCESS) {
    return invalid_attribute_value("Policy");
  }
  json::array statements;
  if (statement.get(statements) != simdjson::SUCCESS) {
    if (!statement.is_object()) return invalid_attribute_value("Policy");
    return {};
  }
  if (statements.size() > kPolicyStatementsMax) {
    return Error{creating ? ErrorCode::kInvalidParameterValue : ErrorCode::kOverLimit,
                 fmt::format("{} statements were found in the submitted policy, max allowed is {}",
                             statements.size(), kPolicyStatementsMax)};
  }
  return {};
}

}  // namespace forebay::server
