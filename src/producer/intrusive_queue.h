// SPDX-License-Identifier: Apache-2.0
// `IntrusiveQueue<T>`: first in, first out, linked through `T::next`, so that it needs no memory.
// Thread: one at a time.
#pragma once

#include <cstddef>

#include "base/check.h"

namespace forebay::sqs::detail {

/// Invariants: an object is in one queue at most; objects outlive their time in it.
template <class T>
class IntrusiveQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }
  T& front() const { return *first_; }

  void push_back(T& object) {
    CHECK(object.next == nullptr && &object != last_);
    (empty() ? first_ : last_->next) = &object;
    last_ = &object;
    ++size_;
  }
  void push_front(T& object) {
    CHECK(object.next == nullptr && &object != last_);
    object.next = first_;
    first_ = &object;
    if (last_ == nullptr) last_ = &object;
    ++size_;
  }
  T& pop_front() {
    CHECK(!empty());
    T& object = *first_;
    first_ = object.next;
    object.next = nullptr;
    if (first_ == nullptr) last_ = nullptr;
    --size_;
    return object;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace forebay::sqs::detail
