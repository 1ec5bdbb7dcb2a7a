// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <bit>

namespace forebay {
namespace {

struct State {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void rounds(int count) {
    for (int i = 0; i < count; ++i) round();
  }
  void absorb(uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  uint64_t fold() const { return v0 ^ v1 ^ v2 ^ v3; }
};

}  // namespace

Bytes16 siphash128(const Bytes16& key, std::string_view data) {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
  std::memcpy(&k0, key.data(), 8);
  std::memcpy(&k1, key.data() + 8, 8);
  State s{k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du ^ 0xeeu, k0 ^ 0x6c7967656e657261u,
          k1 ^ 0x7465646279746573u};
  const uint64_t length = data.size();
  for (; data.size() >= 8; data.remove_prefix(8)) {
    uint64_t word = 0;
    std::memcpy(&word, data.data(), 8);
    s.absorb(word);
  }
  uint64_t last = length << 56;
  std::memcpy(&last, data.data(), data.size());  // at most 7 bytes: the length byte stays on top
  s.absorb(last);

  Bytes16 out{};
  s.v2 ^= 0xee;
  s.rounds(4);
  const uint64_t low = s.fold();
  s.v1 ^= 0xdd;
  s.rounds(4);
  const uint64_t high = s.fold();
  std::memcpy(out.data(), &low, 8);
  std::memcpy(out.data() + 8, &high, 8);
  return out;
}

}  // namespace forebay
