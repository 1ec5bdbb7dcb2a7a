// SPDX-License-Identifier: Apache-2.0
#include "protocol/envelope.h"

#include <algorithm>

#include "protocol/query_parameters.h"
#include "protocol/utf8.h"

namespace forebay::protocol {
namespace {

constexpr std::string_view kTargetPrefix = "AmazonSQS.";
constexpr std::string_view kJsonContentType = "application/x-amz-json-1.0";
constexpr std::string_view kFormContentType = "application/x-www-form-urlencoded";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Media types and schemes are case-insensitive. `prefix` is lower case.
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lower);
}

struct Target {
  std::string_view path;
  std::string_view query;
};

Target split_target(std::string_view target) {
  for (std::string_view scheme :
       {"http://", "https://"}) {  // absolute form: what a client sends to a proxy
    if (starts_with_ignoring_case(target, scheme)) {
      target.remove_prefix(scheme.size());
      target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    }
  }
  const size_t mark = std::min(target.find('?'), target.size());
  return {target.substr(0, mark), target.substr(std::min(mark + 1, target.size()))};
}

std::string_view queue_path_of(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  // It may be quoted in an error's text, and every reply is UTF-8. No queue's path is anything
  // else.
  return is_utf8(path) ? path : "/";
}

/// Whether JSON is what the client would like best. Weights (";q=") are not looked at.
bool prefers_json(std::string_view accept) {
  const std::string_view first = accept.substr(0, accept.find_first_of(",; "));
  return first.size() == std::string_view("application/json").size() &&
         starts_with_ignoring_case(first, "application/json");
}

bool carries_a_form(const HttpParts& parts) {
  return parts.method == "POST" &&
         (parts.content_type.empty() ||
          starts_with_ignoring_case(parts.content_type, kFormContentType));
}

Result<Envelope> classify_json(const HttpParts& parts) {
  if (!parts.amz_target.starts_with(kTargetPrefix) || parts.amz_target == kTargetPrefix) {
    return Error{ErrorCode::kUnknownOperation, ""};
  }
  Envelope envelope;
  envelope.wire = Wire::kJson;
  envelope.action = parts.amz_target.substr(kTargetPrefix.size());
  envelope.queue_path = queue_path_of(split_target(parts.target).path);
  envelope.json_body = parts.body;
  return envelope;
}

Result<Envelope> classify_query(const HttpParts& parts, Wire wire) {
  const Target target = split_target(parts.target);
  Envelope envelope;
  envelope.wire = wire;
  envelope.queue_path = queue_path_of(target.path);
  TRY_ASSIGN(envelope.query,
             QueryParameters::parse(target.query, carries_a_form(parts) ? parts.body : ""));
  envelope.action = envelope.query->find("Action").value_or("");
  if (envelope.action.empty())
    return Error{ErrorCode::kMissingAction, "The request has no Action."};
  return envelope;
}

}  // namespace

Classified classify(const HttpParts& parts) {
  if (parts.amz_target.starts_with(kTargetPrefix) ||
      starts_with_ignoring_case(parts.content_type, kJsonContentType)) {
    return {Wire::kJson, classify_json(parts)};
  }
  const Wire wire = prefers_json(parts.accept) ? Wire::kQueryJson : Wire::kQuery;
  return {wire, classify_query(parts, wire)};
}

}  // namespace forebay::protocol
