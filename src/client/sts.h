// SPDX-License-Identifier: Apache-2.0
// STS: credentials of a role, for a web identity's token or for other credentials.
// Thread: the I/O thread.
#pragma once

#include <string>
#include <string_view>

#include "client/credentials_fetcher.h"

namespace forebay::sqs {

/// A token in a file, which is read anew each time, because it is replaced before it expires.
struct WebIdentity {
  std::string role_arn;
  std::string token_file;
  std::string session_name;  // empty: one is made up
};

/// A role that other credentials take on.
struct Role {
  std::string role_arn;
  std::string session_name = {};      // empty: one is made up
  std::string external_id = {};       // empty: none
  std::string duration_seconds = {};  // as STS takes it; empty: its default, an hour
};

class Sts {
 public:
  explicit Sts(const CredentialsContext& context);

  /// AssumeRoleWithWebIdentity, unsigned.
  void assume(const WebIdentity& identity, CredentialsFetcher::Done done);
  /// AssumeRole, signed with `credentials`.
  void assume(const Role& role, const Credentials& credentials, CredentialsFetcher::Done done);

 private:
  std::string session_name(const std::string& chosen) const;
  void send(HttpRequest request, std::string what, CredentialsFetcher::Done done);

  const Surroundings surroundings_;
  const std::string region_;
  const std::string url_;  // with its path
  HttpFetches fetches_;
  const env::Clock& clock_;
};

}  // namespace forebay::sqs
