// SPDX-License-Identifier: Apache-2.0
// Numbers that must not be mixed up: each is its own type, explicit both ways.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace forebay {

/// An integer with a meaning. `StrongId<struct QueueIdTag, uint32_t>` converts only through
/// `value`.
template <class Tag, class Int>
struct StrongId {
  Int value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Int v) : value(v) {}
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

/// A queue for as long as the data directory lives; never used again after DeleteQueue. 0 is no
/// queue.
using QueueId = StrongId<struct QueueIdTag, uint32_t>;
/// Names one enqueuing of a message in a shard, strictly increasing, never used again. 0 is none.
using MessageNumber = StrongId<struct MessageNumberTag, uint64_t>;
/// Byte offset in a shard's log, counted from its very first byte.
using LogPosition = StrongId<struct LogPositionTag, uint64_t>;
/// Generation of a log's owner; grows with every acquire. An append under an old epoch is refused.
using Epoch = StrongId<struct EpochTag, uint64_t>;

/// Milliseconds since 1970-01-01 UTC.
using WallMs = StrongId<struct WallMsTag, int64_t>;
/// Milliseconds of a clock that never steps; only differences mean anything.
using MonotonicMs = StrongId<struct MonotonicMsTag, int64_t>;

constexpr WallMs operator+(WallMs t, int64_t ms) {
  return WallMs(t.value + ms);
}
constexpr int64_t operator-(WallMs a, WallMs b) {
  return a.value - b.value;
}
constexpr MonotonicMs operator+(MonotonicMs t, int64_t ms) {
  return MonotonicMs(t.value + ms);
}
constexpr int64_t operator-(MonotonicMs a, MonotonicMs b) {
  return a.value - b.value;
}
constexpr LogPosition operator+(LogPosition p, uint64_t bytes) {
  return LogPosition(p.value + bytes);
}
constexpr uint64_t operator-(LogPosition a, LogPosition b) {
  return a.value - b.value;
}

}  // namespace forebay

template <class Tag, class Int>
struct std::hash<forebay::StrongId<Tag, Int>> {
  size_t operator()(forebay::StrongId<Tag, Int> id) const noexcept {
    return std::hash<Int>{}(id.value);
  }
};
