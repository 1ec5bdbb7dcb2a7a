// SPDX-License-Identifier: Apache-2.0
#include "protocol/escape.h"

#include <cstddef>
#include <cstdint>

namespace forebay::protocol {
namespace {

constexpr bool special_in_json(uint8_t c) {
  return (c < 0x20) | (c == '"') | (c == '\\');
}

constexpr bool special_in_xml(uint8_t c) {
  // 0xEF leads the three bytes of U+FFFE and U+FFFF.
  return (c < 0x20) | (c == '"') | (c == '&') | (c == '<') | (c == '>') | (c == 0xEF);
}

/// Length of the run at the start of `text` that needs no escape. Whole blocks are tested without
/// branches, which the compiler turns into vector instructions: bodies are long and mostly plain.
template <bool special(uint8_t)>
size_t plain_length(std::string_view text) {
  constexpr size_t kBlock = 32;
  size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    bool any = false;
    for (size_t i = 0; i < kBlock; ++i) any |= special(static_cast<uint8_t>(text[at + i]));
    if (any) break;
  }
  while (at < text.size() && !special(static_cast<uint8_t>(text[at]))) ++at;
  return at;
}

void append_json_escape(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00");
      out.push_back(kDigits[c >> 4]);
      out.push_back(kDigits[c & 15]);
  }
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Appends the special character at the start of `text`; returns how many bytes it has.
size_t append_xml_escape(std::string& out, std::string_view text) {
  switch (text[0]) {
    case '&':
      out.append("&amp;");
      return 1;
    case '<':
      out.append("&lt;");
      return 1;
    case '>':
      out.append("&gt;");
      return 1;
    case '"':
      out.append("&quot;");
      return 1;
    case '\r':
      out.append("&#xD;");
      return 1;
    case '\t':
    case '\n':
      out.push_back(text[0]);
      return 1;
    case '\xEF':
      if (text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF")) {
        out.append(kReplacement);
        return kReplacement.size();
      }
      out.push_back(text[0]);
      return 1;
    default:
      out.append(kReplacement);
      return 1;
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (true) {
    const size_t plain = plain_length<special_in_json>(text);
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    append_json_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out.push_back('"');
}

void append_xml_text(std::string& out, std::string_view text) {
  while (true) {
    const size_t plain = plain_length<special_in_xml>(text);
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    text.remove_prefix(plain);
    text.remove_prefix(append_xml_escape(out, text));
  }
}

}  // namespace forebay::protocol
