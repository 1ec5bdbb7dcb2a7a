// SPDX-License-Identifier: Apache-2.0
#include "auth/sigv4.h"

#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/check.h"

namespace forebay::auth {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kScopeEnd = "aws4_request";
constexpr size_t kDayDigits = 8;
constexpr size_t kBlockBytes = 64;  // of SHA-256, what HMAC pads its key to

using Sha256 = std::array<uint8_t, 32>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Fetching an algorithm by name costs more than digesting a small message, and a context costs
// memory: once for the process, and once for a thread.
Sha256 sha256(std::string_view first, std::string_view second = {}) {
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  CHECK(kSha256 != nullptr && context != nullptr);
  Sha256 digest;
  unsigned size = 0;
  CHECK(EVP_DigestInit_ex2(context.get(), kSha256, nullptr) == 1);
  CHECK(EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1);
  CHECK(EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1);
  CHECK(size == digest.size());
  return digest;
}

/// RFC 2104.
Sha256 hmac(std::string_view key, std::string_view bytes) {
  Sha256 short_key;
  if (key.size() > kBlockBytes) {
    short_key = sha256(key);
    key = text_of(short_key);
  }
  std::array<uint8_t, kBlockBytes> inner = {};
  std::memcpy(inner.data(), key.data(), key.size());
  std::array<uint8_t, kBlockBytes> outer = inner;
  for (uint8_t& byte : inner) byte ^= 0x36;
  for (uint8_t& byte : outer) byte ^= 0x5c;
  const Sha256 digest = sha256(text_of(inner), bytes);
  return sha256(text_of(outer), text_of(digest));
}

void append_hex(std::string& out, const Sha256& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const uint8_t byte : digest) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

void append_canonical(std::string& out, const RequestToSign& request, std::string_view names) {
  out.append(request.method).append("\n").append(request.path).append("\n");
  out.append(request.query).append("\n");
  for (const SignedHeader& header : request.headers) {
    out.append(header.name).append(":").append(header.value).append("\n");
  }
  out.append("\n").append(names).append("\n");
  if (request.payload_hash.empty()) {
    append_hex(out, sha256(request.body));
  } else {
    out.append(request.payload_hash);
  }
}

}  // namespace

std::string amz_date(WallMs moment) {
  const std::chrono::sys_time<std::chrono::milliseconds> at{
      std::chrono::milliseconds(moment.value)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string sha256_hex(std::string_view bytes) {
  return hex_encode(text_of(sha256(bytes)));
}

Signer::Signer(Credentials credentials, std::string region, std::string service)
    : credentials_(std::move(credentials)),
      region_(std::move(region)),
      service_(std::move(service)) {}

std::string Signer::authorization(const RequestToSign& request, std::string_view date) {
  std::string out;
  append_authorization(request, date, out);
  return out;
}

void Signer::append_authorization(const RequestToSign& request, std::string_view date,
                                  std::string& out) {
  follow_day(date.substr(0, kDayDigits));
  names_.clear();
  for (const SignedHeader& header : request.headers) {
    if (!names_.empty()) names_ += ';';
    names_ += header.name;
  }
  text_.clear();
  append_canonical(text_, request, names_);
  const Sha256 canonical = sha256(text_);
  text_.clear();
  text_.append(kAlgorithm).append("\n").append(date).append("\n").append(scope_).append("\n");
  append_hex(text_, canonical);
  out.append(kAlgorithm).append(" Credential=").append(credentials_.access_key_id);
  out.append("/").append(scope_).append(", SignedHeaders=").append(names_);
  out.append(", Signature=");
  append_hex(out, hmac(text_of(key_), text_));
}

void Signer::follow_day(std::string_view day) {
  if (day_ == day) return;
  day_ = day;
  scope_ = fmt::format("{}/{}/{}/{}", day, region_, service_, kScopeEnd);
  key_ = hmac("AWS4" + credentials_.secret_access_key, day);
  for (const std::string_view step :
       {std::string_view(region_), std::string_view(service_), kScopeEnd}) {
    key_ = hmac(text_of(key_), step);
  }
}

}  // namespace forebay::auth
