// SPDX-License-Identifier: Apache-2.0
// Deciding what comes with a receipt handle: contract sections 2.13, 2.15, 5.3.
#include "engine/engine.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

Error invalid_handle(const std::string& text, std::string_view reason) {
  return {
      ErrorCode::kInvalidParameterValue,
      "Value " + text + " for parameter ReceiptHandle is invalid. Reason: " + std::string(reason)};
}

}  // namespace

Result<Engine::CheckedHandle> Engine::check_handle(const Queue& queue, const std::string& text,
                                                   WallMs now) {
  const std::optional<ReceiptHandle> handle = decode_receipt_handle(text, secret_);
  if (!handle) {
    return Error{ErrorCode::kReceiptHandleIsInvalid,
                 "The input receipt handle \"" + text + "\" is not a valid receipt handle."};
  }
  if (handle->queue != queue.id) {
    return Error{ErrorCode::kReceiptHandleIsInvalid,
                 "The receipt handle \"" + text + "\" is not valid for this queue."};
  }
  Message* message = live_message(queue, handle->message);
  if (message != nullptr && retention_over(queue, *message, now)) message = nullptr;
  const bool current = message != nullptr && message->state == MessageState::kInFlight &&
                       messages_.history(*message).receive_count == handle->receive_count;
  return CheckedHandle{*handle, message, current};
}

Result<void> Engine::decide_delete(QueueId id, const std::string& receipt_handle, WallMs now,
                                   Facts& facts) {
  const Queue* queue = advance(id, now);
  CHECK(queue != nullptr);
  TRY_ASSIGN(const CheckedHandle checked, check_handle(*queue, receipt_handle, now));
  if (checked.message == nullptr) return {};  // deleting what is gone succeeds
  if (queue->attributes.fifo_queue && !checked.current) {
    return invalid_handle(receipt_handle, "The receipt handle has expired.");
  }
  facts.emplace_back(MessageDeleted{id, checked.handle.message});
  return {};
}

Result<void> Engine::decide_change(QueueId id, const ChangeVisibility::Entry& entry, WallMs now,
                                   Facts& facts) {
  const Queue* queue = advance(id, now);
  CHECK(queue != nullptr);
  TRY_ASSIGN(const CheckedHandle checked, check_handle(*queue, entry.receipt_handle, now));
  // On a standard queue an old handle still works, even when the message is visible again
  // (contract 5.3 [S]). For an expired handle on FIFO no recording exists [?]; we answer as for a
  // deleted message.
  if (checked.message == nullptr || (queue->attributes.fifo_queue && !checked.current)) {
    return invalid_handle(
        entry.receipt_handle,
        "Message does not exist or is not available for visibility timeout change.");
  }
  const WallMs visible_at = now + int64_t{entry.visibility_timeout} * 1000;
  if (entry.visibility_timeout > 0 && visible_at - messages_.history(*checked.message).received >=
                                          int64_t{kVisibilityTimeoutMax} * 1000) {
    return Error{ErrorCode::kInvalidParameterValue,
                 "Value " + std::to_string(entry.visibility_timeout) +
                     " for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout "
                     "for the message is "
                     "beyond the limit [43200 seconds]"};
  }
  facts.emplace_back(VisibilityChanged{id, checked.handle.message, visible_at});
  return {};
}

}  // namespace forebay::engine
