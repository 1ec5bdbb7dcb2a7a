// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers: whether text is a document of the XML we write (elements, text, five
// entities).
// Thread: any.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/utf8.h"

namespace forebay::protocol {

/// Length of the entity that `text` starts with, 0 when it is none of ours.
inline size_t entity_length(std::string_view text) {
  for (std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#xD;"}) {
    if (text.starts_with(entity)) return entity.size();
  }
  return 0;
}

/// Checks a tag without its brackets against the open elements.
inline bool tag_fits(std::string_view tag, std::vector<std::string_view>& open) {
  const std::string_view name = tag.substr(0, tag.find(' '));
  if (name.empty() || name.find_first_of("<&\"") != std::string_view::npos) return false;
  if (tag.ends_with('/')) return true;
  if (!tag.starts_with('/')) return open.push_back(name), true;
  if (open.empty() || open.back() != name.substr(1)) return false;
  open.pop_back();
  return true;
}

/// False when `text` starts with a character that XML 1.0 forbids: a control, U+FFFE, U+FFFF.
inline bool is_xml_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x20 && byte != '\t' && byte != '\n') return false;
  return !text.starts_with("\xEF\xBF\xBE") && !text.starts_with("\xEF\xBF\xBF");
}

/// Whether `text` has balanced tags, known entities, and no character XML 1.0 forbids.
inline bool is_well_formed_xml(std::string_view text) {
  constexpr std::string_view kHead = "<?xml version=\"1.0\"?>";
  if (!is_utf8(text) || !text.starts_with(kHead)) return false;
  text.remove_prefix(kHead.size());
  std::vector<std::string_view> open;
  while (!text.empty()) {
    size_t length = 1;
    if (text[0] == '<') {
      length = text.find('>') + 1;
      if (length == 0 || !tag_fits(text.substr(1, length - 2), open)) return false;
      if (open.empty() && length != text.size()) return false;
    } else if (text[0] == '&') {
      length = entity_length(text);
      if (length == 0) return false;
    } else if (!is_xml_character(text)) {
      return false;
    }
    text.remove_prefix(length);
  }
  return open.empty();
}

}  // namespace forebay::protocol
