// SPDX-License-Identifier: Apache-2.0
// The environment variables that every AWS tool reads.
// Thread: main, before others start.
#pragma once

#include <optional>
#include <string>

#include "auth/sigv4.h"

namespace forebay::cli {

/// Nothing without both the key's id and its secret; an empty variable counts as not set.
std::optional<auth::Credentials> aws_credentials();

/// "us-east-1" when none is set.
std::string aws_region();

}  // namespace forebay::cli
