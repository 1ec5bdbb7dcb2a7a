// SPDX-License-Identifier: Apache-2.0
// An ordered set of message slots that allocates nothing: its links live in the entries.
//
// A treap whose priorities are a hash of the slot, so that the same slots always form the same
// tree. The first and last slot are remembered: taking the first and adding behind the last, which
// is what queues mostly do, cost O(1) amortised; everything else O(log n) expected.
// Thread: shard.
// Cost: see above.
// Invariants: 1. Left subtree < node < right subtree by Order. 2. A node's
// priority is not below its children's.
//   3. first_ and last_ are the smallest and largest slot.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "engine/message_table.h"

namespace forebay::engine {

/// `Order{}(a, b)`: strict weak ordering of Messages, total within one tree. `kLinks`: which links
/// to use.
template <TreeLinks Message::* kLinks, class Order>
class SlotTree {
 public:
  bool empty() const { return root_ == kNoSlot; }
  /// The smallest slot, or kNoSlot.
  Slot first() const { return first_; }
  size_t size() const { return size_; }

  /// The next larger slot, or kNoSlot.
  Slot next(const MessageTable& table, Slot slot) const {
    if (links(table, slot).right != kNoSlot) return leftmost(table, links(table, slot).right);
    Slot parent = links(table, slot).parent;
    while (parent != kNoSlot && links(table, parent).right == slot) {
      slot = parent;
      parent = links(table, slot).parent;
    }
    return parent;
  }

  void insert(MessageTable& table, Slot slot) {
    links(table, slot) = TreeLinks{};
    ++size_;
    if (root_ == kNoSlot) {
      root_ = first_ = last_ = slot;
      return;
    }
    const Message& message = table[slot];
    if (Order{}(table[last_], message)) {
      links(table, last_).right = slot;
      links(table, slot).parent = last_;
      last_ = slot;
    } else {
      attach(table, slot);
    }
    while (links(table, slot).parent != kNoSlot &&
           priority(links(table, slot).parent) < priority(slot)) {
      rotate_up(table, slot);
    }
  }

  /// `slot` must be in this tree.
  void erase(MessageTable& table, Slot slot) {
    CHECK(size_ > 0);
    --size_;
    if (slot == first_) first_ = next(table, slot);
    if (slot == last_) last_ = previous(table, slot);
    for (;;) {
      const TreeLinks& at = links(table, slot);
      if (at.left == kNoSlot || at.right == kNoSlot) break;
      rotate_up(table, priority(at.left) > priority(at.right) ? at.left : at.right);
    }
    const TreeLinks at = links(table, slot);
    const Slot child = at.left != kNoSlot ? at.left : at.right;
    if (child != kNoSlot) links(table, child).parent = at.parent;
    replace_child(table, at.parent, slot, child);
  }

 private:
  static TreeLinks& links(MessageTable& table, Slot slot) { return table[slot].*kLinks; }
  static const TreeLinks& links(const MessageTable& table, Slot slot) {
    return table[slot].*kLinks;
  }

  /// Fibonacci hashing with a final mix: neighbouring slots get unrelated priorities.
  static uint32_t priority(Slot slot) {
    uint32_t x = slot.value * 0x9e3779b9u;
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    return x ^ x >> 13;
  }

  static Slot leftmost(const MessageTable& table, Slot slot) {
    while (links(table, slot).left != kNoSlot) slot = links(table, slot).left;
    return slot;
  }
  static Slot previous(const MessageTable& table, Slot slot) {
    if (Slot left = links(table, slot).left; left != kNoSlot) {
      while (links(table, left).right != kNoSlot) left = links(table, left).right;
      return left;
    }
    Slot parent = links(table, slot).parent;
    while (parent != kNoSlot && links(table, parent).left == slot) {
      slot = parent;
      parent = links(table, slot).parent;
    }
    return parent;
  }

  /// Hangs `slot`, which is not the largest, below its place's leaf.
  void attach(MessageTable& table, Slot slot) {
    Slot at = root_;
    for (;;) {
      const bool goes_left = Order{}(table[slot], table[at]);
      const Slot child = goes_left ? links(table, at).left : links(table, at).right;
      if (child != kNoSlot) {
        at = child;
        continue;
      }
      (goes_left ? links(table, at).left : links(table, at).right) = slot;
      links(table, slot).parent = at;
      if (goes_left && at == first_) first_ = slot;
      return;
    }
  }

  void replace_child(MessageTable& table, Slot parent, Slot old_child, Slot new_child) {
    if (parent == kNoSlot) {
      root_ = new_child;
    } else if (links(table, parent).left == old_child) {
      links(table, parent).left = new_child;
    } else {
      links(table, parent).right = new_child;
    }
  }

  /// Swaps `slot` with its parent, keeping the order.
  void rotate_up(MessageTable& table, Slot slot) {
    const Slot parent = links(table, slot).parent;
    const Slot grandparent = links(table, parent).parent;
    const bool was_left = links(table, parent).left == slot;
    const Slot moved = was_left ? links(table, slot).right : links(table, slot).left;
    (was_left ? links(table, parent).left : links(table, parent).right) = moved;
    if (moved != kNoSlot) links(table, moved).parent = parent;
    (was_left ? links(table, slot).right : links(table, slot).left) = parent;
    links(table, parent).parent = slot;
    links(table, slot).parent = grandparent;
    replace_child(table, grandparent, parent, slot);
  }

  Slot root_ = kNoSlot;
  Slot first_ = kNoSlot;
  Slot last_ = kNoSlot;
  uint32_t size_ = 0;
};

struct ByAge {
  bool operator()(const Message& a, const Message& b) const {
    return a.sent != b.sent ? a.sent < b.sent : a.number < b.number;
  }
};
struct ByVisibleAt {
  bool operator()(const Message& a, const Message& b) const {
    return a.visible_at != b.visible_at ? a.visible_at < b.visible_at : a.number < b.number;
  }
};

}  // namespace forebay::engine
