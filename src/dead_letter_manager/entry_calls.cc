// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/entry_calls.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "client/entry_ids.h"
#include "client/errors.h"
#include "dead_letter_manager/requeued_message.h"
#include "dead_letter_manager/target_queues.h"

namespace forebay::sqs::detail {
namespace {

Error error_of(const BatchResultErrorEntry& entry) {
  return {.kind = kind_of(entry.code, entry.message, entry.sender_fault ? 400 : 500),
          .code = entry.code,
          .message = entry.message,
          .retryable = !entry.sender_fault};
}

Error not_answered() {
  return {.kind = ErrorKind::kServerFault,
          .message = "The server's answer says nothing about this entry."};
}

Error stopped() {
  return {.kind = ErrorKind::kCancelled, .message = "Stopped before it was sent."};
}

Error held_back() {
  return {.kind = ErrorKind::kConflict,
          .message = "A message before it in its group could not be sent."};
}

SendMessageBatchRequest::Entry entry_of(const OutgoingMessage& message, size_t number) {
  return {.id = entry_id(number),
          .message_body = message.body,
          .delay_seconds = message.delay_seconds,
          .message_attributes = message.message_attributes,
          .message_system_attributes = message.message_system_attributes,
          .message_deduplication_id = message.message_deduplication_id,
          .message_group_id = message.message_group_id};
}

}  // namespace

bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

/// Messages on their way to one queue.
struct EntryCalls::Sending {
  const std::string& queue_url;
  std::vector<OutgoingMessage> messages;
  std::vector<std::optional<Result<void>>> answers;  // of each, when there is one
  std::vector<int> attempts;
  std::deque<size_t> waiting;  // in order

