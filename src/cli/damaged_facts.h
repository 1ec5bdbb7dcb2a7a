// SPDX-License-Identifier: Apache-2.0
// What damaged batches still tell: their records carry checksums of their own, and most of a record
// is a message's body, so that queues can be named even where a body is harmed. For people only;
// nothing is rebuilt from it.
// Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "base/ids.h"
#include "cli/queue_names.h"

namespace forebay::cli {

struct DamagedFacts {
  std::map<QueueId, uint64_t> sent;
  std::map<QueueId, uint64_t> deleted;
};

/// `stretch` begins where a batch should. Facts about queues that `names` does not know are left
/// out: the id may be what is harmed.
DamagedFacts read_damaged_facts(std::string_view stretch, const QueueNames& names);

}  // namespace forebay::cli
