// SPDX-License-Identifier: Apache-2.0
#include "engine/chunked_array.h"

#include <cstddef>
#include <memory>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

constexpr uint32_t kChunk = 16;

/// Counts how often any of its kind was moved.
struct Counted {
  explicit Counted(uint32_t value_in) : value(value_in) {}
  Counted(Counted&& other) noexcept : value(other.value) { ++moves; }
  Counted& operator=(Counted&&) = delete;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() = default;

  uint32_t value;
  static inline uint32_t moves = 0;
};

TEST(ChunkedArray, ElementsAreFoundByIndexWhileItGrowsAndShrinks) {
  ChunkedArray<uint32_t, kChunk> array;
  for (uint32_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(array.push_back(i * 3), i * 3);
    ASSERT_EQ(array.size(), i + 1);
  }
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(array[i], i * 3);
  while (array.size() > 37) array.pop_back();
  for (uint32_t i = 0; i < 37; ++i) ASSERT_EQ(array[i], i * 3);
  array.push_back(5);
  EXPECT_EQ(array[37], 5u);
}

TEST(ChunkedArray, NoCallMovesMoreThanOneChunkOfElements) {
  ChunkedArray<Counted, kChunk> array;
  for (uint32_t i = 0; i < 100 * kChunk; ++i) {
    Counted::moves = 0;
    array.push_back(Counted(i));
    // Into the parameter is elided, into its place is one, and the first chunk doubles.
    EXPECT_LE(Counted::moves, i < kChunk ? kChunk + 1 : 1u) << i;
  }
  for (uint32_t i = 0; i < 100 * kChunk; ++i) ASSERT_EQ(array[i].value, i);
  Counted::moves = 0;
  while (array.size() > 0) array.pop_back();
  EXPECT_EQ(Counted::moves, 0u);
}

TEST(ChunkedArray, WhatLeavesIsDestroyedAtOnce) {
  const auto value = std::make_shared<int>(1);
  ChunkedArray<std::shared_ptr<int>, 4> array;
  for (int i = 0; i < 6; ++i) array.push_back(value);
  EXPECT_EQ(value.use_count(), 7);
  array.pop_back();
  array.pop_back();
  array.pop_back();
  EXPECT_EQ(value.use_count(), 4);
}

}  // namespace
}  // namespace forebay::engine
