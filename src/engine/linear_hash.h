// SPDX-License-Identifier: Apache-2.0
// A hash table of chains that grows and shrinks one bucket at a time (Litwin's linear hashing).
//
// The entries belong to the owner, who names them by an index, keeps the links of the chains in
// them and compares keys; here are only the heads of the chains. There is about one bucket an
// entry. Each insert splits at most one bucket and each erase merges at most two, so that no call
// has to rehash what is there already. Hashes of what clients choose must be keyed, or clients can
// make long chains.
//
// `Links` gives access to the owner's entries:
//   uint32_t hash(uint32_t index)   the hash it was inserted under
//   uint32_t& next(uint32_t index)  its place for a link
// Thread: one owner.
// Cost: O(1) expected; 4 bytes a bucket.
// Invariants: 1. An entry is in the chain of bucket_of(its hash). 2. Between calls there are no
// more entries than buckets, and no fewer than half as many (rounded down).
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>

#include "engine/chunked_array.h"

namespace forebay::engine {

class LinearHash {
 public:
  static constexpr uint32_t kNone = 0xffff'ffff;

  uint32_t size() const { return size_; }
  uint32_t bucket_count() const { return heads_.size(); }

  /// The first entry under `hash` for which `same(index)` holds, or kNone. `same` is asked only
  /// about entries with exactly that hash.
  template <class Links, std::predicate<uint32_t> Same>
  uint32_t find(Links&& links, uint32_t hash, Same&& same) const {
    if (size_ == 0) return kNone;
    for (uint32_t at = heads_[bucket_of(hash)]; at != kNone; at = links.next(at)) {
      if (links.hash(at) == hash && same(at)) return at;
    }
    return kNone;
  }

  /// Adds entry `index`; links.hash(index) must hold already.
  template <class Links>
  void insert(Links&& links, uint32_t index) {
    if (size_ == bucket_count()) split(links);
    ++size_;
    push(links, bucket_of(links.hash(index)), index);
  }

  /// Fills an empty table with the `count` entries that `next()` names, one a call; fast, because
  /// nothing is split and the buckets are fetched ahead.
  template <class Links, std::invocable Next>
  void build(Links&& links, uint32_t count, Next&& next) {
    CHECK(size_ == 0 && bucket_count() == 0);
    for (uint32_t i = 0; i < count; ++i) heads_.push_back(kNone);
    constexpr uint32_t kAhead = 32;
    std::array<uint32_t, kAhead> fetched{};
    for (uint32_t i = 0; i < count + kAhead; ++i) {
      uint32_t& place = fetched[i % kAhead];
      if (i >= kAhead) push(links, bucket_of(links.hash(place)), place);
      if (i >= count) continue;
      place = next();
      __builtin_prefetch(&heads_[bucket_of(links.hash(place))], 1);
    }
    size_ = count;
  }

  /// Takes out entry `index`, which must be there.
  template <class Links>
  void erase(Links&& links, uint32_t index) {
    uint32_t* link = &heads_[bucket_of(links.hash(index))];
    while (*link != index) {
      CHECK(*link != kNone);
      link = &links.next(*link);
    }
    *link = links.next(index);
    --size_;
    for (int i = 0; i < 2 && size_ < bucket_count() / 2; ++i) merge(links);
  }

 private:
  /// As many low bits of the hash as address a bucket that exists.
  uint32_t bucket_of(uint32_t hash) const {
    const uint32_t mask = std::bit_ceil(bucket_count()) - 1;
    const uint32_t bucket = hash & mask;
    return bucket < bucket_count() ? bucket : hash & (mask >> 1);
  }

  /// The bucket that has the entries of bucket `last` while that does not exist; not for bucket 0.
  static uint32_t partner_of(uint32_t last) { return last - std::bit_floor(last); }

  template <class Links>
  void push(Links&& links, uint32_t bucket, uint32_t index) {
    links.next(index) = heads_[bucket];
    heads_[bucket] = index;
  }

  template <class Links>
  void split(Links&& links) {
    const uint32_t added = bucket_count();
    heads_.push_back(kNone);
    if (added == 0) return;
    const uint32_t partner = partner_of(added);
    uint32_t at = heads_[partner];
    heads_[partner] = kNone;
    while (at != kNone) {
      const uint32_t next = links.next(at);
      push(links, bucket_of(links.hash(at)), at);
      at = next;
    }
  }

  template <class Links>
  void merge(Links&& links) {
    const uint32_t last = bucket_count() - 1;
    const uint32_t moved = heads_[last];
    heads_.pop_back();
    uint32_t* end = &heads_[partner_of(last)];
    while (*end != kNone) end = &links.next(*end);
    *end = moved;
  }

  static constexpr uint32_t kHeadsPerChunk = 4096;
  ChunkedArray<uint32_t, kHeadsPerChunk> heads_;  // of the chains, by bucket
  uint32_t size_ = 0;
};

}  // namespace forebay::engine
