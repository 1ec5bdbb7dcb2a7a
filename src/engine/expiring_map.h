// SPDX-License-Identifier: Apache-2.0
// A map from 128-bit keys to values that live for one fixed window: deduplication ids, receive
// attempts.
//
// Because the window is the same for all, entries expire in the order they were put in. They stand
// in that order in chunks, which are given back as windows pass; a hash table finds them by key. An
// entry is named by its place in the order, its sequence: a number that only grows, with gaps where
// a chunk ends. How large a chunk is depends on how many entries there are, so that a map of few
// entries is small. A replaced entry stays in the order, dead, until its own window is over.
// Keys must be keyed hashes.
// Thread: shard.
// Cost: O(1) a call or entry freed; per entry its own size, 4 to 8 bytes in the table, and up to a
// quarter of all that in room for the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <climits>

#include "base/byte_codec.h"
#include "base/ids.h"
#include "engine/linear_hash.h"

namespace forebay::engine {

template <class Value>
class ExpiringMap {
 public:
  /// The value put under `key`, if its window still runs at `now`; else null.
  const Value* find(const Bytes16& key, WallMs now) const {
    const uint32_t found = locate(key);
    if (found == LinearHash::kNone) return nullptr;
    const Entry& entry = at(found);
    return now < entry.expires ? &entry.value : nullptr;
  }

  /// Puts or replaces. `expires` must not be below that of any earlier put.
  void put(const Bytes16& key, Value value, WallMs expires) {
    if (const uint32_t found = locate(key); found != LinearHash::kNone) {
      if (at(found).expires == expires) {
        at(found).value = std::move(value);
        return;
      }
      forget(found);
    }
    const auto index = static_cast<uint32_t>(append({key, std::move(value), expires}));
    by_key_.insert(Links<ExpiringMap>{*this}, index);
  }

  /// Frees what expired at `now` or earlier, the oldest first, at most `count` entries. True when
  /// nothing of that kind is left.
  bool expire(WallMs now, int count = INT_MAX) {
    while (!chunks_.empty() && oldest().expires <= now) {
      if (count-- == 0) return false;
      drop_oldest();
    }
    return true;
  }

  /// Frees at most `count` entries, whatever their age. True when nothing is left.
  bool drain(int count) {
    while (count-- > 0 && !chunks_.empty()) drop_oldest();
    return chunks_.empty();
  }

  /// Those found by key, expired ones not freed yet included.
  size_t size() const { return by_key_.size(); }

  /// Calls `visit(expires, key, value)` from the oldest on.
  template <class Visit>
  void for_each(Visit&& visit) const {
    uint64_t from = 0;
    while (visit_next(from, visit)) {
    }
  }

  /// One step of such a walk, which may go on while the map changes: visits the oldest entry whose
  /// sequence is `from` or greater, and sets `from` behind it. False when there is none. Start
  /// with 0. What expires meanwhile is passed over; what is put meanwhile comes last, and begins at
  /// what end_sequence() was before.
  template <class Visit>
  bool visit_next(uint64_t& from, Visit&& visit) const {
    from = std::max(from, oldest_);
    for (; chunk_of(from) < chunks_.size(); from = start_of_next_chunk(from)) {
      const Chunk& chunk = chunks_[chunk_of(from)];
      for (; from % kAddresses < chunk.size(); ++from) {
        const Entry& entry = chunk[from % kAddresses];
        if (!entry.live) continue;
        ++from;
        visit(entry.expires, entry.key, entry.value);
        return true;
      }
    }
    return false;
  }

  /// Greater than the sequence of every entry there is, and not above that of any entry to come.
  uint64_t end_sequence() const {
    if (chunks_.empty()) return oldest_;
    return (first_chunk_ + chunks_.size() - 1) * kAddresses + chunks_.back().size();
  }

 private:
  struct Entry {
    Bytes16 key;
    Value value;
    WallMs expires;
    uint32_t next = LinearHash::kNone;  // in its chain
    bool live = true;                   // in by_key_
  };
  using Chunk = std::vector<Entry>;

  /// Of LinearHash, for a map or a const map. Its indexes are the low 32 bits of sequences.
  template <class Map>
  struct Links {
    Map& map;
    uint32_t hash(uint32_t index) const { return hash_of(map.at(index).key); }
    auto& next(uint32_t index) const { return map.at(index).next; }
  };
  static uint32_t hash_of(const Bytes16& key) {
    uint32_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof hash);
    return hash;
  }

  // Chunk number n has the sequences from n * kAddresses on. The last address is never used, so
  // that no index is LinearHash::kNone.
  static constexpr uint64_t kAddresses = 256;
  static constexpr size_t kEntriesMin = 4;
  static constexpr size_t kEntriesMax = kAddresses - 1;
  static constexpr size_t kChunkNumbers = (uint64_t{1} << 32) / kAddresses;  // told apart by index

  static uint64_t start_of_next_chunk(uint64_t sequence) {
    return (sequence / kAddresses + 1) * kAddresses;
  }
  size_t chunk_of(uint64_t sequence) const { return sequence / kAddresses - first_chunk_; }

  Entry& at(uint32_t index) {
    return chunks_[(index / kAddresses - first_chunk_) % kChunkNumbers][index % kAddresses];
  }
  const Entry& at(uint32_t index) const {
    return chunks_[(index / kAddresses - first_chunk_) % kChunkNumbers][index % kAddresses];
  }
  Entry& oldest() { return at(static_cast<uint32_t>(oldest_)); }

  uint32_t locate(const Bytes16& key) const {
    return by_key_.find(Links<const ExpiringMap>{*this}, hash_of(key),
                        [&](uint32_t index) { return at(index).key == key; });
  }

  void forget(uint32_t index) {
    by_key_.erase(Links<ExpiringMap>{*this}, index);
    at(index).live = false;
    at(index).value = Value{};
  }

  static bool full(const Chunk& chunk) {
    return chunk.size() == std::min(chunk.capacity(), kEntriesMax);
  }

  /// The sequence of the new entry.
  uint64_t append(Entry entry) {
    if (chunks_.empty() || full(chunks_.back())) {
      CHECK(chunks_.size() < kChunkNumbers);
      chunks_.emplace_back();
      chunks_.back().reserve(std::clamp(size() / 4, kEntriesMin, kEntriesMax));
    }
    const uint64_t sequence = end_sequence();
    chunks_.back().push_back(std::move(entry));
    return sequence;
  }

  void drop_oldest() {
    if (oldest().live) forget(static_cast<uint32_t>(oldest_));
    const size_t front = chunk_of(oldest_);
    if (++oldest_ % kAddresses < chunks_[front].size()) return;
    Chunk().swap(chunks_[front]);
    oldest_ = start_of_next_chunk(oldest_);
    // Half of the table names chunks that are gone: each entry pays for the moves of its chunk.
    const size_t gone = front + 1;
    if (gone * 2 < chunks_.size()) return;
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(gone));
    if (chunks_.empty()) chunks_.shrink_to_fit();
    first_chunk_ += gone;
  }

  std::vector<Chunk> chunks_;  // none but those before the oldest entry's is empty
  uint64_t first_chunk_ = 0;   // number of chunks_[0]
  uint64_t oldest_ = 0;        // sequence of the oldest entry, or of the next
  LinearHash by_key_;
};

}  // namespace forebay::engine
