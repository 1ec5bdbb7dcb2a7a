// SPDX-License-Identifier: Apache-2.0
#include "server/move_task_rules.h"

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/base64.h"
#include "engine/limits.h"
#include "protocol/json_document.h"
#include "server/queue_policy_text.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

// ---- Texts. That of a bad handle is recorded, the others are graded E in the contract. ----

Error refusal(std::string text) {
  return {ErrorCode::kInvalidParameterValue, std::move(text)};
}

Error not_a_queue_arn(std::string_view name) {
  return refusal(
      fmt::format("You must use this format to specify the {}: "
                  "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
                  name));
}

Error out_of_range(std::string_view name, int32_t max) {
  return refusal(
      fmt::format("Value for parameter {} is invalid. Reason: You must enter a number that's "
                  "between 1 and {}.",
                  name, max));
}

Error bad_task_handle() {
  return refusal("Value for parameter TaskHandle is invalid.");
}

// ---- Rules ----

/// The queue itself when it is the caller's, else the address that is nobody's.
engine::QueueAddress own_queue(const RequestScope& scope,
                               std::optional<engine::QueueAddress> queue) {
  if (queue && queue->region == scope.region && queue->account == scope.account) {
    return *std::move(queue);
  }
  return {scope.region, scope.account, ""};
}

std::optional<std::string> string_member(const std::vector<protocol::JsonMember>& members,
                                         std::string_view name) {
  const protocol::JsonMember* const member = protocol::find_member(members, name);
  return member == nullptr ? std::nullopt : protocol::json_string(member->value);
}

}  // namespace

Result<engine::QueueAddress> parse_move_task_arn(const RequestScope& scope, std::string_view name,
                                                 std::string_view arn) {
  std::optional<engine::QueueAddress> queue = parse_queue_arn(arn);
  if (!queue) return not_a_queue_arn(name);
  return own_queue(scope, std::move(queue));
}

Result<void> check_move_task_rate(const protocol::OptionalInt& messages_per_second) {
  const int32_t rate = messages_per_second.value_or(1);
  if (rate >= 1 && rate <= engine::kMoveTaskRateMax) return {};
  return out_of_range("MaxNumberOfMessagesPerSecond", engine::kMoveTaskRateMax);
}

Result<int32_t> parse_move_task_count(const protocol::OptionalInt& max_results) {
  const int32_t count = max_results.value_or(1);
  if (count >= 1 && count <= engine::kMoveTasksKept) return count;
  return out_of_range("MaxResults", engine::kMoveTasksKept);
}

std::string make_task_handle(const MoveTaskName& task) {
  return base64_encode(fmt::format(R"({{"taskId":"{}","sourceArn":"{}"}})",
                                   uuid_text(task.task_id).view(), engine::queue_arn(task.source)));
}

Result<MoveTaskName> parse_task_handle(const RequestScope& scope, std::string_view handle) {
  const std::optional<std::string> text = base64_decode(handle);
  const auto members = text ? protocol::json_members(*text) : std::nullopt;
  if (!members) return bad_task_handle();
  const std::optional<std::string> task_id = string_member(*members, "taskId");
  const std::optional<std::string> source_arn = string_member(*members, "sourceArn");
  if (!task_id || !source_arn) return bad_task_handle();
  return MoveTaskName{own_queue(scope, parse_queue_arn(*source_arn)),
                      parse_uuid(*task_id).value_or(Bytes16{})};
}

}  // namespace forebay::server
