// SPDX-License-Identifier: Apache-2.0
// Requests in, replies out, on every wire.
//
// Each shape is described once (its members with their JSON and Query names); readers and writers
// for the wires follow from the description. Unknown members are ignored, explicit JSON null is
// absent (contract 1.4, 1.5).
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/envelope.h"
#include "protocol/error_table.h"
#include "protocol/shapes.h"

namespace forebay::protocol {

/// Reads the request of `envelope.action` from JSON or Query parameters. In Query a missing
/// QueueUrl is taken from the path. Where a name repeats in a map, its last value counts.
/// Limits: nesting depth 16; 4,096 items in all lists and maps together.
/// Errors: kSerialization with the texts of contract 1.4.2.
/// Explicitly instantiated for every request shape.
template <class Request>
Result<Request> decode_request(const Envelope& envelope);

/// A response without its HTTP framing.
struct EncodedReply {
  int http_status = 200;
  std::string_view content_type;  // static storage
  std::string query_error;  // value of x-amzn-query-error, empty on success and on the Query wires
  std::string body;
};

/// Writes a reply. `action` names the XML elements; `request_id` is a UUID text.
/// Explicitly instantiated for every reply shape.
template <class Reply>
EncodedReply encode_reply(Wire wire, std::string_view action, std::string_view request_id,
                          const Reply& reply);

/// Writes an error. A missing queue has one text for JSON and another for Query, whatever
/// `error.message` says (contract 1.5.3).
EncodedReply encode_error(Wire wire, std::string_view request_id, const Error& error);
/// The same for an error that no ErrorCode names.
EncodedReply encode_error(Wire wire, std::string_view request_id, const ErrorRow& row,
                          std::string_view message);

}  // namespace forebay::protocol
