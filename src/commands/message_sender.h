// SPDX-License-Identifier: Apache-2.0
// Many messages into one queue, in batches: as many at a time on the way as the queue's order
// allows, every outcome told once, in the order of the input.
//
//   MessageSender sender(client, url, [](const Sent& sent) { ... });
//   sender.add(entry, line_number);   // may wait for an earlier batch
//   sender.flush();                   // what has been added is on its way
//   sender.finish();                  // and answered
//
// Standard queues: kBatchesMax batches at a time; an entry that failed on the server's side is sent
// again up to kTriesMax times. FIFO queues: one batch at a time, and after the first failure
// nothing further is sent, so that no message overtakes one before it.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <forebay/sqs/client.h>

#include "commands/message_text.h"

namespace forebay::commands {

class MessageSender {
 public:
  static constexpr size_t kBatchesMax = 8;
  static constexpr int kTriesMax = 4;

  /// What became of one message.
  struct Sent {
    uint64_t line;                                   // of the input
    const sqs::SendMessageReply* reply = nullptr;    // null: it was not sent
    const sqs::BatchResultErrorEntry* refusal = {};  // null: it was sent
  };
  using Tell = std::function<sqs::Result<void>(const Sent&)>;

  /// Borrows: `client`.
  MessageSender(sqs::Client& client, std::string queue_url, Tell tell);

  /// Takes one message. Errors: the first call that failed as a whole, or that of `tell`; nothing
  /// is sent any more then.
  sqs::Result<void> add(Entry entry, uint64_t line);
  /// Sends what waits for a full batch.
  sqs::Result<void> flush();
  /// Waits for all answers. Errors: as add().
  sqs::Result<void> finish();

  /// A message will never be sent: on a FIFO queue those before it go out, and none behind it.
  sqs::Result<void> end_for_order();

  uint64_t sent_count() const { return sent_; }
  uint64_t failed_count() const { return failed_; }
  bool is_stopped() const { return stopped_; }

 private:
  struct Batch {
    sqs::SendMessageBatchRequest request = {};
    std::vector<uint64_t> lines = {};
    std::future<sqs::Result<sqs::SendMessageBatchReply>> reply = {};
  };
  sqs::Result<void> take_answer();
  sqs::Result<void> tell_batch(Batch& batch);
  /// Sends what failed on the server's side again, into `reply`.
  void send_again(const Batch& batch, sqs::SendMessageBatchReply& reply);

  sqs::Client& client_;
  const std::string queue_url_;
  const Tell tell_;
  const bool fifo_;
  Batch open_ = {};
  size_t open_bytes_ = 0;
  std::deque<Batch> on_the_way_ = {};
  uint64_t sent_ = 0;
  uint64_t failed_ = 0;
  bool stopped_ = false;
};

}  // namespace forebay::commands
