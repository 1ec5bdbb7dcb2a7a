// SPDX-License-Identifier: Apache-2.0
#include "server/queue_pages.h"

#include "base/base64.h"
#include "engine/limits.h"
#include "server/queue_url.h"

namespace forebay::server {
namespace {

Result<std::string> name_of_token(const std::string& token, std::string_view name_prefix) {
  const std::optional<std::string> name = base64_decode(token);
  if (!name || !is_queue_name(*name) || !name->starts_with(name_prefix)) {
    return Error{ErrorCode::kInvalidParameterValue, "Invalid or expired next token."};
  }
  return *name;
}

}  // namespace

Result<QueuePage> parse_queue_page(const protocol::OptionalInt& max_results,
                                   const protocol::OptionalString& next_token,
                                   std::string_view name_prefix) {
  QueuePage page{max_results.value_or(engine::kListQueuesMax), {}, max_results.has_value()};
  if (page.max_results < 1 || page.max_results > engine::kListQueuesMax) {
    return Error{ErrorCode::kInvalidParameterValue,
                 "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer "
                 "between 1 and 1000."};
  }
  if (next_token) {
    TRY_ASSIGN(page.after_name, name_of_token(*next_token, name_prefix));
  }
  return page;
}

protocol::OptionalString next_token(const QueuePage& page, const std::vector<std::string>& names,
                                    bool more) {
  if (!page.paged || !more) return std::nullopt;
  return base64_encode(names.back());
}

}  // namespace forebay::server
