// SPDX-License-Identifier: Apache-2.0
#include "load/sigv4.h"

#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/check.h"

namespace forebay::load {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr size_t kDayDigits = 8;

// Fetching an algorithm by name costs more than digesting a small message: done once.
const EVP_MD* sha256() {
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(kSha256 != nullptr);
  return kSha256;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, sha256(), nullptr) == 1);
  return hex_encode({reinterpret_cast<const char*>(digest.data()), size});
}

std::string hmac(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  CHECK(HMAC(sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(),
             &size) != nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string names_of(std::span<const SignedHeader> headers) {
  std::string names;
  for (const SignedHeader& header : headers) {
    if (!names.empty()) names += ';';
    names += header.name;
  }
  return names;
}

std::string canonical(const RequestToSign& request, std::string_view names) {
  std::string text = fmt::format("{}\n{}\n\n", request.method, request.path);
  for (const SignedHeader& header : request.headers) {
    text.append(header.name).append(":").append(header.value).append("\n");
  }
  return text.append("\n").append(names).append("\n").append(sha256_hex(request.body));
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

Signer::Signer(Credentials credentials, std::string region, std::string service)
    : credentials_(std::move(credentials)),
      region_(std::move(region)),
      service_(std::move(service)) {}

std::string Signer::authorization(const RequestToSign& request, std::string_view date) {
  const std::string_view day = date.substr(0, kDayDigits);
  const std::string names = names_of(request.headers);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", day, region_, service_);
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope, sha256_hex(canonical(request, names)));
  return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                     credentials_.access_key_id, scope, names,
                     hex_encode(hmac(key_of_day(day), text)));
}

const std::string& Signer::key_of_day(std::string_view day) {
  if (day_ != day) {
    day_ = day;
    key_ = hmac("AWS4" + credentials_.secret_access_key, day);
    for (const std::string_view step : {std::string_view(region_), std::string_view(service_),
                                        std::string_view("aws4_request")}) {
      key_ = hmac(key_, step);
    }
  }
  return key_;
}

}  // namespace forebay::load
