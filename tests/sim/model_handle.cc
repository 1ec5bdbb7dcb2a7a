// SPDX-License-Identifier: Apache-2.0
// The model's receipt handles: deletes and changes of visibility.
#include <algorithm>

#include "sim/model.h"

namespace forebay::sim {

/// The handle, or null when it must be (and was) refused as not being one of this queue.
Model::Handle* Model::find_handle(const Issued& issued, const std::string& text,
                                  const Result<void>& result) {
  const auto found = handles_.find(text);
  const bool known = found != handles_.end() && found->second.queue == issued.queue &&
                     found->second.incarnation == queues_[issued.queue].incarnation;
  const bool invalid = !result.ok() && result.error().code == ErrorCode::kReceiptHandleIsInvalid;
  if (known && invalid)
    violation(issued, "a receipt handle was refused: " + result.error().message);
  if (!known && !invalid) violation(issued, "a foreign receipt handle was accepted: " + text);
  return known && !invalid ? &found->second : nullptr;
}

/// FIFO: nothing can have made this handle stale before the request was decided.
bool Model::surely_current(const Issued& issued, const std::string& text, const Message& message,
                           Span now) const {
  return certainly_in(message, issued.queue, now) && message.handle == text &&
         message.count_min == message.count_max && message.visible.lo > issued.at.hi;
}

void Model::answer(const Issued& issued, const engine::DeleteMessages& request,
                   const engine::DeleteMessages::Reply& reply, Span now) {
  CHECK(reply.results.size() == request.receipt_handles.size());
  for (size_t i = 0; i < reply.results.size(); ++i) {
    const std::string& text = request.receipt_handles[i];
    const Handle* handle = find_handle(issued, text, reply.results[i]);
    if (handle == nullptr) continue;
    Message& message = messages_[handle->message];
    const bool refused = !reply.results[i].ok();
    if (refused && (!fifo(issued.queue) || surely_current(issued, text, message, now))) {
      violation(issued,
                "a delete was refused: " + reply.results[i].error().message + ": " + name(message));
    }
    if (refused) {
      not_current(issued, text, message);
      continue;
    }
    if (fifo(issued.queue) && certainly_in(message, issued.queue, now) && message.handle != text &&
        message.move_count == handle->move_count) {
      violation(issued, "an old receipt handle deleted " + name(message));
    }
    deleted(issued, *handle);
  }
}

void Model::deleted(const Issued& issued, const Handle& handle) {
  Message& message = messages_[handle.message];
  if (message.gone || message.queue != issued.queue || message.move_count != handle.move_count)
    return;
  note_gone_from_there(handle.message);
}

/// Here it is gone; if it had been moved before, then it is in the dead-letter queue, or where a
/// task has moved it.
void Model::note_gone_from_there(size_t index) {
  Message& message = messages_[index];
  if (!message.maybe_moved && message.later.empty()) return note_gone(index);
  leave(index);
  if (message.maybe_moved) {
    message.queue = *queues_[message.queue].spec.dead_letter_queue;
    message.arrived = true;
    message.maybe_moved = false;
    message.number = 0;
  } else {
    credit(message.task_by, false);
    static_cast<Place&>(message) = Place(message.later.front());
    message.later.erase(message.later.begin());
  }
  message.maybe_gone = true;
  queues_[message.queue].messages.push_back(index);
}

/// "Expired" is only said of a message that is there, and still in this queue.
void Model::not_current(const Issued& issued, const std::string& text, Message& message) {
  if (message.gone) return violation(issued, "a deleted message is still there: " + name(message));
  if (message.queue != issued.queue || message.move_count != handles_.at(text).move_count)
    return violation(issued, "a moved message is still there: " + name(message));
  seen(message);
  message.maybe_moved = false;
  proven_there(message, issued.at.lo);
}

void Model::lose(const Issued& issued, const engine::DeleteMessages& request, Span) {
  for (const std::string& text : request.receipt_handles) {
    const auto found = handles_.find(text);
    if (found == handles_.end()) continue;
    Message& message = messages_[found->second.message];
    if (message.queue == issued.queue && message.move_count == found->second.move_count)
      message.maybe_gone = true;
  }
}

void Model::answer(const Issued& issued, const engine::ChangeVisibility& request,
                   const engine::ChangeVisibility::Reply& reply, Span now) {
  CHECK(reply.results.size() == request.entries.size());
  for (size_t i = 0; i < reply.results.size(); ++i) {
    const engine::ChangeVisibility::Entry& entry = request.entries[i];
    const Handle* handle = find_handle(issued, entry.receipt_handle, reply.results[i]);
    if (handle == nullptr) continue;
    Message& message = messages_[handle->message];
    const bool is_fifo = fifo(issued.queue);
    if (!reply.results[i].ok()) {
      const std::string& reason = reply.results[i].error().message;
      const bool must = is_fifo ? surely_current(issued, entry.receipt_handle, message, now)
                                : certainly_in(message, issued.queue, now) &&
                                      message.move_count == handle->move_count;
      if (must && reason.find("Total VisibilityTimeout") == std::string::npos) {
        violation(issued, "a change was refused: " + reason + ": " + name(message));
      }
      continue;
    }
    not_current(issued, entry.receipt_handle, message);  // it is there
    if (is_fifo && message.count_min == message.count_max &&
        message.handle != entry.receipt_handle) {
      violation(issued, "an old receipt handle changed " + name(message));
    }
    message.visible = issued.at + int64_t{entry.visibility_timeout} * 1000;
  }
}

void Model::lose(const Issued& issued, const engine::ChangeVisibility& request, Span) {
  for (const engine::ChangeVisibility::Entry& entry : request.entries) {
    const auto found = handles_.find(entry.receipt_handle);
    if (found == handles_.end()) continue;
    Message& message = messages_[found->second.message];
    if (message.queue == issued.queue && message.move_count == found->second.move_count)
      message.visible.include(issued.at + int64_t{entry.visibility_timeout} * 1000);
  }
}

}  // namespace forebay::sim
