// SPDX-License-Identifier: Apache-2.0
#include "journal/file/append_job.h"

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
  TRY(segment->file().write(segment->offset_of(at), *batch));
  if (sync) TRY(segment->file().sync());
  return {};
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
