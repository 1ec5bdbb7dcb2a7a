// SPDX-License-Identifier: Apache-2.0
#include "server/message_rules.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include <fmt/format.h>

#include "server/parameter_errors.h"
#include "server/unicode_text.h"

namespace forebay::server {
namespace {

constexpr size_t kAttributeNameCharactersMax = 256;
constexpr size_t kAttributeTypeCharactersMax = 256;
constexpr size_t kTokenBytesMax = 128;
constexpr ptrdiff_t kNumberDigitsMax = 38;
constexpr int kNumberExponentMin = -128;
constexpr int kNumberExponentMax = 126;
constexpr std::string_view kInvalidCharacters =
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
    "#xE000 to #xFFFD | #x10000 to #x10FFFF";

/// Contract 4.3; texts that no recording shows are an emulator's [E].
template <class... Args>
Error refusal(fmt::format_string<Args...> text, Args&&... args) {
  return {ErrorCode::kInvalidParameterValue, fmt::format(text, std::forward<Args>(args)...)};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() &&
         std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                    [](char wanted, char given) { return wanted == lower(given); });
}

bool has_only_name_characters(std::string_view name) {
  while (!name.empty()) {
    const std::optional<char32_t> c = take_code_point(name);
    if (!c) return false;
    const bool digit = *c >= '0' && *c <= '9';
    if (!is_letter(*c) && !digit && *c != '_' && *c != '-' && *c != '.') return false;
  }
  return true;
}

Result<void> check_attribute_name(std::string_view name) {
  if (name.empty()) {
    return refusal("The request must contain non-empty message (user) attribute names.");
  }
  if (count_characters(name) > kAttributeNameCharactersMax) {
    return refusal("Message (user) attribute name must be shorter than 256 bytes.");
  }
  if (starts_with_ignoring_case(name, "aws.") || starts_with_ignoring_case(name, "amazon.")) {
    return refusal(
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. "
        "These strings are reserved for internal use.");
  }
  if (name.front() == '.') {
    return refusal("Message (user) attribute name must not begin with character '.'.");
  }
  if (name.back() == '.') {
    return refusal("Message (user) attribute name must not end with character '.'.");
  }
  if (name.find("..") != std::string_view::npos) {
    return refusal("Message (user) attribute name must not have successive '.' characters.");
  }
  if (!has_only_name_characters(name)) {
    return refusal(
        "Message (user) attribute name must only contain A-Z, a-z, 0-9, underscores (_), "
        "hyphens (-), and periods (.).");
  }
  return {};
}

/// Takes the digits at the start of `rest`.
std::string_view take_digits(std::string_view& rest) {
  const size_t end =
      static_cast<size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  const std::string_view digits = rest.substr(0, end);
  rest.remove_prefix(end);
  return digits;
}

void take_sign(std::string_view& rest) {
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) rest.remove_prefix(1);
}

/// The exponent part of a number ("e-5"), 0 when there is none. Nothing when malformed or out of
/// any range.
std::optional<int> take_exponent(std::string_view& rest) {
  if (rest.empty()) return 0;
  if (lower(rest.front()) != 'e') return std::nullopt;
  rest.remove_prefix(1);
  const bool negative = !rest.empty() && rest.front() == '-';
  take_sign(rest);
  const std::string_view digits = take_digits(rest);
  int exponent = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (digits.empty() || failure != std::errc() || exponent > 100'000) return std::nullopt;
  return negative ? -exponent : exponent;
}

/// Up to 38 significant digits, 10^-128 to 10^126 in magnitude, or zero.
bool is_number(std::string_view text) {
  take_sign(text);
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) return false;
  const std::optional<int> exponent = take_exponent(text);
  if (!exponent || !text.empty()) return false;

  const std::string digits = std::string(whole) + std::string(fraction);
  const size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return true;
  const size_t last = digits.find_last_not_of('0');
  if (static_cast<ptrdiff_t>(last - first) + 1 > kNumberDigitsMax) return false;
  const int64_t magnitude =
      static_cast<int64_t>(whole.size()) - static_cast<int64_t>(first) - 1 + *exponent;
  return magnitude >= kNumberExponentMin && magnitude <= kNumberExponentMax;
}

