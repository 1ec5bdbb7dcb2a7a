// SPDX-License-Identifier: Apache-2.0
#include "commands/message_sender.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/result.h"

namespace forebay::commands {
namespace {

using sqs::SendMessageBatchReply;

std::future<sqs::Result<SendMessageBatchReply>> start(sqs::Client& client,
                                                      const sqs::SendMessageBatchRequest& request) {
  auto promise = std::make_shared<std::promise<sqs::Result<SendMessageBatchReply>>>();
  auto future = promise->get_future();
  client.call(request, [promise = std::move(promise)](sqs::Result<SendMessageBatchReply> reply) {
    promise->set_value(std::move(reply));
  });
  return future;
}

}  // namespace

MessageSender::MessageSender(sqs::Client& client, std::string queue_url, Tell tell)
    : client_(client),
      queue_url_(std::move(queue_url)),
      tell_(std::move(tell)),
      fifo_(queue_url_.ends_with(".fifo")) {}

sqs::Result<void> MessageSender::add(Entry entry, uint64_t line) {
  const size_t bytes = message_bytes(entry);
  const bool full = open_.lines.size() == sqs::kBatchEntriesMax ||
                    (!open_.lines.empty() && open_bytes_ + bytes > sqs::kBatchBytesMax);
  if (full) TRY(flush());
  if (stopped_) return {};
  entry.id = std::to_string(open_.lines.size());
  open_.request.entries.push_back(std::move(entry));
  open_.lines.push_back(line);
  open_bytes_ += bytes;
  return {};
}

sqs::Result<void> MessageSender::flush() {
  while (!on_the_way_.empty() && on_the_way_.size() >= (fifo_ ? 1 : kBatchesMax)) {
    TRY(take_answer());
  }
  if (open_.lines.empty() || stopped_) return {};
  open_.request.queue_url = queue_url_;
  open_.reply = start(client_, open_.request);
  on_the_way_.push_back(std::exchange(open_, {}));
  open_bytes_ = 0;
  return {};
}

sqs::Result<void> MessageSender::finish() {
  const sqs::Result<void> flushed = flush();
  std::optional<sqs::Error> failed;
  if (!flushed.ok()) failed = flushed.error();
  while (!on_the_way_.empty()) {
    const sqs::Result<void> taken = take_answer();
    if (!taken.ok() && !failed) failed = taken.error();
  }
  if (failed) return *failed;
  return {};
}

sqs::Result<void> MessageSender::end_for_order() {
  if (!fifo_) return {};
  TRY(flush());
  stopped_ = true;
  return {};
}

sqs::Result<void> MessageSender::take_answer() {
  Batch batch = std::move(on_the_way_.front());
  on_the_way_.pop_front();
  const sqs::Result<void> told = tell_batch(batch);
  if (!told.ok()) stopped_ = true;
  return told;
}

sqs::Result<void> MessageSender::tell_batch(Batch& batch) {
  TRY_ASSIGN(SendMessageBatchReply reply, batch.reply.get());
  if (!fifo_) send_again(batch, reply);
  for (size_t i = 0; i < batch.lines.size(); ++i) {
    const std::string id = std::to_string(i);
    const auto good = std::ranges::find(reply.successful, id, &SendMessageBatchReply::Entry::id);
    if (good != reply.successful.end()) {
      ++sent_;
      TRY(tell_({.line = batch.lines[i], .reply = &good->result}));
      continue;
    }
    const auto bad = std::ranges::find(reply.failed, id, &sqs::BatchResultErrorEntry::id);
    const sqs::BatchResultErrorEntry missing{.id = id, .message = "the server says nothing of it"};
    ++failed_;
    stopped_ |= fifo_;
    TRY(tell_({.line = batch.lines[i], .refusal = bad == reply.failed.end() ? &missing : &*bad}));
  }
  return {};
}

void MessageSender::send_again(const Batch& batch, SendMessageBatchReply& reply) {
  const auto may_succeed = [](const sqs::BatchResultErrorEntry& each) {
    return !each.sender_fault;
  };
  for (int tries = 1; tries < kTriesMax; ++tries) {
    sqs::SendMessageBatchRequest again{.queue_url = queue_url_};
    for (const sqs::BatchResultErrorEntry& each : reply.failed) {
      const auto entry = std::ranges::find(batch.request.entries, each.id, &Entry::id);
      if (may_succeed(each) && entry != batch.request.entries.end()) {
        again.entries.push_back(*entry);
      }
    }
    if (again.entries.empty()) return;
    std::erase_if(reply.failed, may_succeed);
    sqs::Result<SendMessageBatchReply> more = start(client_, again).get();
    if (!more.ok()) {
      for (const Entry& each : again.entries) {
        reply.failed.push_back(
            {.id = each.id, .code = more.error().code, .message = more.error().message});
      }
      return;
    }
    std::ranges::move(more->successful, std::back_inserter(reply.successful));
    std::ranges::move(more->failed, std::back_inserter(reply.failed));
  }
}

}  // namespace forebay::commands
