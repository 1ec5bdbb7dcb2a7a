// SPDX-License-Identifier: Apache-2.0
#include "journal/file/append_job.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace forebay::journal {

void AppendJob::run() {
  if (failure->first.ok()) failure->first = write();
  outcome = failure->first;
  lock.reset();
}

Result<void> AppendJob::write() {
  if (next) TRY(roll());
  CHECK(segment->has_room(at, batch->size()));
  TRY(segment->file().write_padded(segment->offset_of(at), *batch, padding()));
  if (sync) TRY(segment->file().sync());
  return {};
}

/// To the end of the page, so that the system need not read the page first: zeros that were written
/// ahead are not in its cache.
uint64_t AppendJob::padding() const {
  const uint64_t end = segment->offset_of(at) + batch->size();
  const uint64_t page_end =
      (end + env::kFilePageBytes - 1) / env::kFilePageBytes * env::kFilePageBytes;
  return std::min(page_end, segment->header().segment_bytes) - end;
}

/// The next segment says by being there that this one is durable.
Result<void> AppendJob::roll() {
  if (sync_before_roll) TRY(segment->file().sync());
  if (prepared != nullptr) {
    next->prepared = prepared->take();
    next->prepared_path = prepared->path();
  }
  TRY_ASSIGN(segment, create_segment(files, std::move(*next)));
  rolled = true;
  return {};
}

}  // namespace forebay::journal