Result<void> check_attribute_type(std::string_view name,
                                  const protocol::OptionalString& data_type) {
  if (!data_type || data_type->empty()) {
    return refusal(
        "The message (user) attribute '{}' must contain a non-empty message attribute type.", name);
  }
  if (count_characters(*data_type) > kAttributeTypeCharactersMax) {
    return refusal("Message (user) attribute type must be shorter than 256 bytes.");
  }
  const std::string_view base = base_type(*data_type);
  const bool known = base == "String" || base == "Number" || base == "Binary";
  if (!known || !is_message_text(*data_type)) {
    return refusal(
        "The type of message (user) attribute '{}' is invalid. You must use only the following "
        "supported type prefixes: Binary, Number, String.",
        name);
  }
  return {};
}

Result<void> check_attribute_value(std::string_view name,
                                   const protocol::MessageAttributeValue& value) {
  const std::string_view base = base_type(*value.data_type);
  const bool binary = base == "Binary";
  if (value.string_value && value.binary_value) {
    return refusal("Message (user) attribute '{}' must have a single value.", name);
  }
  if (!value.string_value && !value.binary_value) {
    return refusal(
        "The message (user) attribute '{}' must contain a non-empty message attribute value.",
        name);
  }
  if (binary != value.binary_value.has_value()) {
    return refusal("Message (user) attribute '{}' with type '{}' must use field '{}'.", name, base,
                   binary ? "Binary" : "String");
  }
  const std::string& content = binary ? *value.binary_value : *value.string_value;
  if (content.empty()) {
    return refusal("Message (user) attribute '{}' must contain a non-empty value of type '{}'.",
                   name, base);
  }
  if (!binary && !is_message_text(content)) return refusal("{}", kInvalidCharacters);
  if (base == "Number" && !is_number(content)) {
    return refusal("Can't cast the value of message (user) attribute '{}' to a number.", name);
  }
  return {};
}

}  // namespace

std::string_view base_type(std::string_view data_type) {
  return data_type.substr(0, data_type.find('.'));
}

int64_t message_size(std::string_view body, const protocol::MessageAttributes& attributes) {
  size_t size = body.size();
  for (const auto& [name, value] : attributes) {
    size += name.size() + value.data_type.value_or("").size();
    if (value.string_value) size += value.string_value->size();
    if (value.binary_value) size += value.binary_value->size();
  }
  return static_cast<int64_t>(size);
}

Result<void> check_body(std::string_view body) {
  if (!is_message_text(body)) {
    return Error{ErrorCode::kInvalidMessageContents, std::string(kInvalidCharacters)};
  }
  return {};
}

Result<void> check_message_attributes(const protocol::MessageAttributes& attributes) {
  if (attributes.size() > static_cast<size_t>(kMessageAttributesMax)) {
    return refusal("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                   attributes.size(), kMessageAttributesMax);
  }
  std::set<std::string_view> names;
  for (const auto& [name, value] : attributes) {
    TRY(check_attribute_name(name));
    if (!names.insert(name).second) {
      return refusal("Message (user) attribute '{}' must have a single value.", name);
    }
    if (value.has_list_values) {
      return Error{ErrorCode::kUnsupportedOperation,
                   "Message attribute list values in SendMessage operation are not supported."};
    }
    TRY(check_attribute_type(name, value.data_type));
    TRY(check_attribute_value(name, value));
  }
  return {};
}

Result<void> check_system_attributes(const protocol::MessageAttributes& attributes) {
  for (const auto& [name, value] : attributes) {
    if (name != kTraceHeaderName) {
      return refusal("Message system attribute name '{}' is invalid.", name);
    }
    if (value.data_type != "String") {
      return refusal(
          "The type of message (system) attribute '{}' is invalid. You must use only the following "
          "supported type prefixes: String.",
          name);
    }
    if (value.binary_value || value.has_list_values) {
      return refusal("Message (system) attribute '{}' with type 'String' must use field 'String'.",
                     name);
    }
    if (!value.string_value || value.string_value->empty()) {
      return refusal(
          "Message (system) attribute '{}' must contain a non-empty value of type 'String'.", name);
    }
    if (!is_message_text(*value.string_value)) return refusal("{}", kInvalidCharacters);
  }
  return {};
}

Result<void> check_token(std::string_view parameter, std::string_view value) {
  const bool plain =
      std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!plain || value.empty() || value.size() > kTokenBytesMax) {
    return invalid_parameter(
        value, parameter,
        fmt::format("{} can only include alphanumeric and punctuation characters. "
                    "1 to 128 in length.",
                    parameter));
  }
  return {};
}

}  // namespace forebay::server
