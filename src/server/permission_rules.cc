// SPDX-License-Identifier: Apache-2.0
#include "server/permission_rules.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "server/parameter_errors.h"
#include "server/queue_url.h"

namespace forebay::server {
namespace {

constexpr size_t kActionsMax = 7;

/// What a policy can allow to other accounts. The batch forms are actions by name only: whoever may
/// do the single form may do them. AWS documents "the name of any action", so they are accepted.
constexpr std::string_view kSharedActions[] = {
    "*",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "DeleteMessage",
    "DeleteMessageBatch",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
    "SendMessageBatch",
};

/// Those that no policy opens to another account (contract 1.8).
constexpr std::string_view kOwnersActions[] = {
    "AddPermission",        "CancelMessageMoveTask", "CreateQueue", "DeleteQueue",
    "ListMessageMoveTasks", "ListQueueTags",         "ListQueues",  "RemovePermission",
    "SetQueueAttributes",   "StartMessageMoveTask",  "TagQueue",    "UntagQueue",
};

bool contains(const auto& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// 1 to 80 letters, digits, '-' and '_': what a standard queue may be called.
bool is_label(std::string_view text) {
  return is_queue_name(text) && !is_fifo_name(text);
}

// ---- Texts of this section are graded E in the contract ----

Error bad_label(std::string_view label) {
  return invalid_parameter(
      label, "Label",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
}

Error over_limit(size_t count, std::string_view what, size_t max) {
  return {ErrorCode::kOverLimit,
          fmt::format("{} {} were found, maximum allowed is {}.", count, what, max)};
}

Error owners_action(std::string_view action) {
  return invalid_parameter(fmt::format("SQS:{}", action), "ActionName",
                           "Only the queue owner is allowed to invoke this action.");
}

Error unknown_action(std::string_view action) {
  return invalid_parameter(fmt::format("SQS:{}", action), "ActionName",
                           "Please refer to the appropriate WSDL for a list of valid actions. ");
}

Error bad_accounts(const std::vector<std::string>& account_ids) {
  return invalid_parameter(fmt::format("[{}]", fmt::join(account_ids, ", ")), "PrincipalId",
                           "Unable to verify.");
}

}  // namespace

Error too_many_statements(size_t count, size_t max) {
  return over_limit(count, "Statements", max);
}

Error policy_too_long(size_t bytes, size_t max) {
  return over_limit(bytes, "bytes of policy", max);  // no source tells AWS's text
}

// ---- Recorded texts ----

Error label_exists(std::string_view label) {
  return invalid_parameter(label, "Label", "Already exists.");
}

Error label_not_found(std::string_view label) {
  return invalid_parameter(label, "Label", "can't find label.");
}

Result<void> check_permission(const protocol::AddPermissionRequest& request) {
  if (!request.label || request.label->empty()) return missing_parameter("Label");
  if (!request.actions || request.actions->empty()) return missing_parameter("Actions");
  if (!is_label(*request.label)) return bad_label(*request.label);
  if (request.actions->size() > kActionsMax) {
    return over_limit(request.actions->size(), "Actions", kActionsMax);
  }
  for (const std::string& action : *request.actions) {
    if (contains(kOwnersActions, action)) return owners_action(action);
    if (!contains(kSharedActions, action)) return unknown_action(action);
  }
  const std::vector<std::string> none;
  const std::vector<std::string>& account_ids =
      request.aws_account_ids ? *request.aws_account_ids : none;
  if (account_ids.empty() || !std::all_of(account_ids.begin(), account_ids.end(), is_account_id)) {
    return bad_accounts(account_ids);
  }
  return {};
}

}  // namespace forebay::server
