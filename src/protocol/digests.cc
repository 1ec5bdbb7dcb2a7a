// SPDX-License-Identifier: Apache-2.0
#include "protocol/digests.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/check.h"
#include "protocol/md5_lanes.h"

namespace forebay::protocol {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetching an algorithm by name costs more than digesting a small message: done once for the
// process.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

void digest(const EVP_MD* algorithm, std::string_view bytes, std::span<uint8_t> out) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  unsigned size = 0;
  CHECK(EVP_MD_get_size(algorithm) == static_cast<int>(out.size()));
  CHECK(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1);
  CHECK(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1);
  CHECK(size == out.size());
}

void append_field(std::string& out, std::string_view field) {
  const auto size = static_cast<uint32_t>(field.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(size >> shift & 0xff));
  out.append(field);
}

bool travels_as_text(std::string_view data_type) {
  const std::string_view base = data_type.substr(0, data_type.find('.'));
  return base == "String" || base == "Number";
}

}  // namespace

InlineText<32> md5_hex(std::string_view bytes) {
  static const EVP_MD* const kMd5 = fetch("MD5");
  Bytes16 out;
  digest(kMd5, bytes, out);
  return hex_encode(out);
}

void md5_hex(std::span<const std::string_view> texts, std::span<InlineText<32>> out) {
  CHECK(texts.size() == out.size());
  /// Fewer are faster one by one.
  constexpr size_t kSideBySideMin = 3;
  if (texts.size() < kSideBySideMin) {
    for (size_t i = 0; i < texts.size(); ++i) out[i] = md5_hex(texts[i]);
    return;
  }
  std::array<Bytes16, 16> digests;
  for (size_t at = 0; at < texts.size(); at += digests.size()) {
    const auto some = texts.subspan(at, std::min(digests.size(), texts.size() - at));
    md5_side_by_side(some, std::span(digests).first(some.size()));
    for (size_t i = 0; i < some.size(); ++i) out[at + i] = hex_encode(digests[i]);
  }
}

std::string sha256_hex(std::string_view bytes) {
  static const EVP_MD* const kSha256 = fetch("SHA256");
  std::array<uint8_t, 32> out;
  digest(kSha256, bytes, out);
  return hex_encode(std::string_view(reinterpret_cast<const char*>(out.data()), out.size()));
}

InlineText<32> md5_of_sorted_attributes(std::span<const DigestedAttribute> attributes) {
  if (attributes.empty()) return {};
  std::string input;
  for (const DigestedAttribute& attribute : attributes) {
    append_field(input, attribute.name);
    append_field(input, attribute.data_type);
    input.push_back(travels_as_text(attribute.data_type) ? 1 : 2);
    append_field(input, attribute.value);
  }
  return md5_hex(input);
}

InlineText<32> md5_of_message_attributes(const MessageAttributes& attributes) {
  if (attributes.empty()) return {};
  std::vector<DigestedAttribute> sorted;
  sorted.reserve(attributes.size());
  for (const auto& [name, value] : attributes) {
    CHECK(value.data_type.has_value());
    CHECK(value.string_value.has_value() || value.binary_value.has_value());
    sorted.push_back({.name = name,
                      .data_type = *value.data_type,
                      .value = value.string_value ? *value.string_value : *value.binary_value});
  }
  std::ranges::sort(sorted, {}, &DigestedAttribute::name);
  return md5_of_sorted_attributes(sorted);
}

}  // namespace forebay::protocol
