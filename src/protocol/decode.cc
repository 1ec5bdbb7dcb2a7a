// SPDX-License-Identifier: Apache-2.0
#include "protocol/decode.h"

#include "base/check.h"
#include "protocol/codec.h"
#include "protocol/shape_members.h"

namespace forebay::protocol {

template <class Request>
Result<Request> decode_request(const Envelope& envelope) {
  if (envelope.wire == Wire::kJson) return decode_json<Request>(envelope.json_body);
  CHECK(envelope.query != nullptr);
  return decode_query<Request>(*envelope.query, envelope.queue_path);
}

#define FOREBAY_INSTANTIATE(Request) \
  template Result<Request> decode_request<Request>(const Envelope&);
FOREBAY_FOR_EACH_REQUEST(FOREBAY_INSTANTIATE)

}  // namespace forebay::protocol
