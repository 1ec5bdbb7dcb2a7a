// SPDX-License-Identifier: Apache-2.0
#include "server/queue_name_rules.h"

#include <algorithm>
#include <string_view>

#include "server/queue_url.h"

namespace forebay::server {
namespace {

bool says_true(std::string_view value) {
  constexpr std::string_view kTrue = "true";
  return value.size() == kTrue.size() &&
         std::equal(value.begin(), value.end(), kTrue.begin(),
                    [](char given, char wanted) { return (given | 0x20) == wanted; });
}

bool wants_fifo(const protocol::StringPairs& attributes) {
  bool fifo = false;
  for (const auto& [name, value] : attributes) {
    if (name == "FifoQueue") fifo = says_true(value);
  }
  return fifo;
}

}  // namespace

Error missing_queue_name() {
  return {ErrorCode::kInvalidParameterValue,
          "Value for parameter QueueName is invalid. Reason: Must specify a queue name."};
}

Result<void> check_new_queue_name(const protocol::OptionalString& name,
                                  const protocol::StringPairs& attributes) {
  if (!name) return missing_queue_name();
  if (name->empty()) {
    return Error{ErrorCode::kInvalidParameterValue, "Queue name cannot be empty"};
  }
  const bool good = is_queue_name(*name);
  if (wants_fifo(attributes)) {
    if (good && is_fifo_name(*name)) return {};
    return Error{ErrorCode::kInvalidParameterValue,
                 "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
                 "underscores, must end with .fifo suffix and be 1 to 80 in length."};
  }
  if (good && !is_fifo_name(*name)) return {};
  return Error{ErrorCode::kInvalidParameterValue,
               "Can only include alphanumeric characters, hyphens, or underscores. "
               "1 to 80 in length"};
}

}  // namespace forebay::server
