// SPDX-License-Identifier: Apache-2.0
// A queue's attributes as SQS's texts (contract 3.1, 3.2), read. What writes them is public:
// to_text().
// Thread: any.
#pragma once

#include <string_view>

#include <forebay/sqs/queues.h>

namespace forebay::sqs {

/// Puts the attribute where it belongs; one without a field, or whose text does not fit its field,
/// goes to `out.attributes.others`.
void set_queue_attribute(std::string_view name, std::string_view text,
                         GetQueueAttributesReply& out);

}  // namespace forebay::sqs
