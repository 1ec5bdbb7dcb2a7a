// SPDX-License-Identifier: Apache-2.0
// Where credentials may come from, one class each; and the chain that asks them in turn.
//
// The order and the names of variables and keys are those of the AWS SDKs
// (forebay/sqs/credentials.h lists them).
// Thread: the I/O thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <forebay/sqs/credentials.h>
#include <forebay/sqs/error.h>

#include "client/environment.h"
#include "client/http_fetches.h"
#include "client/http_transport.h"
#include "client/moments.h"
#include "client/settings.h"
#include "env/clock.h"

namespace forebay::sqs {

/// Nothing is configured there: the next one is asked.
struct NoCredentials {
  std::string why;  // "AWS_ACCESS_KEY_ID is not set"
};

/// An Error ends the chain: something is configured, and does not work.
using CredentialsOutcome = std::variant<Credentials, NoCredentials, Error>;

class CredentialsFetcher {
 public:
  using Done = std::function<void(CredentialsOutcome)>;

  virtual ~CredentialsFetcher() = default;
  /// One at a time. `done` is called once, perhaps inside this.
  virtual void fetch(Done done) = 0;
};

/// What all of them work with. Borrows: all but what is copied.
struct CredentialsContext {
  Surroundings surroundings;
  Settings settings;
  bool profile_chosen_in_program = false;
  Io& io;
  const env::Clock& clock;
};

std::unique_ptr<CredentialsFetcher> make_fixed_credentials(Credentials credentials);
/// Calls the user's function on a thread of its own.
std::unique_ptr<CredentialsFetcher> make_users_credentials(CredentialsSource source, Io& io);

std::unique_ptr<CredentialsFetcher> make_environment_credentials(const CredentialsContext& context);
/// Of AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN.
std::unique_ptr<CredentialsFetcher> make_web_identity_credentials(
    const CredentialsContext& context);
/// Keys, a program that prints some, or a role.
std::unique_ptr<CredentialsFetcher> make_profile_credentials(const CredentialsContext& context);
/// Of a profile's credential_process, a line for /bin/sh; run on a thread of its own.
std::unique_ptr<CredentialsFetcher> make_process_credentials(std::string profile, std::string line,
                                                             Io& io);
std::unique_ptr<CredentialsFetcher> make_container_credentials(const CredentialsContext& context);
/// Version 2 of the metadata service only.
std::unique_ptr<CredentialsFetcher> make_instance_credentials(const CredentialsContext& context);

/// Asks in order until one has some or fails. With none, the error says what each had to say.
std::unique_ptr<CredentialsFetcher> make_credentials_chain(
    std::vector<std::unique_ptr<CredentialsFetcher>> fetchers);
std::unique_ptr<CredentialsFetcher> make_default_chain(const CredentialsContext& context);
/// What a program has chosen. Null for requests without a signature.
std::unique_ptr<CredentialsFetcher> make_chosen_credentials(const CredentialsContext& context,
                                                            const CredentialsChoice& choice);

/// The JSON that containers and instances answer with: AccessKeyId, SecretAccessKey, Token,
/// Expiration. Nothing when it is not that. Programs call the token SessionToken.
std::optional<Credentials> read_credentials_json(std::string_view json,
                                                 std::string_view token_name = "Token");

}  // namespace forebay::sqs