  std::string group_key(size_t index) const {
    return queue_url + " " + messages[index].message_group_id.value_or("");
  }
};

std::vector<Result<void>> EntryCalls::send(const std::string& queue_url,
                                           std::vector<OutgoingMessage> messages) {
  const size_t count = messages.size();
  Sending sending{.queue_url = queue_url,
                  .messages = std::move(messages),
                  .answers = std::vector<std::optional<Result<void>>>(count),
                  .attempts = std::vector<int>(count),
                  .waiting = {}};
  for (size_t i = 0; i < count; ++i) sending.waiting.push_back(i);
  while (!sending.waiting.empty()) {
    const std::vector<size_t> batch = next_batch(sending);
    if (!batch.empty()) send_batch(sending, batch);
  }
  std::vector<Result<void>> answers;
  answers.reserve(count);
  for (std::optional<Result<void>>& answer : sending.answers) {
    answers.push_back(answer ? *std::move(answer) : Result<void>(not_answered()));
  }
  return answers;
}

/// What goes together: at most ten, at most 1 MiB, of each group of a FIFO queue the first only, so
/// that a failure cannot change their order.
std::vector<size_t> EntryCalls::next_batch(Sending& sending) {
  const bool fifo = is_fifo(sending.queue_url);
  std::vector<size_t> batch;
  std::set<std::string> groups;
  std::deque<size_t> later;
  size_t bytes = 0;
  for (const size_t index : std::exchange(sending.waiting, {})) {
    const std::string group = fifo ? sending.group_key(index) : std::string();
    const size_t size = bytes_of(sending.messages[index]);
    if (stop_.stop_requested()) {
      fail(sending, index, stopped());
    } else if (fifo && stopped_groups_.contains(group)) {
      fail(sending, index, held_back());
    } else if (batch.size() == kBatchEntriesMax || bytes + size > kBatchBytesMax ||
               (fifo && !groups.insert(group).second)) {
      later.push_back(index);
    } else {
      batch.push_back(index);
      bytes += size;
    }
  }
  sending.waiting = std::move(later);
  return batch;
}

void EntryCalls::send_batch(Sending& sending, const std::vector<size_t>& batch) {
  SendMessageBatchRequest request{.queue_url = sending.queue_url};
  for (const size_t index : batch) {
    request.entries.push_back(entry_of(sending.messages[index], index));
  }
  const Result<SendMessageBatchReply> reply = client_.send_message_batch(request);
  if (!reply.ok()) {
    for (const size_t index : batch) fail(sending, index, reply.error());
    if (!ends_everything(reply.error())) return;
    for (const size_t index : std::exchange(sending.waiting, {})) {
      fail(sending, index, reply.error());
    }
    return;
  }
  const size_t count = sending.messages.size();
  for (const auto& entry : reply->successful) {
    if (const auto index = entry_place(entry.id, count)) sending.answers[*index] = Result<void>();
  }
  int attempts = 0;
  for (const BatchResultErrorEntry& entry : reply->failed) {
    const std::optional<size_t> index = entry_place(entry.id, count);
    if (!index) continue;
    if (entry.sender_fault || ++sending.attempts[*index] >= kAttemptsMax) {
      fail(sending, *index, error_of(entry));
    } else {
      attempts = std::max(attempts, sending.attempts[*index]);
      sending.waiting.push_front(*index);
    }
  }
  if (attempts > 0) pause(retry_pause_ * (1 << (attempts - 1)), stop_);
}

void EntryCalls::fail(Sending& sending, size_t index, Error error) {
  sending.answers[index] = Result<void>(std::move(error));
  if (is_fifo(sending.queue_url)) stopped_groups_.insert(sending.group_key(index));
}

template <class Request, class Call>
std::vector<Result<void>> EntryCalls::on_handles(const Request& like,
                                                 const std::vector<std::string>& handles,
                                                 Call call) {
  std::vector<Result<void>> answers(handles.size(), Result<void>(not_answered()));
  std::deque<size_t> waiting;
  for (size_t i = 0; i < handles.size(); ++i) waiting.push_back(i);
  std::vector<int> attempts(handles.size());
  while (!waiting.empty()) {
    Request request{.queue_url = like.queue_url};
    while (!waiting.empty() && request.entries.size() < kBatchEntriesMax) {
      auto& entry = request.entries.emplace_back(like.entries.front());
      entry.id = entry_id(waiting.front());
      entry.receipt_handle = handles[waiting.front()];
      waiting.pop_front();
    }
    const Result<BatchReply> reply = call(request);
    if (!reply.ok()) {
      for (const auto& entry : request.entries) {
        answers[*entry_place(entry.id, handles.size())] = reply.error();
      }
      if (!ends_everything(reply.error())) continue;
      for (const size_t index : waiting) answers[index] = reply.error();
      return answers;
    }
    for (const std::string& id : reply->successful) {
      if (const auto index = entry_place(id, handles.size())) answers[*index] = Result<void>();
    }
    bool again = false;
    for (const BatchResultErrorEntry& failed : reply->failed) {
      const std::optional<size_t> index = entry_place(failed.id, handles.size());
      if (!index) continue;
      answers[*index] = error_of(failed);
      if (failed.sender_fault || ++attempts[*index] >= kAttemptsMax) continue;
      waiting.push_back(*index);
      again = true;
    }
    if (again) pause(retry_pause_, {});
  }
  return answers;
}

std::vector<Result<void>> EntryCalls::remove(const std::string& queue_url,
                                             const std::vector<std::string>& receipt_handles) {
  return on_handles(DeleteMessageBatchRequest{.queue_url = queue_url, .entries = {{}}},
                    receipt_handles, [this](const DeleteMessageBatchRequest& request) {
                      return client_.delete_message_batch(request);
                    });
}

std::vector<Result<void>> EntryCalls::change_visibility(
    const std::string& queue_url, const std::vector<std::string>& receipt_handles,
    std::chrono::seconds visibility_timeout) {
  return on_handles(
      ChangeMessageVisibilityBatchRequest{.queue_url = queue_url,
                                          .entries = {{.visibility_timeout = visibility_timeout}}},
      receipt_handles, [this](const ChangeMessageVisibilityBatchRequest& request) {
        return client_.change_message_visibility_batch(request);
      });
}

}  // namespace forebay::sqs::detail
