// SPDX-License-Identifier: Apache-2.0
#include "server/tag_rules.h"

#include <algorithm>
#include <string_view>

#include "server/unicode_text.h"

namespace forebay::server {
namespace {

constexpr size_t kTagKeyCharactersMax = 128;
constexpr size_t kTagValueCharactersMax = 256;

Error refusal(std::string_view text) {
  return {ErrorCode::kInvalidParameterValue, std::string(text)};
}

bool has_only_tag_characters(std::string_view text) {
  constexpr std::string_view kPunctuation = " _.:/=+-@";
  while (!text.empty()) {
    const std::optional<char32_t> c = take_code_point(text);
    if (!c) return false;
    const bool digit = *c >= '0' && *c <= '9';
    const bool punctuation =
        *c < 0x80 && kPunctuation.find(static_cast<char>(*c)) != std::string_view::npos;
    if (!is_letter(*c) && !digit && !punctuation) return false;
  }
  return true;
}

bool is_reserved(std::string_view key) {
  constexpr std::string_view kReserved = "aws:";
  return key.size() >= kReserved.size() &&
         std::equal(kReserved.begin(), kReserved.end(), key.begin(), [](char wanted, char given) {
           return wanted == given || (given >= 'A' && given <= 'Z' && given - 'A' + 'a' == wanted);
         });
}

Result<void> check_tag(std::string_view key, std::string_view value) {
  const size_t key_characters = count_characters(key);
  if (key_characters < 1 || key_characters > kTagKeyCharactersMax) {
    return refusal("Tag keys must be between 1 and 128 characters in length.");
  }
  if (count_characters(value) > kTagValueCharactersMax) {
    return refusal("Tag values must be between 0 and 256 characters in length.");
  }
  if (is_reserved(key)) return refusal("Tag keys must not begin with 'aws:'.");
  if (!has_only_tag_characters(key) || !has_only_tag_characters(value)) {
    return refusal(
        "Tag keys and values can only contain letters, digits, blanks, and _ . : / = + - @");
  }
  return {};
}

}  // namespace

Result<engine::Tags> parse_tags(const protocol::StringPairs& tags) {
  engine::Tags parsed;
  for (const auto& [key, value] : tags) {
    TRY(check_tag(key, value));
    parsed.insert_or_assign(key, value);
  }
  return parsed;
}

}  // namespace forebay::server
