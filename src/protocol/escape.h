// SPDX-License-Identifier: Apache-2.0
// Text as it must be written inside JSON and XML. Input is UTF-8 and is copied as it is, but for
// what is named here.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace forebay::protocol {

/// Appends `text` in quotes. Escaped: quotes, backslashes, control characters below U+0020.
void append_json_string(std::string& out, std::string_view text);

/// Appends `text` as element content (contract 1.5.2): & < > " as entities, CR as "&#xD;" (a parser
/// would turn a raw one into LF). What XML 1.0 cannot carry at all, other controls and U+FFFE and
/// U+FFFF, becomes U+FFFD: no message contains it, but an error's text may quote it.
void append_xml_text(std::string& out, std::string_view text);

}  // namespace forebay::protocol
