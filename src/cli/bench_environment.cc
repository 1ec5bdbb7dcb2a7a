// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_environment.h"

#include <cstdlib>

namespace forebay::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<auth::Credentials> aws_credentials() {
  auth::Credentials credentials = {.access_key_id = variable("AWS_ACCESS_KEY_ID"),
                                   .secret_access_key = variable("AWS_SECRET_ACCESS_KEY"),
                                   .session_token = variable("AWS_SESSION_TOKEN")};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return std::nullopt;
  }
  return credentials;
}

std::string aws_region() {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = variable(name); !region.empty()) return region;
  }
  return "us-east-1";
}

}  // namespace forebay::cli
