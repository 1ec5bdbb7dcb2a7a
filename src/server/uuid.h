// SPDX-License-Identifier: Apache-2.0
// Random UUIDs (RFC 9562, version 4): ids of messages, requests and move tasks.
// Thread: any.
#pragma once

#include <optional>
#include <string_view>

#include <forebay/inline_text.h>

#include "base/byte_codec.h"
#include "env/clock.h"

namespace forebay::server {

Bytes16 random_uuid(env::Random& random);

/// "0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2c4d", lower case.
InlineText<36> uuid_text(const Bytes16& uuid);

/// What uuid_text() wrote. Nothing for any other text, also for one in capital letters.
std::optional<Bytes16> parse_uuid(std::string_view text);

}  // namespace forebay::server
