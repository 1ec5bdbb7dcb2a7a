// SPDX-License-Identifier: Apache-2.0
// Any bytes as an HTTP request in AWS Query: the first line is the target, the rest the form body.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "protocol/fuzz_checks.h"
#include "protocol/query_parameters.h"

namespace {

using namespace forebay;
using namespace forebay::protocol;

void check_indexes(const QueryParameters& parameters, std::string_view prefix) {
  const std::vector<uint32_t> indexes = parameters.indexes(prefix);
  CHECK(std::ranges::is_sorted(indexes));
  CHECK(std::ranges::adjacent_find(indexes) == indexes.end());
}

void check_error(const Classified& classified) {
  const Error& error = classified.envelope.error();
  const EncodedReply reply = encode_error(classified.wire, "id", error);
  CHECK(reply.http_status >= 400);
  if (error.code == ErrorCode::kMissingAction) return;
  CHECK(classified.wire == Wire::kQuery ? is_well_formed_xml(reply.body)
                                        : is_json_object(reply.body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(input.find('\n'), input.size());
  HttpParts parts{};
  parts.method = "POST";
  parts.target = input.substr(0, line);
  parts.body = input.substr(std::min(line + 1, input.size()));
  for (std::string_view accept : {"", "application/json"}) {
    parts.accept = accept;
    const Classified classified = classify(parts);
    if (!classified.envelope.ok()) {
      check_error(classified);
      continue;
    }
    const Envelope& envelope = *classified.envelope;
    CHECK(!envelope.action.empty() && is_utf8(envelope.action) && is_utf8(envelope.queue_path));
    for (std::string_view prefix :
         {"", "Attribute", "SendMessageBatchRequestEntry.1.MessageAttribute"}) {
      check_indexes(*envelope.query, prefix);
    }
    check_all_requests(envelope);
  }
  return 0;
}
