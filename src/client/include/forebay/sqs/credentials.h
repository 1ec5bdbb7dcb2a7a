// SPDX-License-Identifier: Apache-2.0
// Who signs the requests: where a Client takes its credentials from.
//
//   ClientOptions options;
//   options.credentials = Credentials{.access_key_id = "AKIA...", .secret_access_key = "..."};
//
// Without a choice it is the chain of the AWS SDKs, first hit wins: the environment
// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); web identity
// (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN); the profile in the shared files (~/.aws/credentials,
// ~/.aws/config: keys; a credential_process; a role, taken on with a web identity, with the
// credentials of a source_profile or of a credential_source); the container's endpoint
// (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI); the instance's metadata service, version
// 2, unless AWS_EC2_METADATA_DISABLED is true. A profile that is chosen by name (AWS_PROFILE, or
// ClientOptions::profile, which goes before the environment's keys) must exist; profiles that
// ask SSO or for a code (mfa_serial) are refused. What expires is fetched anew before it does, once
// for all calls that wait for it. A credential_process may take a minute.
// Thread: plain values.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include <forebay/sqs/error.h>
#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

struct Credentials {
  std::string access_key_id = {};
  std::string secret_access_key = {};
  std::string session_token = {};            // empty: none
  std::optional<Timestamp> expiration = {};  // absent: never

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// The chain above.
struct DefaultCredentials {};

/// Requests without a signature, for servers that ask for none. A signature also carries the
/// region; without one Forebay takes it from a host name such as sqs.eu-west-1.localhost, else it
/// is the server's own.
struct UnsignedRequests {};

/// A user's own source. Called on a thread of its own, one call at a time; may block. Called again
/// before `expiration`, and after a server has refused what it gave. Must not throw.
using CredentialsSource = std::function<Result<Credentials>()>;

using CredentialsChoice =
    std::variant<DefaultCredentials, UnsignedRequests, Credentials, CredentialsSource>;

}  // namespace forebay::sqs
