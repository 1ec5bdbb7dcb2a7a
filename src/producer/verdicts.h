// SPDX-License-Identifier: Apache-2.0
// What the answer to a batch means for each of its messages.
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <forebay/sqs/error.h>
#include <forebay/sqs/messages.h>

#include "producer/pending_send.h"

namespace forebay::sqs::detail {

enum class Fate : uint8_t {
  kSent,
  kFailed,  // for good
  kAgain,   // may succeed later
  kAlone,   // the server refused the batch as a whole: which entry it meant will show
};

struct Verdict {
  Fate fate = Fate::kAgain;
  SendMessageReply reply = {};  // kSent
  Error error = {};             // the others
  /// The message may have been stored though the answer does not say so.
  bool unknown = false;
};

/// Into `out`, one for each message of the batch, in their order. `fifo`: what was refused though a
/// later message of its group was stored has failed, because repeating would change the order.
void judge(const Result<SendMessageBatchReply>& reply, std::span<PendingSend* const> batch,
           bool fifo, std::vector<Verdict>& out);

}  // namespace forebay::sqs::detail
