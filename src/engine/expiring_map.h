// SPDX-License-Identifier: Apache-2.0
// A map from 128-bit keys to values that live for one fixed window: deduplication ids, receive
// attempts.
//
// Because the window is the same for all, entries expire in the order they were put in; a queue of
// (moment, key) replaces timers.
// Thread: shard.
// Cost: O(1) amortised.
#pragma once

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
    const auto found = entries_.find(key);  // a replaced entry expires later than this
    if (found != entries_.end() && found->second.expires <= expires) entries_.erase(found);
  }

  std::unordered_map<Bytes16, Entry, KeyHash> entries_;
  std::deque<std::pair<WallMs, Bytes16>> order_;
};

}  // namespace forebay::engine
