// SPDX-License-Identifier: Apache-2.0
// Blocks of the log read ahead, for queues whose old messages are received in the order they were
// sent: one call of the system then serves many messages.
//
// A few streams of reads are told apart. A read that goes on shortly behind where a stream has come
// to takes a whole block; any other takes just its record and begins a stream. What a stream will
// come to is named some way ahead, so that it is in the system's cache by then.
// Thread: one owner.
// Cost: at most kStreams blocks of kReadAheadBytes; O(kStreams) a call.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace forebay::journal {

inline constexpr uint64_t kReadAheadBytes = 64u << 10;
/// Fetched ahead of a stream; half of it is left when the next is named.
inline constexpr uint64_t kFetchBytes = 4u << 20;

class ReadAhead {
 public:
  /// The `bytes` at `at`, if they are in a block; else empty. Valid until the next keep().
  std::string_view find(LogPosition at, uint64_t bytes);

  /// Whether a block should be read at `at`. If not, the read is noted as a stream's first.
  bool goes_on(LogPosition at, uint64_t bytes);

  /// What was read at `at`, after goes_on() said so.
  void keep(LogPosition at, std::string block);

  struct Stretch {
    LogPosition from;
    uint64_t bytes = 0;  // 0: nothing
  };
  /// After goes_on() said so: what the stream will come to and was not named yet.
  Stretch take_fetch();

  void clear() { *this = ReadAhead(); }

 private:
  static constexpr size_t kStreams = 8;
  /// What a stream may pass over: messages of other queues, or received before.
  static constexpr uint64_t kGapBytesMax = 16u << 10;

  struct Stream {
    LogPosition next;  // behind what was read last; 0: not in use
    LogPosition from;  // of the block
    std::string block;
    LogPosition fetched;  // named up to here
    uint64_t used = 0;    // larger: more recently
  };

  std::array<Stream, kStreams> streams_;
  Stream* going_on_ = nullptr;
  uint64_t uses_ = 0;
};

}  // namespace forebay::journal
