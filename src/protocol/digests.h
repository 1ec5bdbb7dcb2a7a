// SPDX-License-Identifier: Apache-2.0
// The digests SQS clients check (contract section 4.5). All results are lower-case hexadecimal.
// Thread: any.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <forebay/inline_text.h>

#include "protocol/shapes.h"

namespace forebay::protocol {

/// 32 digits.
InlineText<32> md5_hex(std::string_view bytes);
/// out[i] is that of texts[i]; both have the same size. Ten take the time of three.
void md5_hex(std::span<const std::string_view> texts, std::span<InlineText<32>> out);
/// 64 digits.
std::string sha256_hex(std::string_view bytes);
/// An attribute as its digest covers it.
struct DigestedAttribute {
  std::string_view name;
  std::string_view data_type;
  std::string_view value;  // the text, or the raw bytes
};
/// MD5OfMessageAttributes over exactly these, which are in the byte order of their names. Empty for
/// none.
InlineText<32> md5_of_sorted_attributes(std::span<const DigestedAttribute> attributes);
/// MD5OfMessageAttributes (and of system attributes) over exactly these attributes, in any order.
/// Each must have a data_type and one value. Empty for no attributes.
InlineText<32> md5_of_message_attributes(const MessageAttributes& attributes);

}  // namespace forebay::protocol
