// SPDX-License-Identifier: Apache-2.0
#include "engine/linear_hash.h"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

/// What an owner has: entries with a key, a hash and a link. Counts how many hashes were asked for:
/// one for each entry that is filed anew.
struct Entries {
  struct Entry {
    uint64_t key;
    uint32_t hash;
    uint32_t next;
  };
  uint32_t hash(uint32_t index) const {
    ++hashes;
    return all[index].hash;
  }
  uint32_t& next(uint32_t index) const { return all[index].next; }

  mutable std::vector<Entry> all;
  mutable uint32_t hashes = 0;
};

uint32_t spread(uint64_t key) {
  return static_cast<uint32_t>(key * 0x9e37'79b9'7f4a'7c15u >> 32);
}

class LinearHashTest : public ::testing::Test {
 protected:
  uint32_t add(uint64_t key, uint32_t hash) {
    const auto index = static_cast<uint32_t>(entries.all.size());
    entries.all.push_back({key, hash, 0});
    table.insert(entries, index);
    return index;
  }
  uint32_t add(uint64_t key) { return add(key, spread(key)); }

  uint32_t find(uint64_t key, uint32_t hash) const {
    return table.find(entries, hash, [&](uint32_t index) { return entries.all[index].key == key; });
  }
  uint32_t find(uint64_t key) const { return find(key, spread(key)); }

  Entries entries;
  LinearHash table;
};

TEST_F(LinearHashTest, NothingIsFoundInAnEmptyTable) {
  EXPECT_EQ(find(1), LinearHash::kNone);
  table.erase(entries, add(1));
  EXPECT_EQ(find(1), LinearHash::kNone);
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(LinearHashTest, AllIsFoundAtEverySizeOfTheTable) {
  for (uint64_t key = 0; key < 300; ++key) {
    add(key);
    for (uint64_t known = 0; known <= key; ++known) ASSERT_EQ(find(known), known) << key;
    ASSERT_EQ(find(key + 1), LinearHash::kNone);
  }
  for (uint64_t key = 0; key < 300; ++key) {
    table.erase(entries, static_cast<uint32_t>(key));
    ASSERT_EQ(find(key), LinearHash::kNone);
    for (uint64_t known = key + 1; known < 300; ++known) ASSERT_EQ(find(known), known) << key;
  }
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(LinearHashTest, KeysWithTheSameHashAreToldApart) {
  for (uint64_t key = 0; key < 40; ++key) add(key, 17);
  for (uint64_t key = 0; key < 40; key += 2) table.erase(entries, static_cast<uint32_t>(key));
  for (uint64_t key = 0; key < 40; ++key) {
    EXPECT_EQ(find(key, 17), key % 2 == 0 ? LinearHash::kNone : key);
  }
}

TEST_F(LinearHashTest, OnlyEntriesWithThatVeryHashAreCompared) {
  for (uint64_t key = 0; key < 1000; ++key) add(key);
  int compared = 0;
  for (uint32_t hash = 0; hash < 1000; ++hash) {
    table.find(entries, hash, [&](uint32_t index) {
      ++compared;
      return entries.all[index].hash != hash;
    });
  }
  int with_such_a_hash = 0;
  for (const Entries::Entry& each : entries.all) with_such_a_hash += each.hash < 1000 ? 1 : 0;
  EXPECT_EQ(compared, with_such_a_hash);
}

TEST_F(LinearHashTest, NoInsertAndNoEraseFilesManyEntriesAnew) {
  // A chain that is split has about two entries, seldom more than ten, whatever the size.
  constexpr uint32_t kHashesMax = 16;
  for (uint64_t key = 0; key < 100'000; ++key) {
    entries.hashes = 0;
    add(key);
    ASSERT_LE(entries.hashes, kHashesMax) << key;
    ASSERT_EQ(table.bucket_count(), table.size());
  }
  for (uint32_t index = 0; index < 100'000; ++index) {
    const uint32_t buckets = table.bucket_count();
    entries.hashes = 0;
    table.erase(entries, index);
    ASSERT_EQ(entries.hashes, 1u) << "merging chains needs no hash";
    ASSERT_LE(buckets - table.bucket_count(), 2u);
    ASSERT_LE(table.bucket_count() / 2, table.size());
  }
  EXPECT_EQ(table.bucket_count(), 1u) << "what is empty is small again";
}

TEST_F(LinearHashTest, StandingAtOneSizeNeitherGrowsNorShrinks) {
  for (uint64_t key = 0; key < 100; ++key) add(key);
  const uint32_t buckets = table.bucket_count();
  for (uint64_t key = 100; key < 1000; ++key) {
    table.erase(entries, static_cast<uint32_t>(key - 100));
    add(key);
    ASSERT_EQ(table.bucket_count(), buckets);
  }
}

TEST_F(LinearHashTest, RandomOperationsAgreeWithAMap) {
  std::mt19937_64 random(1);
  std::map<uint64_t, uint32_t> expected;
  for (int i = 0; i < 200'000; ++i) {
    const bool growing = i / 20'000 % 2 == 0;  // waves, through many sizes
    const uint64_t key = random() % 5000;
    // Every fourth key shares its hash with others.
    const uint32_t hash = key % 4 == 0 ? static_cast<uint32_t>(key / 400) : spread(key);
    const auto known = expected.find(key);
    ASSERT_EQ(find(key, hash), known == expected.end() ? LinearHash::kNone : known->second);
    if (known == expected.end() && random() % 4 < (growing ? 3 : 1)) {
      expected[key] = add(key, hash);
    } else if (known != expected.end() && random() % 4 < (growing ? 1 : 3)) {
      table.erase(entries, known->second);
      expected.erase(known);
    }
    ASSERT_EQ(table.size(), expected.size());
  }
}

TEST_F(LinearHashTest, TakingOutWhatIsNotThereIsABug) {
  const uint32_t index = add(1);
  table.erase(entries, index);
  EXPECT_DEATH(table.erase(entries, index), "kNone");
}

}  // namespace
}  // namespace forebay::engine
