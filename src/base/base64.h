// SPDX-License-Identifier: Apache-2.0
// Base64 of RFC 4648 section 4, with padding; and lower-case hexadecimal.
// Thread: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace forebay {

std::string base64_encode(std::string_view bytes);

/// The bytes, or nothing when `text` has a character outside the alphabet, bad padding, or stray
/// bits.
std::optional<std::string> base64_decode(std::string_view text);

/// Two lower-case digits a byte.
std::string hex_encode(std::string_view bytes);

}  // namespace forebay
