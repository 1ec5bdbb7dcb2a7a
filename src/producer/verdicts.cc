// SPDX-License-Identifier: Apache-2.0
#include "producer/verdicts.h"

#include <string_view>
#include <utility>

#include "client/entry_ids.h"
#include "client/errors.h"

namespace forebay::sqs::detail {
namespace {

bool leaves_fate_unknown(ErrorKind kind) {
  return kind == ErrorKind::kNetwork || kind == ErrorKind::kTimeout ||
         kind == ErrorKind::kServerFault;
}

Verdict of_whole_batch(const Error& error, size_t entries) {
  Verdict verdict{.fate = Fate::kFailed, .error = error};
  const bool about_contents =
      error.kind == ErrorKind::kInvalidRequest || error.kind == ErrorKind::kTooLarge;
  if (about_contents && entries > 1) {
    verdict.fate = Fate::kAlone;
  } else if (error.retryable) {
    verdict.fate = Fate::kAgain;
    verdict.unknown = leaves_fate_unknown(error.kind);
  }
  return verdict;
}

Verdict of_failed_entry(const BatchResultErrorEntry& failed) {
  const int status = failed.sender_fault ? 400 : 500;
  ErrorKind kind = kind_of(failed.code, failed.message, status);
  if (!failed.sender_fault && !is_retryable(kind)) kind = ErrorKind::kServerFault;
  const bool again = kind == ErrorKind::kThrottled || !failed.sender_fault;
  return {.fate = again ? Fate::kAgain : Fate::kFailed,
          .error = {.kind = kind,
                    .code = failed.code,
                    .message = failed.message,
                    .http_status = 200,
                    .retryable = again}};
}

/// Of an entry that the answer does not mention.
Verdict of_missing_entry() {
  return {.fate = Fate::kAgain,
          .error = {.kind = ErrorKind::kServerFault,
                    .message = "The server's answer leaves out this message.",
                    .http_status = 200,
                    .retryable = true},
          .unknown = true};
}

/// Null when there is no such entry.
Verdict* find(std::vector<Verdict>& verdicts, std::string_view id) {
  const auto place = entry_place(id, verdicts.size());
  return place ? &verdicts[*place] : nullptr;
}

void keep_order(std::span<PendingSend* const> batch, std::vector<Verdict>& verdicts) {
  for (size_t i = 0; i < batch.size(); ++i) {
    if (verdicts[i].fate != Fate::kAgain) continue;
    for (size_t later = i + 1; later < batch.size(); ++later) {
      if (batch[later]->message.group != batch[i]->message.group) break;
      if (verdicts[later].fate != Fate::kSent) continue;
      verdicts[i].fate = Fate::kFailed;
      verdicts[i].error.retryable = false;
      verdicts[i].error.message +=
          " (Not sent again: a later message of its group is in the queue already.)";
      break;
    }
  }
}

}  // namespace

void judge(const Result<SendMessageBatchReply>& reply, std::span<PendingSend* const> batch,
           bool fifo, std::vector<Verdict>& out) {
  out.clear();
  if (!reply.ok()) {
    out.resize(batch.size(), of_whole_batch(reply.error(), batch.size()));
    return;
  }
  out.resize(batch.size());
  for (Verdict& verdict : out) verdict.fate = Fate::kAlone;  // not mentioned yet
  for (const SendMessageBatchReply::Entry& entry : reply.value().successful) {
    Verdict* const verdict = find(out, entry.id);
    if (verdict == nullptr) continue;
    verdict->fate = Fate::kSent;
    verdict->reply = entry.result;
  }
  for (const BatchResultErrorEntry& failed : reply.value().failed) {
    if (Verdict* const verdict = find(out, failed.id)) *verdict = of_failed_entry(failed);
  }
  for (Verdict& verdict : out) {
    if (verdict.fate == Fate::kAlone) verdict = of_missing_entry();
  }
  if (fifo) keep_order(batch, out);
}

}  // namespace forebay::sqs::detail
