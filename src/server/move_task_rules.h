// SPDX-License-Identifier: Apache-2.0
// What the three actions on move tasks check without looking at a queue, and how a task is named
// (contract sections 2.21 to 2.23).
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/byte_codec.h"
#include "base/result.h"
#include "engine/queue_attributes.h"
#include "protocol/shapes.h"
#include "server/queue_url.h"

namespace forebay::server {

/// The queue that the parameter `name` ("SourceArn", "DestinationArn") means by its ARN. These
/// actions never leave the caller's account and region (contract 1.8): the ARN of a queue elsewhere
/// gives an address without a name, which is nobody's, so that it is refused where and how an
/// unknown queue is.
/// Errors: kInvalidParameterValue: not the ARN of an SQS queue.
Result<engine::QueueAddress> parse_move_task_arn(const RequestScope& scope, std::string_view name,
                                                 std::string_view arn);

/// Errors: kInvalidParameterValue outside 1..kMoveTaskRateMax.
Result<void> check_move_task_rate(const protocol::OptionalInt& messages_per_second);

/// A ListMessageMoveTasks' MaxResults; 1 when it is absent.
/// Errors: kInvalidParameterValue outside 1..kMoveTasksKept.
Result<int32_t> parse_move_task_count(const protocol::OptionalInt& max_results);

/// A TaskHandle taken apart.
struct MoveTaskName {
  engine::QueueAddress source;
  Bytes16 task_id;
};

/// Base64 of {"taskId":"<uuid>","sourceArn":"<arn>"}: clients take it apart and make their own.
std::string make_task_handle(const MoveTaskName& task);

/// A task id that is no UUID becomes the nil UUID, which no task has: whether the source exists is
/// to be said first. A source elsewhere, or that is no ARN: as parse_move_task_arn() for one
/// elsewhere.
/// Errors: kInvalidParameterValue: not the base64 of such a text.
Result<MoveTaskName> parse_task_handle(const RequestScope& scope, std::string_view handle);

}  // namespace forebay::server
