// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4: the Authorization header that real SQS and careful emulators ask for.
//
// The key of a day is derived once; a signature then costs two digests and one HMAC.
// Thread: one at a time.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace forebay::load {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: none
};

/// A moment as signatures have it: "20150830T123600Z".
std::string amz_date(WallMs moment);

struct SignedHeader {
  std::string_view name;  // in lower case
  std::string_view value;
};

/// A request without a query. `headers` are in the order of their names, host and x-amz-date among
/// them.
struct RequestToSign {
  std::string_view method;
  std::string_view path;
  std::span<const SignedHeader> headers;
  std::string_view body;
};

class Signer {
 public:
  Signer(Credentials credentials, std::string region, std::string service);

  const Credentials& credentials() const { return credentials_; }

  /// The value of the Authorization header. `date` is amz_date() of the x-amz-date header.
  std::string authorization(const RequestToSign& request, std::string_view date);

 private:
  const std::string& key_of_day(std::string_view day);

  const Credentials credentials_;
  const std::string region_;
  const std::string service_;
  std::string day_;  // for which key_ is
  std::string key_;
};

}  // namespace forebay::load
