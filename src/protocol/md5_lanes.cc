// SPDX-License-Identifier: Apache-2.0
#include "protocol/md5_lanes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace forebay::protocol {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kBlockWords = 16;
/// The byte 0x80 and the eight bytes of the length end a text.
constexpr size_t kEndBytes = 9;

static_assert(std::endian::native == std::endian::little, "words are read as they stand");

/// One 32-bit word of four lanes. Every processor has registers of this size.
using Quad = uint32_t __attribute__((vector_size(16)));
constexpr size_t kQuadLanes = 4;

/// As many quads as are worked on in turn, so that none has to wait for its last step; with more
/// the registers run out.
constexpr size_t kQuadsMax = 3;

// The integer part of 2^32 * |sin(i + 1)|.
constexpr std::array<uint32_t, 64> kSines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

constexpr std::array<std::array<int, 4>, 4> kRotations{
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

constexpr std::array<uint32_t, 4> kStart{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

constexpr size_t word_of(size_t step) {
  constexpr std::array<size_t, 4> kStride{1, 5, 3, 7};
  constexpr std::array<size_t, 4> kOffset{0, 1, 5, 0};
  return (kStride[step / 16] * step + kOffset[step / 16]) % kBlockWords;
}

template <size_t kRound>
inline Quad mix(Quad b, Quad c, Quad d) {
  if constexpr (kRound == 0) return d ^ (b & (c ^ d));
  if constexpr (kRound == 1) return c ^ (d & (b ^ c));
  if constexpr (kRound == 2) return b ^ c ^ d;
  if constexpr (kRound == 3) return c ^ (b | ~d);
}

/// A block of each lane, word by word.
template <size_t kQuads>
using Block = std::array<std::array<Quad, kQuads>, kBlockWords>;
template <size_t kQuads>
using State = std::array<std::array<Quad, kQuads>, 4>;

/// The four words of the state change their roles with every step.
template <size_t kStep, size_t kQuads>
inline void step(State<kQuads>& s, const Block<kQuads>& block) {
  constexpr int kRotation = kRotations[kStep / 16][kStep % 4];
  auto& a = s[(64 - kStep) % 4];
  const auto& b = s[(65 - kStep) % 4];
  const auto& c = s[(66 - kStep) % 4];
  const auto& d = s[(67 - kStep) % 4];
  for (size_t quad = 0; quad < kQuads; ++quad) {
    const Quad sum = a[quad] + mix<kStep / 16>(b[quad], c[quad], d[quad]) +
                     block[word_of(kStep)][quad] + kSines[kStep];
    a[quad] = (sum << kRotation | sum >> (32 - kRotation)) + b[quad];
  }
}

template <size_t kQuads, size_t... kSteps>
inline void all_steps(State<kQuads>& s, const Block<kQuads>& block,
                      std::index_sequence<kSteps...>) {
  (step<kSteps>(s, block), ...);
}

template <size_t kQuads>
void add_block(State<kQuads>& state, const Block<kQuads>& block) {
  State<kQuads> s = state;
  all_steps(s, block, std::make_index_sequence<64>());
  for (size_t i = 0; i < s.size(); ++i) {
    for (size_t quad = 0; quad < kQuads; ++quad) state[i][quad] += s[i][quad];
  }
}

/// One text, block by block, with its end.
class Lane {
 public:
  Lane() = default;
  explicit Lane(std::string_view text)
      : text_(text), block_count_((text.size() + kEndBytes + kBlockBytes - 1) / kBlockBytes) {
    const std::string_view rest = text.substr(text.size() / kBlockBytes * kBlockBytes);
    std::ranges::copy(rest, end_.begin());
    end_[rest.size()] = static_cast<char>(0x80);
    const uint64_t bits = uint64_t{text.size()} * 8;
    const size_t end_bytes = (block_count_ - text.size() / kBlockBytes) * kBlockBytes;
    std::memcpy(end_.data() + end_bytes - sizeof bits, &bits, sizeof bits);
  }

  size_t block_count() const { return block_count_; }
  /// Behind the last one: any bytes.
  const char* block(size_t number) const {
    const size_t whole = text_.size() / kBlockBytes;
    if (number < whole) return text_.data() + number * kBlockBytes;
    return end_.data() + (number == whole || number >= block_count_ ? 0 : kBlockBytes);
  }

 private:
  std::string_view text_;
  size_t block_count_ = 0;
  std::array<char, 2 * kBlockBytes> end_{};  // the last one or two blocks
};

/// Four words of four lanes, from lane by lane to word by word.
std::array<Quad, 4> transpose(const std::array<Quad, 4>& lanes) {
  const Quad low01 = __builtin_shufflevector(lanes[0], lanes[1], 0, 4, 1, 5);
  const Quad high01 = __builtin_shufflevector(lanes[0], lanes[1], 2, 6, 3, 7);
  const Quad low23 = __builtin_shufflevector(lanes[2], lanes[3], 0, 4, 1, 5);
  const Quad high23 = __builtin_shufflevector(lanes[2], lanes[3], 2, 6, 3, 7);
  return {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
          __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
          __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
          __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
}

template <size_t kQuads>
using Lanes = std::array<Lane, kQuads * kQuadLanes>;

template <size_t kQuads>
Block<kQuads> gather(const Lanes<kQuads>& lanes, size_t number) {
  Block<kQuads> block;
  for (size_t quad = 0; quad < kQuads; ++quad) {
    std::array<const char*, kQuadLanes> from;
    for (size_t i = 0; i < kQuadLanes; ++i) from[i] = lanes[quad * kQuadLanes + i].block(number);
    for (size_t word = 0; word < kBlockWords; word += 4) {
      std::array<Quad, 4> part;
      for (size_t i = 0; i < kQuadLanes; ++i) {
        std::memcpy(&part[i], from[i] + 4 * word, sizeof(Quad));
      }
      const std::array<Quad, 4> words = transpose(part);
      for (size_t i = 0; i < words.size(); ++i) block[word + i][quad] = words[i];
    }
  }
  return block;
}

template <size_t kQuads>
Bytes16 digest_of(const State<kQuads>& state, size_t lane) {
  std::array<uint32_t, 4> words;
  for (size_t i = 0; i < words.size(); ++i) {
    words[i] = state[i][lane / kQuadLanes][lane % kQuadLanes];
  }
  return std::bit_cast<Bytes16>(words);
}

/// At most as many texts as there are lanes.
template <size_t kQuads>
void digest_group(std::span<const std::string_view> texts, std::span<Bytes16> out) {
  Lanes<kQuads> lanes;
  size_t block_count = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    lanes[i] = Lane(texts[i]);
    block_count = std::max(block_count, lanes[i].block_count());
  }
  State<kQuads> state;
  for (size_t i = 0; i < state.size(); ++i) state[i].fill(Quad{} + kStart[i]);
  for (size_t number = 0; number < block_count; ++number) {
    add_block(state, gather<kQuads>(lanes, number));
    for (size_t i = 0; i < texts.size(); ++i) {
      if (number + 1 == lanes[i].block_count()) out[i] = digest_of(state, i);
    }
  }
}

}  // namespace

void md5_side_by_side(std::span<const std::string_view> texts, std::span<Bytes16> out) {
  CHECK(texts.size() == out.size());
  constexpr size_t kGroup = kQuadsMax * kQuadLanes;
  for (size_t at = 0; at < texts.size(); at += kGroup) {
    const auto some = texts.subspan(at, std::min(kGroup, texts.size() - at));
    const auto digests = out.subspan(at, some.size());
    if (some.size() > 2 * kQuadLanes) {
      digest_group<3>(some, digests);
    } else if (some.size() > kQuadLanes) {
      digest_group<2>(some, digests);
    } else {
      digest_group<1>(some, digests);
    }
  }
}

}  // namespace forebay::protocol
