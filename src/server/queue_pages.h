// SPDX-License-Identifier: Apache-2.0
// Pages of queue names: MaxResults and NextToken of ListQueues and ListDeadLetterSourceQueues
// (contract sections 2.4, 2.5). A NextToken is the last name of the page, in base64.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/shapes.h"

namespace forebay::server {

/// Which names are asked for.
struct QueuePage {
  int32_t max_results;
  std::string after_name;  // empty: from the start
  bool paged;              // only who gives MaxResults is told that there are more
};

/// Every name of the list begins with `name_prefix`.
/// Errors: kInvalidParameterValue: MaxResults outside 1..kListQueuesMax, a token that is none of
/// ours.
Result<QueuePage> parse_queue_page(const protocol::OptionalInt& max_results,
                                   const protocol::OptionalString& next_token,
                                   std::string_view name_prefix = {});

/// The NextToken after a page of `names` when there are `more`.
protocol::OptionalString next_token(const QueuePage& page, const std::vector<std::string>& names,
                                    bool more);

}  // namespace forebay::server
