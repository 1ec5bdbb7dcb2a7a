// SPDX-License-Identifier: Apache-2.0
// The one description of every shape: its members, their names on each wire, where values are kept.
// Here are their names; a member that is added to a description is read and written on every wire.
// Thread: constants.
#pragma once

#include "protocol/reply_members.h"
#include "protocol/request_members.h"

// clang-format off
/// Every request shape, for explicit instantiation.
#define FOREBAY_FOR_EACH_REQUEST(X)                                                        \
  X(CreateQueueRequest) X(DeleteQueueRequest) X(GetQueueUrlRequest) X(ListQueuesRequest)   \
  X(GetQueueAttributesRequest) X(SetQueueAttributesRequest) X(SendMessageRequest)          \
  X(SendMessageBatchRequest) X(ReceiveMessageRequest) X(DeleteMessageRequest)              \
  X(DeleteMessageBatchRequest) X(ChangeMessageVisibilityRequest)                           \
  X(ChangeMessageVisibilityBatchRequest) X(PurgeQueueRequest) X(TagQueueRequest)           \
  X(UntagQueueRequest) X(ListQueueTagsRequest) X(AddPermissionRequest)                     \
  X(RemovePermissionRequest) X(ListDeadLetterSourceQueuesRequest)                          \
  X(StartMessageMoveTaskRequest) X(CancelMessageMoveTaskRequest)                           \
  X(ListMessageMoveTasksRequest)

/// Every reply shape.
#define FOREBAY_FOR_EACH_REPLY(X)                                                          \
  X(EmptyReply) X(QueueUrlReply) X(ListQueuesReply) X(GetQueueAttributesReply)             \
  X(ListQueueTagsReply) X(SendMessageReply) X(SendMessageBatchReply) X(IdBatchReply)       \
  X(ReceiveMessageReply) X(ListDeadLetterSourceQueuesReply) X(StartMessageMoveTaskReply)   \
  X(CancelMessageMoveTaskReply) X(ListMessageMoveTasksReply)
// clang-format on
