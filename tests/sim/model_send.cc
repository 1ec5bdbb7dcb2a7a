// SPDX-License-Identifier: Apache-2.0
// The model's sends and its deduplication window.
#include <algorithm>

#include <fmt/format.h>

#include "sim/model.h"

namespace forebay::sim {
namespace {

constexpr int64_t kWindowMs = 300'000;

}  // namespace

std::string Model::window_key(size_t queue, const engine::SendEntry& entry) const {
  const bool by_group =
      queues_[queue].attributes.deduplication_scope == engine::DeduplicationScope::kMessageGroup;
  return (by_group ? *entry.message_group_id : std::string()) + '/' +
         entry.message_deduplication_id.value_or(entry.body_sha256);
}

size_t Model::add_message(const Issued& issued, const engine::SendEntry& entry, Span sent) {
  const engine::QueueAttributes& attributes = queues_[issued.queue].attributes;
  const int32_t delay = attributes.fifo_queue
                            ? attributes.delay_seconds
                            : entry.delay_seconds.value_or(attributes.delay_seconds);
  Message message;
  message.id = entry.message_id;
  message.content = entry.content;
  message.group = entry.message_group_id.value_or("");
  message.queue = issued.queue;
  message.sent = sent;
  message.visible = sent + int64_t{delay} * 1000;
  const size_t index = messages_.size();
  messages_.push_back(std::move(message));
  by_id_.emplace(entry.message_id, index);
  queues_[issued.queue].messages.push_back(index);
  return index;
}

void Model::answer(const Issued& issued, const engine::SendMessages& request,
                   const engine::SendMessages::Reply& reply, Span) {
  CHECK(reply.results.size() == request.entries.size());
  for (size_t i = 0; i < request.entries.size(); ++i) {
    const engine::SendEntry& entry = request.entries[i];
    const Result<engine::SentMessage>& told = reply.results[i];
    if (!told.ok()) {
      if (told.error().code != ErrorCode::kServiceUnavailable || !excused(told.error()))
        violation(issued, "a send was refused: " + told.error().message);
    } else if (told->message_id == entry.message_id) {
      accepted(issued, entry, *told);
    } else {
      duplicate(issued, entry, *told);
    }
  }
}

void Model::accepted(const Issued& issued, const engine::SendEntry& entry,
                     const engine::SentMessage& told) {
  if (told.number.value <= last_number_) {
    violation(issued, fmt::format("number {} was given after {}", told.number.value, last_number_));
  }
  last_number_ = told.number.value;
  const size_t index = add_message(issued, entry, issued.at);
  messages_[index].certain = true;
  messages_[index].number = told.number.value;
  if (!told.fifo) return;
  std::vector<FirstSend>& sends = windows_[issued.queue][window_key(issued.queue, entry)];
  for (const FirstSend& send : sends) {
    if (send.certain && issued.at.hi < send.sent.lo + kWindowMs) {
      violation(issued, "a duplicate was accepted as a new message, after " +
                            name(messages_[send.message]));
    }
  }
  sends = {FirstSend{index, issued.at, true}};
}

void Model::duplicate(const Issued& issued, const engine::SendEntry& entry,
                      const engine::SentMessage& told) {
  std::vector<FirstSend>& sends = windows_[issued.queue][window_key(issued.queue, entry)];
  const auto first = std::ranges::find_if(
      sends, [&](const FirstSend& send) { return messages_[send.message].id == told.message_id; });
  if (!told.fifo || first == sends.end())
    return violation(issued, "a new message was taken for a duplicate");
  if (issued.at.lo >= first->sent.hi + kWindowMs) violation(issued, "a duplicate after the window");
  Message& message = messages_[first->message];
  if (message.number != 0 && !message.arrived && message.move_count == 0 &&
      message.number != told.number.value) {
    violation(issued, "a duplicate was given another number than its original");
  }
  message.certain = true;
  sends = {FirstSend{first->message, first->sent, true}};
}

void Model::lose(const Issued& issued, const engine::SendMessages& request, Span) {
  for (const engine::SendEntry& entry : request.entries) {
    const size_t index = add_message(issued, entry, issued.at);
    messages_[index].visible.lo =
        issued.at.lo;  // a change of the queue's delay may have been lost too
    if (!fifo(issued.queue)) continue;
    windows_[issued.queue][window_key(issued.queue, entry)].push_back({index, issued.at, false});
  }
}

}  // namespace forebay::sim
