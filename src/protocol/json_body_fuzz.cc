// SPDX-License-Identifier: Apache-2.0
// Any bytes as the body of every AWS JSON request.
#include <cstddef>
#include <cstdint>

#include "protocol/fuzz_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forebay::protocol;
  Envelope envelope;
  envelope.wire = Wire::kJson;
  envelope.json_body = {reinterpret_cast<const char*>(data), size};
  check_all_requests(envelope);
  return 0;
}
