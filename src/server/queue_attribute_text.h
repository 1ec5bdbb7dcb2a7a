// SPDX-License-Identifier: Apache-2.0
// Queue attributes between their texts on the wire and the engine's values (contract section 3).
//
// Reading checks what a value shows by itself: names, syntax, ranges. What depends on the queue's
// type, on its other settings or on other queues is the engine's to check
// (engine/queue_attributes.h).
// Thread: any.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/operations.h"
#include "protocol/shapes.h"

namespace forebay::server {

struct AttributeTextOptions {
  engine::QueueAddress queue;  // whose attributes these are
  bool creating = false;       // CreateQueue; else SetQueueAttributes
  /// Accept the names of some guides too: VisibilityTimeoutSeconds for VisibilityTimeout, and
  /// MaxReceiveCount as default for a RedrivePolicy without one. Without it such a name is refused
  /// like any unknown one, and the operator's log says once what was meant.
  bool aliases = false;
};

/// Of two equal names the later wins.
/// Errors: kInvalidAttributeName for the first unknown or read-only name in request order; only
/// when there is
///   none, kInvalidAttributeValue or kInvalidParameterValue for the first bad value.
Result<engine::AttributeChanges> parse_attributes(const protocol::StringPairs& attributes,
                                                  const AttributeTextOptions& options);

/// The texts of the attributes in `names` ("All": every one) that have a value on this queue, in
/// alphabetical order.
/// Errors: kInvalidAttributeName for the first unknown name.
Result<protocol::StringPairs> attribute_texts(const engine::QueueAddress& queue,
                                              const engine::DescribeQueue::Reply& description,
                                              const std::vector<std::string>& names);

}  // namespace forebay::server
