// SPDX-License-Identifier: Apache-2.0
// Base64 of RFC 4648 section 4, with padding; and lower-case hexadecimal.
// Thread: any.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <forebay/inline_text.h>

#include "base/byte_codec.h"

namespace forebay {

std::string base64_encode(std::string_view bytes);

/// The bytes, or nothing when `text` has a character outside the alphabet, bad padding, or stray
/// bits.
std::optional<std::string> base64_decode(std::string_view text);
/// The same, without memory of its own: false also when there are more or fewer bytes than `out`
/// takes; what is in it then means nothing.
bool base64_decode(std::string_view text, std::span<char> out);

/// Two lower-case digits a byte.
std::string hex_encode(std::string_view bytes);
InlineText<32> hex_encode(const Bytes16& bytes);

}  // namespace forebay
