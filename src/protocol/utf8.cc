// SPDX-License-Identifier: Apache-2.0
#include "protocol/utf8.h"

#include <simdjson.h>

namespace forebay::protocol {

bool is_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

}  // namespace forebay::protocol
