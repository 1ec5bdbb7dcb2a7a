// SPDX-License-Identifier: Apache-2.0
#include "protocol/query_parameters.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "protocol/utf8.h"

namespace forebay::protocol {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The number that `text` starts with, when it is a list index followed by "." or nothing.
std::optional<uint32_t> leading_index(std::string_view text) {
  constexpr size_t kDigitsMax = 9;
  const size_t size = std::min(text.find('.'), text.size());
  if (size == 0 || size > kDigitsMax || (size > 1 && text[0] == '0')) return std::nullopt;
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, number);
  if (error != std::errc() || end != text.data() + size) return std::nullopt;
  return number;
}

}  // namespace

Result<std::shared_ptr<const QueryParameters>> QueryParameters::parse(std::string_view url_query,
                                                                      std::string_view form_body) {
  std::shared_ptr<QueryParameters> parsed(new QueryParameters);
  // Decoding never lengthens, and one separator follows each piece, of which "a&a" has as many as
  // it has bytes.
  parsed->text_.reserve(2 * (url_query.size() + form_body.size() + 2));
  for (std::string_view part : {url_query, form_body}) {
    while (!part.empty()) {
      const size_t end = std::min(part.find('&'), part.size());
      if (end > 0) TRY(parsed->add(part.substr(0, end)));
      part.remove_prefix(std::min(end + 1, part.size()));
    }
  }
  if (!is_utf8(parsed->text_)) {
    return Error{ErrorCode::kSerialization, "The request contains text that is not UTF-8."};
  }
  // Names lie in text_ in the order sent, so their addresses keep equal names in that order.
  std::ranges::sort(parsed->parameters_, {}, [](const Parameter& parameter) {
    return std::pair(parameter.name, parameter.name.data());
  });
  return std::shared_ptr<const QueryParameters>(std::move(parsed));
}

Result<void> QueryParameters::add(std::string_view encoded) {
  if (parameters_.size() == kQueryParametersMax) {
    return Error{
        ErrorCode::kSerialization,
        "The request has more than " + std::to_string(kQueryParametersMax) + " parameters."};
  }
  const size_t equals = std::min(encoded.find('='), encoded.size());
  const std::string_view name = decode(encoded.substr(0, equals));
  if (name.size() > kQueryNameBytesMax) {
    return Error{ErrorCode::kSerialization, "A parameter name is longer than " +
                                                std::to_string(kQueryNameBytesMax) + " bytes."};
  }
  encoded.remove_prefix(std::min(equals + 1, encoded.size()));
  parameters_.push_back({name, decode(encoded)});
  return {};
}

std::string_view QueryParameters::decode(std::string_view encoded) {
  const size_t start = text_.size();
  CHECK(text_.capacity() - start > encoded.size());
  for (size_t i = 0; i < encoded.size(); ++i) {
    const char c = encoded[i];
    if (c == '%' && i + 2 < encoded.size() && hex_digit(encoded[i + 1]) >= 0 &&
        hex_digit(encoded[i + 2]) >= 0) {
      text_.push_back(
          static_cast<char>(hex_digit(encoded[i + 1]) * 16 + hex_digit(encoded[i + 2])));
      i += 2;
    } else {
      text_.push_back(c == '+' ? ' ' : c);
    }
  }
  const std::string_view decoded(text_.data() + start, text_.size() - start);
  text_.push_back(
      '\n');  // keeps the halves of a split character apart when all text is checked at once
  return decoded;
}

std::optional<std::string_view> QueryParameters::find(std::string_view name) const {
  const auto after = std::ranges::upper_bound(parameters_, name, {}, &Parameter::name);
  if (after == parameters_.begin() || std::prev(after)->name != name) return std::nullopt;
  return std::prev(after)->value;
}

std::vector<uint32_t> QueryParameters::indexes(std::string_view prefix) const {
  std::vector<uint32_t> found;
  auto it = std::ranges::lower_bound(parameters_, prefix, {}, &Parameter::name);
  for (; it != parameters_.end() && it->name.starts_with(prefix); ++it) {
    const std::string_view rest = it->name.substr(prefix.size());
    if (!rest.starts_with('.')) continue;
    if (const auto index = leading_index(rest.substr(1))) found.push_back(*index);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace forebay::protocol
