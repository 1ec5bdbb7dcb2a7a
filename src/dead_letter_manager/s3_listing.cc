// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/s3_listing.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace forebay::sqs::detail {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};

/// "amp", "#38", "#x26". Characters beyond ASCII need no entity, and none is read.
std::optional<char> entity(std::string_view name) {
  for (const auto& [known, c] : kEntities) {
    if (name == known) return c;
  }
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool hexadecimal = name.starts_with('x');
  if (hexadecimal) name.remove_prefix(1);
  unsigned code = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), code, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != name.data() + name.size() || code > 127) return std::nullopt;
  return static_cast<char>(code);
}

std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t mark = text.find('&');
    out += text.substr(0, mark);
    if (mark == text.npos) break;
    text.remove_prefix(mark + 1);
    const size_t end = text.find(';');
    const std::optional<char> c = end == text.npos ? std::nullopt : entity(text.substr(0, end));
    out.push_back(c.value_or('&'));
    if (c) text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::vector<std::string> keys_of_listing(std::string_view xml) {
  constexpr std::string_view kOpen = "<Key>";
  constexpr std::string_view kClose = "</Key>";
  std::vector<std::string> keys;
  for (size_t at = xml.find(kOpen); at != xml.npos; at = xml.find(kOpen, at)) {
    at += kOpen.size();
    const size_t end = xml.find(kClose, at);
    if (end == xml.npos) break;
    keys.push_back(unescaped(xml.substr(at, end - at)));
  }
  return keys;
}

}  // namespace forebay::sqs::detail
