// SPDX-License-Identifier: Apache-2.0
// What has to change so that a queue is as it is wanted.
// Thread: any; pure functions.
#pragma once

#include <string>
#include <vector>

#include <forebay/sqs/queue_manager.h>

namespace forebay::sqs {

/// The changes from what a queue has to what is wanted of it, by SQS's texts (to_text()). Texts
/// that mean the same are no change: white space in JSON, "" for what is not there. What only
/// `have` has stays.
std::vector<QueueChange> attribute_changes(const OtherAttributes& have,
                                           const OtherAttributes& wanted);

/// `only_wanted`: tags that are not wanted are taken away.
std::vector<QueueChange> tag_changes(const Tags& have, const Tags& wanted, bool only_wanted);

}  // namespace forebay::sqs
