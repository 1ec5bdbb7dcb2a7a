// SPDX-License-Identifier: Apache-2.0
// Requests and replies of the actions that move a dead-letter queue's messages
// (contract 2.21-2.23).
//
// Thread: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

struct StartMessageMoveTaskReply {
  std::string task_handle = {};
};

/// Errors: kNotFound (a queue does not exist), kInvalidRequest (no dead-letter queue, or a task is
/// already running for it).
struct StartMessageMoveTaskRequest {
  static constexpr std::string_view kAction = "StartMessageMoveTask";
  using Reply = StartMessageMoveTaskReply;

  std::string source_arn = {};
  std::optional<std::string> destination_arn = {};  // default: where each message came from
  std::optional<int> max_number_of_messages_per_second = {};  // 1 to 500
};

struct CancelMessageMoveTaskReply {
  int64_t approximate_number_of_messages_moved = 0;
};

/// What is moved stays moved. Errors: kNotFound, kInvalidRequest (not running any more).
struct CancelMessageMoveTaskRequest {
  static constexpr std::string_view kAction = "CancelMessageMoveTask";
  using Reply = CancelMessageMoveTaskReply;

  std::string task_handle = {};
};

enum class MessageMoveTaskStatus : uint8_t {
  kRunning,
  kCompleted,
  kCancelling,
  kCancelled,
  kFailed,
  kUnknown,  // a status this version does not know
};

struct ListMessageMoveTasksReply {
  struct Entry {
    std::optional<std::string> task_handle = {};  // only while running
    MessageMoveTaskStatus status = MessageMoveTaskStatus::kUnknown;
    std::string source_arn = {};
    std::optional<std::string> destination_arn = {};
    std::optional<int> max_number_of_messages_per_second = {};
    int64_t approximate_number_of_messages_moved = 0;
    int64_t approximate_number_of_messages_to_move = 0;  // at the start
    std::optional<std::string> failure_reason = {};
    Timestamp started_timestamp = {};
  };
  std::vector<Entry> results = {};  // newest first
};

struct ListMessageMoveTasksRequest {
  static constexpr std::string_view kAction = "ListMessageMoveTasks";
  using Reply = ListMessageMoveTasksReply;

  std::string source_arn = {};
  std::optional<int> max_results = {};  // 1 to 10; default 1
};

}  // namespace forebay::sqs
