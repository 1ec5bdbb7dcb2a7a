// SPDX-License-Identifier: Apache-2.0
// JSON that travels inside a text, such as a queue's Policy: taken apart one level at a time, each
// part again as JSON text.
//
//   for (const JsonMember& member : json_members(policy).value_or(...)) json_items(member.value)
//
// For small documents that are edited or compared, not for requests. "JSON text" means without
// white space, and with every character that need not be escaped as itself. Repeated names of an
// object are kept. Limits: nesting depth 64; integers of 64 bits.
// Thread: any.
// Cost: O(n) each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forebay::protocol {

struct JsonMember {
  std::string name;
  std::string value;  // JSON text
};

/// The members of an object, in order. Nothing when `text` is none.
std::optional<std::vector<JsonMember>> json_members(std::string_view text);

/// The first member called `name`, or null.
const JsonMember* find_member(const std::vector<JsonMember>& members, std::string_view name);

/// The items of a list as JSON texts. Nothing when `text` is none.
std::optional<std::vector<std::string>> json_items(std::string_view text);

/// What a JSON string says. Nothing when `text` is none.
std::optional<std::string> json_string(std::string_view text);

/// Whether two texts say the same: white space, the order of an object's members and the way
/// characters are escaped make no difference. The order of a list does, and so does 1 or 1.0. False
/// also when one of them is not JSON.
/// Cost: O(n log n).
bool is_same_json(std::string_view a, std::string_view b);

}  // namespace forebay::protocol
