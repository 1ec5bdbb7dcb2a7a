// SPDX-License-Identifier: Apache-2.0
#include "client/environment.h"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>

namespace forebay::sqs {

Environment system_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

bool says_true(const std::optional<std::string>& value) {
  constexpr std::string_view kTrue = "true";
  return value && std::ranges::equal(*value, kTrue, {}, [](char c) {
           return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
         });
}

std::optional<std::string> read_text(env::FileSystem& files, const std::string& path) {
  constexpr uint64_t kBytesMax = 1u << 20;
  const auto file = files.open(path, env::OpenMode::kRead);
  if (!file.ok()) return std::nullopt;
  const auto size = (*file)->size();
  if (!size.ok() || *size > kBytesMax) return std::nullopt;
  std::string text(*size, '\0');
  if (!(*file)->read(0, std::span<char>(text)).ok()) return std::nullopt;
  return text;
}

}  // namespace forebay::sqs
