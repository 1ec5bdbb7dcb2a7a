// SPDX-License-Identifier: Apache-2.0
// How a new queue may be called (contract section 2.1).
// Thread: any.
#pragma once

#include "base/result.h"
#include "protocol/shapes.h"

namespace forebay::server {

/// kInvalidParameterValue, of a QueueName that is needed and missing.
Error missing_queue_name();

/// Checks a CreateQueue's QueueName against what its attributes say of FifoQueue.
/// Errors: kInvalidParameterValue.
Result<void> check_new_queue_name(const protocol::OptionalString& name,
                                  const protocol::StringPairs& attributes);

}  // namespace forebay::server
