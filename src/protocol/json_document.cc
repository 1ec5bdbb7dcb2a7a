// SPDX-License-Identifier: Apache-2.0
#include "protocol/json_document.h"

#include <algorithm>
#include <utility>

#include <simdjson.h>

#include "protocol/escape.h"

namespace forebay::protocol {
namespace {

namespace dom = simdjson::dom;

/// A parsed text; what is read from `root` lives as long as this.
struct Parsed {
  explicit Parsed(std::string_view text) {
    constexpr size_t kDepthMax = 64;
    ok = parser.allocate(text.size(), kDepthMax) == simdjson::SUCCESS &&
         parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS;
  }

  /// True when the root is a `Type`, then in `value`.
  template <class Type>
  bool get(Type& value) const {
    return ok && root.get(value) == simdjson::SUCCESS;
  }

  dom::parser parser;
  dom::element root;
  bool ok;
};

/// Appends `value` in the one form that all equal values share. Recursion is bounded by the
/// parser's limit on nesting.
void append_canonical(std::string& out, const dom::element& value) {
  dom::object object;
  dom::array array;
  if (value.get(object) == simdjson::SUCCESS) {
    std::vector<std::pair<std::string_view, std::string>> members;
    for (const auto& [name, item] : object) {
      append_canonical(members.emplace_back(name, std::string()).second, item);
    }
    std::sort(members.begin(), members.end());
    out += '{';
    for (const auto& [name, item] : members) {
      append_json_string(out, name);
      out.append(":").append(item).append(",");
    }
    out += '}';
  } else if (value.get(array) == simdjson::SUCCESS) {
    out += '[';
    for (const dom::element& item : array) {
      append_canonical(out, item);
      out += ',';
    }
    out += ']';
  } else {
    out += simdjson::minify(value);
  }
}

}  // namespace

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
  const Parsed parsed(text);
  dom::object object;
  if (!parsed.get(object)) return std::nullopt;
  std::vector<JsonMember> members;
  for (const auto& [name, value] : object) {
    members.push_back({std::string(name), simdjson::minify(value)});
  }
  return members;
}

const JsonMember* find_member(const std::vector<JsonMember>& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [name](const JsonMember& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

std::optional<std::vector<std::string>> json_items(std::string_view text) {
  const Parsed parsed(text);
  dom::array array;
  if (!parsed.get(array)) return std::nullopt;
  std::vector<std::string> items;
  for (const dom::element& item : array) items.push_back(simdjson::minify(item));
  return items;
}

std::optional<std::string> json_string(std::string_view text) {
  const Parsed parsed(text);
  std::string_view value;
  if (!parsed.get(value)) return std::nullopt;
  return std::string(value);
}

bool is_same_json(std::string_view a, std::string_view b) {
  const Parsed parsed_a(a);
  const Parsed parsed_b(b);
  if (!parsed_a.ok || !parsed_b.ok) return false;
  std::string canonical_a;
  std::string canonical_b;
  append_canonical(canonical_a, parsed_a.root);
  append_canonical(canonical_b, parsed_b.root);
  return canonical_a == canonical_b;
}

}  // namespace forebay::protocol
