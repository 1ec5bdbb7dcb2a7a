// SPDX-License-Identifier: Apache-2.0
// Requests to one bucket of S3: signed, repeated where that helps, several at a time, waited for.
// Thread: any.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/client_options.h>
#include <forebay/sqs/error.h>

#include "client/credentials_cache.h"
#include "client/http_transport.h"
#include "env/clock.h"

namespace forebay::sqs::detail {

/// Letters, digits and "-_.~" as they are, everything else as "%2F"; a slash stays when it divides
/// the parts of a path.
std::string percent_encoded(std::string_view text, bool is_path);

/// Where a bucket is.
struct S3Place {
  std::string url = {};   // scheme and host: "https://bucket.s3.eu-west-1.amazonaws.com"
  std::string host = {};  // as signed
  std::string path = {};  // before each key, percent-encoded: "/" or "/bucket/"
};

struct S3Request {
  std::string_view method = "GET";  // static storage
  std::string key = {};
  std::string query = {};  // percent-encoded, sorted by name
  std::string body = {};
};

/// What an S3 says when it refuses: status, and the XML of its answer.
Error s3_error(int http_status, std::string_view body, std::string_view request_id);

struct S3Parts {
  std::unique_ptr<Io> io;
  const env::Clock& clock;
  env::Random& random;
  S3Place place;
  std::string region;
  std::unique_ptr<CredentialsFetcher> credentials;  // null: requests are not signed
  RetryOptions retry;
  int attempts_max = 3;
  std::chrono::milliseconds timeout{30'000};  // of an attempt
};

class S3Calls {
 public:
  explicit S3Calls(S3Parts parts);
  /// Not while a call waits.
  ~S3Calls();
  S3Calls(const S3Calls&) = delete;
  S3Calls& operator=(const S3Calls&) = delete;

  /// All at once; the bodies of what was answered with 200, or why there is none, in their order.
  std::vector<Result<std::string>> run(std::vector<S3Request> requests,
                                       const std::stop_token& stop);

 private:
  class Call;
  struct Group;

  // I/O thread.
  void begin(const std::shared_ptr<Group>& group);
  void attempt(Call& call);
  void wait_for_credentials(Call& call);
  void sign(Call& call, auth::Signer* signer);
  void ended(Call& call);
  Error error_of(const Call& call) const;
  void stop(Group& group);
  void finish(Call& call, Result<std::string> answer);

  // Constant after construction.
  const std::unique_ptr<Io> io_;
  const env::Clock& clock_;
  env::Random& random_;
  const S3Place place_;
  const RetryOptions retry_;
  const int attempts_max_;
  const std::chrono::milliseconds timeout_;

  std::unique_ptr<CredentialsCache> credentials_;  // I/O thread only
};

}  // namespace forebay::sqs::detail
