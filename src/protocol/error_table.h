// SPDX-License-Identifier: Apache-2.0
// The one place where an ErrorCode becomes SQS's names and numbers (contract section 1.6).
// Thread: any.
#pragma once

#include <string_view>

#include "base/error.h"

namespace forebay::protocol {

/// How a code looks on the wire.
struct ErrorRow {
  std::string_view json_type;   // whole `__type`: "com.amazonaws.sqs#QueueDoesNotExist"
  std::string_view query_code;  // "AWS.SimpleQueueService.NonExistentQueue"
  int http_status;              // 400, 403, 404, 413, 500, 503
  bool sender_fault;            // Sender, else Receiver
};

/// Exhaustive; never fails.
const ErrorRow& error_row(ErrorCode code);

}  // namespace forebay::protocol
