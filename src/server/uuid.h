// SPDX-License-Identifier: Apache-2.0
// Random UUIDs (RFC 9562, version 4): message ids and request ids.
// Thread: any.
#pragma once

#include <string>

#include "base/byte_codec.h"
#include "env/clock.h"

namespace forebay::server {

Bytes16 random_uuid(env::Random& random);

/// "0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2c4d", lower case.
std::string uuid_text(const Bytes16& uuid);

}  // namespace forebay::server
