// SPDX-License-Identifier: Apache-2.0
// The digests SQS clients check (contract section 4.5). All results are lower-case hexadecimal.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include <forebay/inline_text.h>

#include "protocol/shapes.h"

namespace forebay::protocol {

/// 32 digits.
InlineText<32> md5_hex(std::string_view bytes);
/// 64 digits.
std::string sha256_hex(std::string_view bytes);
/// MD5OfMessageAttributes (and of system attributes) over exactly these attributes, in any order.
/// Each must have a data_type and one value. Empty for no attributes.
InlineText<32> md5_of_message_attributes(const MessageAttributes& attributes);

}  // namespace forebay::protocol
