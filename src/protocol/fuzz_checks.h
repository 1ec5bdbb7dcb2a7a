// SPDX-License-Identifier: Apache-2.0
// What must hold of every request that a decoder accepted, whatever the bytes were. For fuzzers.
// Thread: any.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "protocol/codec.h"
#include "protocol/digests.h"
#include "protocol/shape_members.h"
#include "protocol/utf8.h"
#include "protocol/xml_well_formed.h"

namespace forebay::protocol {

template <class Shape>
void check_shape(const Shape& shape);

inline void check_value(const OptionalString& value, Spelling spelling) {
  CHECK(!value || spelling == Spelling::kBase64 || is_utf8(*value));
}
inline void check_value(const OptionalInt&, Spelling) {}
inline void check_value(bool, Spelling) {}
inline void check_value(const std::string& value, Spelling) {
  CHECK(is_utf8(value));
}
inline void check_value(const MessageAttributeValue& value, Spelling) {
  check_shape(value);
}

/// A map: every name once.
template <class Value>
void check_value(const std::vector<std::pair<std::string, Value>>& map, Spelling spelling) {
  std::set<std::string_view> names;
  for (const auto& [name, value] : map) {
    CHECK(is_utf8(name));
    CHECK(names.insert(name).second);
    check_value(value, spelling);
  }
}
inline void check_value(const std::vector<std::string>& list, Spelling spelling) {
  for (const std::string& item : list) check_value(item, spelling);
}
template <class Entry>
void check_value(const std::vector<Entry>& list, Spelling) {
  for (const Entry& entry : list) check_shape(entry);
}
template <class Collection>
void check_value(const std::optional<Collection>& value, Spelling spelling) {
  if (value) check_value(*value, spelling);
}

template <class Shape>
void check_shape(const Shape& shape) {
  for_each_member<Shape>(
      [&](const auto& member) { check_value(std::invoke(member.field, shape), member.spelling); });
}

template <class Request>
Result<Request> decode_json_text(std::string_view text) {
  Envelope envelope;
  envelope.wire = Wire::kJson;
  envelope.json_body = text;
  return decode_request<Request>(envelope);
}

/// Any JSON object without a QueueUrl is a request to purge no queue.
inline bool is_json_object(std::string_view text) {
  return decode_json_text<PurgeQueueRequest>(text).ok();
}

/// Sends what was accepted back as a received message: every wire must be well-formed, and the JSON
/// must read as what was written.
inline void check_round_trip(const SendMessageRequest& request) {
  ReceivedMessage message;
  message.attributes = {{"body", request.message_body.value_or("")}};
  if (request.message_body) message.body = *request.message_body;
  message.message_attributes = request.message_attributes;
  const ReceiveMessageReply reply{{message}};

  CHECK(is_well_formed_xml(encode_reply(Wire::kQuery, "ReceiveMessage", "id", reply).body));
  CHECK(is_json_object(encode_reply(Wire::kQueryJson, "ReceiveMessage", "id", reply).body));
  std::string_view json;
  const EncodedReply encoded = encode_reply(Wire::kJson, "ReceiveMessage", "id", reply);
  json = encoded.body;
  constexpr std::string_view kBefore = "{\"Messages\":[";
  constexpr std::string_view kAfter = "]}";
  CHECK(json.starts_with(kBefore) && json.ends_with(kAfter));
  json = json.substr(kBefore.size(), json.size() - kBefore.size() - kAfter.size());

  // Both requests have members of these names and types; the message's other members are unknown to
  // them.
  const Result<CreateQueueRequest> attributes = decode_json_text<CreateQueueRequest>(json);
  CHECK(attributes.ok() && attributes->attributes == message.attributes);
  const Result<SendMessageRequest> sent = decode_json_text<SendMessageRequest>(json);
  CHECK(sent.ok());
  CHECK(std::ranges::equal(
      sent->message_attributes, request.message_attributes, [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.data_type == b.second.data_type &&
               a.second.string_value == b.second.string_value &&
               a.second.binary_value == b.second.binary_value;
      }));
}

/// Decodes `envelope` as every request there is.
inline void check_all_requests(const Envelope& envelope) {
  const auto check_one = [&]<class Request>(std::type_identity<Request>) {
    const Result<Request> request = decode_request<Request>(envelope);
    if (!request.ok()) {
      CHECK(request.error().code == ErrorCode::kSerialization);
      CHECK(is_utf8(request.error().message));
      return;
    }
    check_shape(*request);
    if constexpr (std::is_same_v<Request, SendMessageRequest>) check_round_trip(*request);
  };
#define FOREBAY_CHECK_ONE(Request) check_one(std::type_identity<Request>());
  FOREBAY_FOR_EACH_REQUEST(FOREBAY_CHECK_ONE)
#undef FOREBAY_CHECK_ONE
}

}  // namespace forebay::protocol
