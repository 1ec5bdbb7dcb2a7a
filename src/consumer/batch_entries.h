// SPDX-License-Identifier: Apache-2.0
// What became of the entries of DeleteMessageBatch and ChangeMessageVisibilityBatch.
//
// Thread: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <forebay/sqs/client.h>

#include "base/check.h"
#include "client/entry_ids.h"

namespace forebay::sqs::detail {

enum class EntryResult : uint8_t { kTryAgain, kDone, kRefused };

/// By place. What no answer speaks of is to be tried again, as is everything when the call failed
/// and may succeed later.
class EntryResults {
 public:
  EntryResults(size_t count, const Result<BatchReply>& reply) {
    CHECK(count <= kBatchEntriesMax);
    results_.fill(EntryResult::kTryAgain);
    if (!reply.ok()) {
      // A client that ran out of its own retries, or was told that others must act, may yet
      // succeed.
      if (reply.error().kind == ErrorKind::kQueueNotFound) results_.fill(EntryResult::kRefused);
      return;
    }
    for (const std::string& id : reply->successful) set(id, EntryResult::kDone);
    for (const BatchResultErrorEntry& failed : reply->failed) {
      set(failed.id, failed.sender_fault ? EntryResult::kRefused : EntryResult::kTryAgain);
    }
  }

  EntryResult operator[](size_t place) const { return results_[place]; }

 private:
  void set(std::string_view id, EntryResult result) {
    if (const auto place = entry_place(id, results_.size())) results_[*place] = result;
  }

  std::array<EntryResult, kBatchEntriesMax> results_;
};

}  // namespace forebay::sqs::detail
