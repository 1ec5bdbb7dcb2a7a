// SPDX-License-Identifier: Apache-2.0
// JSON as the commands print it, built member by member.
//
//   JsonObject queue;
//   queue.add("name", name).add("created", true).add_json("tags", tags.text());
// Thread: one owner.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/escape.h"

namespace forebay::commands {

class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view value) {
    begin(name);
    protocol::append_json_string(text_, value);
    return *this;
  }
  JsonObject& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  JsonObject& add(std::string_view name, std::same_as<bool> auto value) {
    return add_json(name, value ? "true" : "false");
  }
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  JsonObject& add(std::string_view name, Number value) {
    return add_json(name, std::to_string(value));
  }
  /// Nothing when there is no value.
  template <class Value>
  JsonObject& add(std::string_view name, const std::optional<Value>& value) {
    return value ? add(name, *value) : *this;
  }
  /// `json` as it is.
  JsonObject& add_json(std::string_view name, std::string_view json) {
    begin(name);
    text_ += json;
    return *this;
  }
  std::string text() const { return text_ + "}"; }

 private:
  void begin(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    protocol::append_json_string(text_, name);
    text_ += ':';
  }
  std::string text_ = "{";
};

class JsonList {
 public:
  void add_json(std::string_view json) {
    if (text_.size() > 1) text_ += ',';
    text_ += json;
  }
  void add(std::string_view value) {
    if (text_.size() > 1) text_ += ',';
    protocol::append_json_string(text_, value);
  }
  std::string text() const { return text_ + "]"; }

 private:
  std::string text_ = "[";
};

/// An object of texts.
template <class Map>
std::string json_of_texts(const Map& texts) {
  JsonObject object;
  for (const auto& [name, value] : texts) object.add(name, std::string_view(value));
  return object.text();
}

}  // namespace forebay::commands
