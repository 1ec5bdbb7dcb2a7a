// SPDX-License-Identifier: Apache-2.0
// read_event_type on simdjson. The whole body is parsed, so what is not JSON has no type.
#include <simdjson.h>

#include "consumer/event_type.h"

namespace forebay::sqs::detail {

void read_event_type(std::string_view body, std::string_view field, std::string& type) {
  thread_local simdjson::dom::parser parser;
  type.clear();
  simdjson::dom::element document;
  std::string_view value;
  if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS) return;
  if (document.at_key(field).get(value) == simdjson::SUCCESS) type.assign(value);
}

}  // namespace forebay::sqs::detail
