// SPDX-License-Identifier: Apache-2.0
// Region, endpoint, profile and the like, resolved in the order of the AWS SDKs: what the program
// says, the environment, the profile, a default.
// Thread: plain values.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <forebay/sqs/client_options.h>
#include <forebay/sqs/error.h>

#include "client/environment.h"
#include "client/profile_file.h"

namespace forebay::sqs {

/// A URL taken apart as requests need it.
struct EndpointUrl {
  std::string url;   // without a slash at its end
  std::string host;  // as the Host header has it: without the scheme's own port
  std::string path;  // "/" or "/...": what is signed
};

/// Errors: kConfiguration, in words.
Result<EndpointUrl> parse_endpoint(std::string_view url);

struct Settings {
  std::string region;
  EndpointUrl endpoint;
  std::string profile_name;
  ProfileKeys profile;  // of that name; empty when there is none
  std::string ca_file;
  int max_attempts = 3;
  std::map<std::string, ProfileKeys, std::less<>> profiles = {};  // all there are
};

/// Errors: kConfiguration.
Result<Settings> resolve_settings(const ClientOptions& options, const Surroundings& surroundings);

/// "amazonaws.com", or what other partitions have.
std::string_view dns_suffix(std::string_view region);

}  // namespace forebay::sqs
