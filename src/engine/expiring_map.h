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
// Cost: O(1) a call or entry freed; per entry 24 bytes and its value, 4 to 8 bytes in the table,
// and up to a quarter of all that in room for the next.
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
    return now < expires(found) ? &at(found).value : nullptr;
  }

  /// Puts or replaces. `expires` must not be below that of any earlier put.
  void put(const Bytes16& key, Value value, WallMs expires) {
    if (const uint32_t found = locate(key); found != LinearHash::kNone) {
      if (this->expires(found) == expires) {
        at(found).value = std::move(value);
        return;
      }
      forget(found);
    }
    const auto index = static_cast<uint32_t>(append(key, std::move(value), expires));
    by_key_.insert(Links<ExpiringMap>{*this}, index);
  }

  /// For filling an empty map fast: puts an entry that is not found before finish_restore(). Each
  /// key once; `expires` as in put().
  void restore(const Bytes16& key, Value value, WallMs expires) {
    append(key, std::move(value), expires);
  }
  void finish_restore() {
    CHECK(size() == 0);
    by_key_.build(Links<ExpiringMap>{*this}, count_, [this, from = uint64_t{0}]() mutable {
      visit_next(from, [](auto&&...) {});
      return static_cast<uint32_t>(from - 1);
    });
  }

  /// Frees what expired at `now` or earlier, the oldest first, at most `count` entries. True when
  /// nothing of that kind is left.
  bool expire(WallMs now, int count = INT_MAX) {
    while (!chunks_.empty() && expires(static_cast<uint32_t>(oldest_)) <= now) {
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
      for (; from % kAddresses < chunk.entries.size(); ++from) {
        const Entry& entry = chunk.entries[from % kAddresses];
        if (!entry.live) continue;
        ++from;
        visit(chunk.expires + entry.expires_after, entry.key, entry.value);
        return true;
      }
    }
    return false;
  }

  /// Greater than the sequence of every entry there is, and not above that of any entry to come.
  uint64_t end_sequence() const {
    if (chunks_.empty()) return oldest_;
    return (first_chunk_ + chunks_.size() - 1) * kAddresses + chunks_.back().entries.size();
  }

 private:
  struct Entry {
    Bytes16 key;
    Value value;
    uint32_t expires_after : 31;        // ms after its chunk's `expires`
    uint32_t live : 1;                  // in by_key_, or being restored
    uint32_t next = LinearHash::kNone;  // in its chain
  };
  struct Chunk {
    WallMs expires{};  // of its first entry
    std::vector<Entry> entries;
  };

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
  static constexpr uint64_t kExpiresAfterMax = INT32_MAX;
  static constexpr size_t kChunkNumbers = (uint64_t{1} << 32) / kAddresses;  // told apart by index

  static uint64_t start_of_next_chunk(uint64_t sequence) {
    return (sequence / kAddresses + 1) * kAddresses;
  }
  size_t chunk_of(uint64_t sequence) const { return sequence / kAddresses - first_chunk_; }

  const Chunk& chunk(uint32_t index) const {
    return chunks_[(index / kAddresses - first_chunk_) % kChunkNumbers];
  }
  Entry& at(uint32_t index) {
    return chunks_[(index / kAddresses - first_chunk_) % kChunkNumbers].entries[index % kAddresses];
  }
  const Entry& at(uint32_t index) const { return chunk(index).entries[index % kAddresses]; }
  WallMs expires(uint32_t index) const { return chunk(index).expires + at(index).expires_after; }

  uint32_t locate(const Bytes16& key) const {
    return by_key_.find(Links<const ExpiringMap>{*this}, hash_of(key),
                        [&](uint32_t index) { return at(index).key == key; });
  }

  void forget(uint32_t index) {
    by_key_.erase(Links<ExpiringMap>{*this}, index);
    at(index).live = false;
    at(index).value = Value{};
  }

  /// Milliseconds from `from` to `to`; a very large number when `to` comes first.
  static uint64_t ms_between(WallMs from, WallMs to) {
    return static_cast<uint64_t>(to.value) - static_cast<uint64_t>(from.value);
  }

  /// Whether `chunk` has room for an entry that expires then.
  static bool takes(const Chunk& chunk, WallMs expires) {
    return chunk.entries.size() < std::min(chunk.entries.capacity(), kEntriesMax) &&
           ms_between(chunk.expires, expires) <= kExpiresAfterMax;
  }

  /// The sequence of the new entry.
  uint64_t append(const Bytes16& key, Value value, WallMs expires) {
    if (chunks_.empty() || !takes(chunks_.back(), expires)) {
      CHECK(chunks_.size() < kChunkNumbers);
      chunks_.push_back({expires, {}});
      chunks_.back().entries.reserve(std::clamp<size_t>(count_ / 4, kEntriesMin, kEntriesMax));
    }
    const uint64_t sequence = end_sequence();
    Chunk& chunk = chunks_.back();
    const auto after = static_cast<uint32_t>(ms_between(chunk.expires, expires));
    chunk.entries.push_back({key, std::move(value), after, true});
    ++count_;
    return sequence;
  }

  void drop_oldest() {
    if (at(static_cast<uint32_t>(oldest_)).live) forget(static_cast<uint32_t>(oldest_));
    --count_;
    const size_t front = chunk_of(oldest_);
    if (++oldest_ % kAddresses < chunks_[front].entries.size()) return;
    chunks_[front] = Chunk();
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
  uint32_t count_ = 0;         // entries, dead ones included
  LinearHash by_key_;
};

}  // namespace forebay::engine
