// SPDX-License-Identifier: Apache-2.0
// UTF-8 as SQS looks at it: which characters a message may hold, and what counts as a letter.
// Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace forebay::server {

/// Takes the first code point off `rest`. Nothing when `rest` is empty or does not start with
/// well-formed UTF-8 (overlong forms, surrogates and values above U+10FFFF are not).
std::optional<char32_t> take_code_point(std::string_view& rest);

/// True when `text` is well-formed UTF-8 of #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD |
/// #x10000-#x10FFFF only (contract section 4.1).
/// Cost: about a byte a cycle or better for ASCII.
bool is_message_text(std::string_view text);

/// ASCII letters, and outside ASCII what XML 1.0 lets a name begin with: close to Unicode's
/// letters, and without `§` and its like.
bool is_letter(char32_t c);

/// Number of code points; malformed bytes count one each.
size_t count_characters(std::string_view text);

}  // namespace forebay::server
