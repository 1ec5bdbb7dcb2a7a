// SPDX-License-Identifier: Apache-2.0
#include "journal/file/batch_cursor.h"

#include <algorithm>

#include "base/check.h"

namespace forebay::journal {

BatchCursor::BatchCursor(const Segment& segment, LogPosition from)
    : segment_(segment), position_(from), epoch_(segment.header().epoch), buffer_at_(from) {}

Result<std::optional<BatchCursor::Batch>> BatchCursor::peek() {
  const std::optional<Batch> nothing;
  if (!segment_.has_room(position_, kBatchHeaderBytes)) return nothing;
  TRY_ASSIGN(const std::string_view front, load(kBatchHeaderBytes));
  const Result<BatchHeader> header = decode_batch_header(front);
  if (!header.ok() || header->position != position_ || header->epoch < epoch_) return nothing;
  const uint64_t bytes = kBatchHeaderBytes + header->payload_bytes;
  if (!segment_.has_room(position_, bytes)) return nothing;
  TRY_ASSIGN(const std::string_view whole, load(bytes));
  return std::optional<Batch>(Batch{*header, whole});
}

void BatchCursor::advance(const Batch& batch) {
  CHECK(batch.header.position == position_);
  position_ = position_ + batch.bytes.size();
  epoch_ = batch.header.epoch;
}

Result<std::string_view> BatchCursor::load(uint64_t bytes) {
  uint64_t skip = position_ - buffer_at_;
  if (buffer_.size() < skip + bytes) {
    const uint64_t left = segment_.end() - position_;
    const uint64_t ahead = std::clamp(2 * buffer_.size(), kFirstReadBytes, kReadBytes);
    buffer_.resize(std::min(std::max(bytes, ahead), left));
    buffer_at_ = position_;
    skip = 0;
    if (auto read = segment_.file().read(segment_.offset_of(position_), buffer_); !read.ok()) {
      buffer_.clear();
      return std::move(read).error();
    }
  }
  return std::string_view(buffer_).substr(skip, bytes);
}

}  // namespace forebay::journal
