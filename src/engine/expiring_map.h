// SPDX-License-Identifier: Apache-2.0
// A map from 128-bit keys to values that live for one fixed window: deduplication ids, receive
// attempts.
//
// Because the window is the same for all, entries expire in the order they were put in; a queue of
// (moment, key) replaces timers.
// Thread: shard.
// Cost: O(1) amortised.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/byte_codec.h"
#include "base/ids.h"

namespace forebay::engine {

template <class Value>
class ExpiringMap {
 public:
  /// The value put under `key`, if its window still runs at `now`; else null.
  const Value* find(const Bytes16& key, WallMs now) const {
    const auto found = entries_.find(key);
    return found != entries_.end() && now < found->second.expires ? &found->second.value : nullptr;
  }

  /// Puts or replaces. `expires` must not be below that of any earlier put.
  void put(const Bytes16& key, Value value, WallMs expires) {
    const auto [at, added] = entries_.try_emplace(key);
    if (added || at->second.expires != expires) order_.emplace_back(expires, key);
    at->second = Entry{std::move(value), expires};
  }

  /// Frees what expired at `now` or earlier.
  void expire(WallMs now) {
    while (!order_.empty() && order_.front().first <= now) drop_oldest();
  }

  /// Frees at most `count` entries, whatever their age. True when nothing is left.
  bool drain(int count) {
    while (count-- > 0 && !order_.empty()) drop_oldest();
    return order_.empty();
  }

  size_t size() const { return entries_.size(); }

  /// Calls `visit(expires, key, value)` from the oldest on.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [expires, key] : order_) {
      const auto found = entries_.find(key);
      if (found != entries_.end() && found->second.expires == expires)
        visit(expires, key, found->second.value);
    }
  }

  /// One step of such a walk, which may go on while the map changes: visits the oldest entry whose
  /// sequence is `from` or greater, and sets `from` behind it. False when there is none. Start
  /// with 0. What expires meanwhile is passed over; what is put meanwhile comes last.
  template <class Visit>
  bool visit_next(uint64_t& from, Visit&& visit) const {
    for (from = std::max(from, dropped_); from - dropped_ < order_.size();) {
      const auto& [expires, key] = order_[from++ - dropped_];
      const auto found = entries_.find(key);
      if (found == entries_.end() || found->second.expires != expires) continue;
      visit(expires, key, found->second.value);
      return true;
    }
    return false;
  }

 private:
  struct Entry {
    Value value;
    WallMs expires;
  };
  struct KeyHash {
    size_t operator()(const Bytes16& key) const {  // keys are keyed hashes already
      size_t hash = 0;
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };

  void drop_oldest() {
    const auto [expires, key] = order_.front();
    order_.pop_front();
    ++dropped_;
    const auto found = entries_.find(key);  // a replaced entry expires later than this
    if (found != entries_.end() && found->second.expires <= expires) entries_.erase(found);
  }

  std::unordered_map<Bytes16, Entry, KeyHash> entries_;
  std::deque<std::pair<WallMs, Bytes16>> order_;
  uint64_t dropped_ = 0;  // from its front, ever
};

}  // namespace forebay::engine
