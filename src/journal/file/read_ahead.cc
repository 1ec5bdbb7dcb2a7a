// SPDX-License-Identifier: Apache-2.0
#include "journal/file/read_ahead.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace forebay::journal {

std::string_view ReadAhead::find(LogPosition at, uint64_t bytes) {
  for (Stream& stream : streams_) {
    if (at < stream.from || at + bytes > stream.from + stream.block.size()) continue;
    stream.next = at + bytes;
    stream.used = ++uses_;
    return std::string_view(stream.block).substr(at - stream.from, bytes);
  }
  return {};
}

bool ReadAhead::goes_on(LogPosition at, uint64_t bytes) {
  const auto found = std::ranges::find_if(streams_, [&](const Stream& stream) {
    return stream.used != 0 && stream.next <= at && at - stream.next < kGapBytesMax;
  });
  const bool continues = found != streams_.end();
  Stream& stream = continues ? *found : *std::ranges::min_element(streams_, {}, &Stream::used);
  stream.next = at + bytes;
  stream.used = ++uses_;
  if (!continues) {
    stream.block.clear();
    stream.fetched = stream.next;
  }
  going_on_ = &stream;
  return continues;
}

void ReadAhead::keep(LogPosition at, std::string block) {
  CHECK(going_on_ != nullptr);
  going_on_->from = at;
  going_on_->block = std::move(block);
}

ReadAhead::Stretch ReadAhead::take_fetch() {
  CHECK(going_on_ != nullptr);
  Stream& stream = *going_on_;
  if (stream.next + kFetchBytes / 2 < stream.fetched) return {};
  const LogPosition from = std::max(stream.next, stream.fetched);
  stream.fetched = stream.next + kFetchBytes;
  return {from, stream.fetched - from};
}

}  // namespace forebay::journal
