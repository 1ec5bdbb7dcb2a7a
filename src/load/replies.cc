// SPDX-License-Identifier: Apache-2.0
#include "load/replies.h"

#include <algorithm>

namespace forebay::load {
namespace {

constexpr size_t kMessageBytesMax = 300;

size_t behind_blanks(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

/// Where the string that begins behind its first quote ends.
size_t closing_quote(std::string_view text, size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

/// Where `"name"` stands as a whole string, at or behind `at`.
size_t find_name(std::string_view json, std::string_view name, size_t at) {
  for (at = json.find(name, at); at != std::string_view::npos; at = json.find(name, at + 1)) {
    const size_t end = at + name.size();
    if (at > 0 && json[at - 1] == '"' && end < json.size() && json[end] == '"') return at;
  }
  return at;
}

/// The content of the first element `<name>`.
std::string_view element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  const std::string_view content = xml.substr(begin + open.size());
  return content.substr(0, content.find('<'));
}

std::string_view first_member(std::string_view json, std::string_view name) {
  size_t at = 0;
  return string_member(json, name, &at).value_or(std::string_view());
}

}  // namespace

std::optional<std::string_view> string_member(std::string_view json, std::string_view name,
                                              size_t* at) {
  for (size_t found = find_name(json, name, *at); found != std::string_view::npos;
       found = find_name(json, name, found + 1)) {
    const size_t colon = behind_blanks(json, found + name.size() + 1);
    if (colon >= json.size() || json[colon] != ':') continue;
    const size_t quote = behind_blanks(json, colon + 1);
    if (quote >= json.size() || json[quote] != '"') continue;
    const size_t end = closing_quote(json, quote + 1);
    if (end == std::string_view::npos) break;
    *at = end + 1;
    return json.substr(quote + 1, end - quote - 1);
  }
  return std::nullopt;
}

size_t receipt_handles(std::string_view body, std::span<std::string> out) {
  size_t count = 0;
  size_t at = 0;
  while (count < out.size()) {
    const auto handle = string_member(body, "ReceiptHandle", &at);
    if (!handle) break;
    out[count++].assign(*handle);
  }
  return count;
}

std::optional<ServiceError> next_failed_entry(std::string_view body, size_t* at) {
  // Only entries of the list "Failed" have a member "Code".
  if (*at == 0) {
    const size_t failed = find_name(body, "Failed", 0);
    if (failed == std::string_view::npos) return std::nullopt;
    *at = failed;
  }
  const auto code = string_member(body, "Code", at);
  if (!code) return std::nullopt;
  const size_t entry_begin = std::min(body.rfind('{', *at), body.size());
  const size_t entry_end = std::min(body.find('}', *at), body.size());
  return ServiceError{
      .code = *code,
      .message = first_member(body.substr(entry_begin, entry_end - entry_begin), "Message")};
}

ServiceError service_error(const Response& response, std::string& own_code) {
  ServiceError error;
  if (const std::string_view type = first_member(response.body, "__type"); !type.empty()) {
    error.code = type.substr(std::min(type.rfind('#') + 1, type.size()));
    error.message = first_member(response.body, "message");
    if (error.message.empty()) error.message = first_member(response.body, "Message");
  } else {
    error.code = element(response.body, "Code");
    error.message = element(response.body, "Message");
  }
  if (error.code.empty()) {
    own_code = "HTTP " + std::to_string(response.status);
    error = {.code = own_code, .message = response.body};
  }
  error.message = error.message.substr(0, kMessageBytesMax);
  return error;
}

}  // namespace forebay::load
