// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>
#include <variant>

#include <forebay/sqs/client.h>

#include "base/result.h"
#include "client/credentials_fetcher.h"
#include "client/curl_io.h"
#include "client/engine.h"
#include "client/environment.h"
#include "client/settings.h"
#include "env/clock.h"
#include "env/file_system.h"

namespace forebay::sqs {
namespace {

Result<void> check_options(const ClientOptions& options) {
  const auto refused = [](const char* what) {
    return Error{.kind = ErrorKind::kConfiguration, .message = what};
  };
  const TimeoutOptions& timeouts = options.timeouts;
  if (timeouts.connect.count() <= 0 || timeouts.attempt.count() <= 0 ||
      timeouts.call.count() <= 0) {
    return refused("Time limits must be more than 0.");
  }
  if (options.max_connections == 0) return refused("max_connections must be 1 or more.");
  const auto* source = std::get_if<CredentialsSource>(&options.credentials);
  if (source != nullptr && !*source)
    return refused("The credentials' source is an empty function.");
  return {};
}

}  // namespace

Result<Client> Client::create(ClientOptions options) {
  TRY(check_options(options));
  const Surroundings surroundings{.environment = system_environment(),
                                  .files = env::posix_file_system()};
  TRY_ASSIGN(Settings settings, resolve_settings(options, surroundings));
  const env::Clock& clock = env::system_clock();
  std::unique_ptr<Io> io = make_curl_io(
      {.connect_timeout = options.timeouts.connect, .ca_file = settings.ca_file}, clock);
  std::unique_ptr<CredentialsFetcher> credentials =
      make_chosen_credentials({.surroundings = surroundings,
                               .settings = settings,
                               .profile_chosen_in_program = !options.profile.empty(),
                               .io = *io,
                               .clock = clock},
                              options.credentials);
  return Client(
      std::make_unique<detail::Engine>(detail::EngineParts{.io = std::move(io),
                                                           .clock = clock,
                                                           .random = env::system_random(),
                                                           .settings = std::move(settings),
                                                           .options = std::move(options),
                                                           .credentials = std::move(credentials)}));
}

Client::Client(std::unique_ptr<detail::Engine> engine) : engine_(std::move(engine)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

const std::string& Client::region() const {
  return engine_->settings().region;
}
const std::string& Client::endpoint_url() const {
  return engine_->settings().endpoint.url;
}
ClientStatistics Client::statistics() const {
  return engine_->statistics();
}

}  // namespace forebay::sqs
