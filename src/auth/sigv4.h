// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4: the Authorization header that AWS's services and careful emulators ask
// for.
//
// A Signer is for one set of credentials, one region and one service ("sqs", "s3", "sts"). The key
// of a day is derived once; a signature then costs two digests and one HMAC, and no memory but what
// the Signer keeps.
// Thread: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace forebay::auth {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: none; the caller sends and signs x-amz-security-token
};

/// A moment as signatures have it: "20150830T123600Z".
std::string amz_date(WallMs moment);

/// 64 lower-case digits: what S3 wants in x-amz-content-sha256.
std::string sha256_hex(std::string_view bytes);

struct SignedHeader {
  std::string_view name;   // in lower case
  std::string_view value;  // without blanks at its ends
};

/// `headers` are in the order of their names, host and x-amz-date among them.
struct RequestToSign {
  std::string_view method;
  /// Percent-encoded as the service wants it signed: as it is sent, and for all but S3 encoded once
  /// more.
  std::string_view path;
  std::span<const SignedHeader> headers;
  std::string_view body;
  std::string_view query = {};  // "a=1&b=2", percent-encoded, sorted by name, then by value
  /// In place of the body's digest, such as "UNSIGNED-PAYLOAD"; empty: of the body.
  std::string_view payload_hash = {};
};

class Signer {
 public:
  Signer(Credentials credentials, std::string region, std::string service);

  const Credentials& credentials() const { return credentials_; }

  /// The value of the Authorization header. `date` is amz_date() of the x-amz-date header.
  std::string authorization(const RequestToSign& request, std::string_view date);
  /// The same, appended to `out`.
  void append_authorization(const RequestToSign& request, std::string_view date, std::string& out);

 private:
  using Sha256 = std::array<uint8_t, 32>;

  void follow_day(std::string_view day);

  const Credentials credentials_;
  const std::string region_;
  const std::string service_;
  std::string day_;  // for which key_ and scope_ are
  std::string scope_;
  Sha256 key_ = {};
  // Kept for their memory: the names of the signed headers, and what is digested.
  std::string names_;
  std::string text_;
};

}  // namespace forebay::auth
