// SPDX-License-Identifier: Apache-2.0
// What a shape's description is made of, and how to walk one.
//
// `kMembers<Shape>` (protocol/shape_members.h) is a tuple of `Member`s. The readers and writers of
// all wires walk it: the C++ type of a field says how it is read and written, `Spelling` the rest.
// Thread: constants.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

namespace forebay::protocol {

/// How a value is spelled where its C++ type leaves a choice.
enum class Spelling : uint8_t {
  kPlain,
  kBase64,    // raw bytes here, base64 text on the wires
  kNotEmpty,  // bool: whether a list with items was sent; the items are not kept; never written
  kIdOnly,    // list of strings here, list of structures with the one member Id on the wires
};

/// Names are case-sensitive. `field` is a pointer to a data member, or whatever std::invoke takes.
template <class Field>
struct Member {
  std::string_view json;  // JSON member
  Field field;
  std::string_view query = json;     // Query parameter, XML element; a leading '*' is the action
  std::string_view mirror = json;    // member of the JSON that mirrors the XML (contract 1.5.5)
  std::string_view query_also = {};  // a second Query prefix, accepted like the first
  std::string_view key = "Name";     // maps: what the key is called in Query and XML
  Spelling spelling = Spelling::kPlain;
  bool always = false;  // a list that is written in JSON also when it is empty
};

template <class Shape>
inline constexpr auto kMembers = nullptr;  // specialised for every shape

/// Calls `visit(member)` for each member of Shape, in the order of the XML.
template <class Shape, class Visit>
void for_each_member(Visit visit) {
  std::apply([&](const auto&... member) { (visit(member), ...); }, kMembers<Shape>);
}

/// Positions of Shape's members, sorted by their JSON names.
template <class Shape>
constexpr auto json_order() {
  constexpr size_t kCount = std::tuple_size_v<std::remove_cvref_t<decltype(kMembers<Shape>)>>;
  const std::array<std::string_view, kCount> names = std::apply(
      [](const auto&... member) { return std::array<std::string_view, kCount>{member.json...}; },
      kMembers<Shape>);
  std::array<size_t, kCount> order{};
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return names[i]; });
  return order;
}

/// Calls `visit(member)` for each member of Shape, in the alphabetical order of the JSON names.
template <class Shape, class Visit>
void for_each_member_in_json_order(Visit visit) {
  static constexpr auto kOrder = json_order<Shape>();
  [&]<size_t... I>(std::index_sequence<I...>) {
    (visit(std::get<kOrder[I]>(kMembers<Shape>)), ...);
  }(std::make_index_sequence<kOrder.size()>());
}

/// A field of a structure that is itself a field, for members that travel as if they were the outer
/// one's own.
template <class Outer, class Inner>
struct Through {
  Outer outer;
  Inner inner;
  constexpr decltype(auto) operator()(auto& shape) const {
    return std::invoke(inner, std::invoke(outer, shape));
  }
};

template <class Outer, class... Inner>
constexpr auto through(Outer outer, const std::tuple<Member<Inner>...>& members) {
  const auto move_out = [&](const auto& m) {
    return Member{.json = m.json, .field = Through{outer, m.field}};
  };
  return std::apply([&](const auto&... member) { return std::tuple{move_out(member)...}; },
                    members);
}

}  // namespace forebay::protocol
