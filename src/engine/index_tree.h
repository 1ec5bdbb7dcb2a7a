// SPDX-License-Identifier: Apache-2.0
// An ordered set of indexes into a table that allocates nothing: its links live in the table's
// entries.
//
// A treap whose priorities are a hash of the index, so that the same indexes always form the same
// tree. The first and last index are remembered: taking the first and adding behind the last, which
// is what queues mostly do, cost O(1) amortised; everything else O(log n) expected.
// Thread: shard.
// Cost: see above.
// Invariants: 1. Left subtree < node < right subtree by Order. 2. A node's priority is not below
// its children's. 3. first_ and last_ are the smallest and largest index.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.h"

namespace forebay::engine {

/// Place in one tree; an index of all ones is none.
template <class Index>
struct TreeLinks {
  Index left{0xffff'ffff};
  Index right{0xffff'ffff};
  Index parent{0xffff'ffff};
};

/// `Index`: a StrongId of 32 bits. `Table`: its operator[] takes one. `kLinks`: the member of the
/// table's entries to use. `Order{}(a, b)`: strict weak ordering of entries, total within one tree.
template <class Table, class Index, auto kLinks, class Order>
class IndexTree {
 public:
  bool empty() const { return root_ == kNone; }
  /// The smallest index, or kNone.
  Index first() const { return first_; }
  size_t size() const { return size_; }

  /// The next larger index, or kNone.
  Index next(const Table& table, Index index) const {
    if (links(table, index).right != kNone) return leftmost(table, links(table, index).right);
    Index parent = links(table, index).parent;
    while (parent != kNone && links(table, parent).right == index) {
      index = parent;
      parent = links(table, index).parent;
    }
    return parent;
  }

  void insert(Table& table, Index index) {
    links(table, index) = Links{};
    ++size_;
    if (root_ == kNone) {
      root_ = first_ = last_ = index;
      return;
    }
    const auto& entry = table[index];
    if (Order{}(table[last_], entry)) {
      links(table, last_).right = index;
      links(table, index).parent = last_;
      last_ = index;
    } else {
      attach(table, index);
    }
    while (links(table, index).parent != kNone &&
           priority(links(table, index).parent) < priority(index)) {
      rotate_up(table, index);
    }
  }

  /// `index` must be in this tree.
  void erase(Table& table, Index index) {
    CHECK(size_ > 0);
    --size_;
    if (index == first_) first_ = next(table, index);
    if (index == last_) last_ = previous(table, index);
    for (;;) {
      const Links& at = links(table, index);
      if (at.left == kNone || at.right == kNone) break;
      rotate_up(table, priority(at.left) > priority(at.right) ? at.left : at.right);
    }
    const Links at = links(table, index);
    const Index child = at.left != kNone ? at.left : at.right;
    if (child != kNone) links(table, child).parent = at.parent;
    replace_child(table, at.parent, index, child);
  }

 private:
  using Links = TreeLinks<Index>;
  static constexpr Index kNone{0xffff'ffff};

  static Links& links(Table& table, Index index) { return table[index].*kLinks; }
  static const Links& links(const Table& table, Index index) { return table[index].*kLinks; }

  /// Fibonacci hashing with a final mix: neighbouring indexes get unrelated priorities.
  static uint32_t priority(Index index) {
    uint32_t x = index.value * 0x9e3779b9u;
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    return x ^ x >> 13;
  }

  static Index leftmost(const Table& table, Index index) {
    while (links(table, index).left != kNone) index = links(table, index).left;
    return index;
  }
  static Index previous(const Table& table, Index index) {
    if (Index left = links(table, index).left; left != kNone) {
      while (links(table, left).right != kNone) left = links(table, left).right;
      return left;
    }
    Index parent = links(table, index).parent;
    while (parent != kNone && links(table, parent).left == index) {
      index = parent;
      parent = links(table, index).parent;
    }
    return parent;
  }

  /// Hangs `index`, which is not the largest, below its place's leaf.
  void attach(Table& table, Index index) {
    Index at = root_;
    for (;;) {
      const bool goes_left = Order{}(table[index], table[at]);
      const Index child = goes_left ? links(table, at).left : links(table, at).right;
      if (child != kNone) {
        at = child;
        continue;
      }
      (goes_left ? links(table, at).left : links(table, at).right) = index;
      links(table, index).parent = at;
      if (goes_left && at == first_) first_ = index;
      return;
    }
  }

  void replace_child(Table& table, Index parent, Index old_child, Index new_child) {
    if (parent == kNone) {
      root_ = new_child;
    } else if (links(table, parent).left == old_child) {
      links(table, parent).left = new_child;
    } else {
      links(table, parent).right = new_child;
    }
  }

  /// Swaps `index` with its parent, keeping the order.
  void rotate_up(Table& table, Index index) {
    const Index parent = links(table, index).parent;
    const Index grandparent = links(table, parent).parent;
    const bool was_left = links(table, parent).left == index;
    const Index moved = was_left ? links(table, index).right : links(table, index).left;
    (was_left ? links(table, parent).left : links(table, parent).right) = moved;
    if (moved != kNone) links(table, moved).parent = parent;
    (was_left ? links(table, index).right : links(table, index).left) = parent;
    links(table, parent).parent = index;
    links(table, index).parent = grandparent;
    replace_child(table, grandparent, parent, index);
  }

  Index root_ = kNone;
  Index first_ = kNone;
  Index last_ = kNone;
  uint32_t size_ = 0;
};

}  // namespace forebay::engine
