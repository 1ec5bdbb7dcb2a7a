// SPDX-License-Identifier: Apache-2.0
// Which protocol a request speaks, and which action it asks for (contract section 1.1, 1.5.4).
// Thread: any.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace forebay::protocol {

/// The parts of an HTTP request that decide. All views must outlive the Envelope made from them.
struct HttpParts {
  std::string_view method;        // "GET", "POST"
  std::string_view target;        // as on the request line: path, optional "?query"
  std::string_view content_type;  // empty when missing
  std::string_view amz_target;    // X-Amz-Target, empty when missing
  std::string_view accept;        // empty when missing
  std::string_view body;
};

enum class Wire : uint8_t {
  kJson,       // AWS JSON 1.0 both ways
  kQuery,      // AWS Query in, XML out
  kQueryJson,  // AWS Query in, JSON that mirrors the XML out (Accept: application/json)
};

class QueryParameters;  // protocol/query_parameters.h

/// A classified request, ready to be decoded by `decode_request` (protocol/codec.h). Its views are
/// of the HttpParts, or of `query`.
struct Envelope {
  Wire wire = Wire::kJson;
  std::string_view action;                       // "SendMessage", as sent; may be unknown
  std::string_view queue_path;                   // the path, "/<account>/<name>"; empty for "/"
  std::string_view json_body;                    // kJson only
  std::shared_ptr<const QueryParameters> query;  // other wires only
};

/// Decides protocol and action. A form body counts with POST only, and when its type is a form's or
/// missing. Limits: 4,096 Query parameters, names of 512 bytes (protocol/query_parameters.h).
/// Errors: kMissingAction (Query without Action), kUnknownOperation (JSON without a usable
///   X-Amz-Target), kSerialization (Query beyond the limits or not UTF-8).
struct Classified {
  Wire wire;  // also of what is refused: how to write the error
  Result<Envelope> envelope;
};
Classified classify(const HttpParts& parts);

}  // namespace forebay::protocol
