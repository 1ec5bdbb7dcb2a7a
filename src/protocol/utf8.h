// SPDX-License-Identifier: Apache-2.0
// Whether bytes are well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
// Thread: any.
#pragma once

#include <string_view>

namespace forebay::protocol {

bool is_utf8(std::string_view bytes);

}  // namespace forebay::protocol
