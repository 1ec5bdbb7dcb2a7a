// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_place.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace forebay::cli {
namespace {

constexpr std::string_view kDirectory = "/journal";

std::string without_slash(std::string place) {
  while (place.size() > 1 && place.back() == '/') place.pop_back();
  return place;
}

bool is_journal_file(const std::string& name) {
  return name.ends_with(".segment") || name.ends_with(".snapshot");
}

Error wrong(std::string text) {
  return Error{ErrorCode::kInvalidConfiguration, std::move(text)};
}

}  // namespace

Result<std::string> find_journal(env::FileSystem& files, const std::string& place) {
  const std::string outer = without_slash(place);
  TRY_ASSIGN(const bool there, files.exists(outer));
  if (!there) return wrong(fmt::format("{} does not exist.", outer));
  const std::string inner = outer + std::string(kDirectory);
  TRY_ASSIGN(const bool nested, files.exists(inner));
  const std::string& journal = nested ? inner : outer;
  TRY_ASSIGN(const std::vector<std::string> names, files.list(journal));
  if (std::ranges::any_of(names, is_journal_file)) return journal;
  return wrong(fmt::format("{} holds no journal.", nested ? inner : outer));
}

Result<std::string> place_for_journal(env::FileSystem& files, const std::string& place) {
  const std::string outer = without_slash(place);
  TRY_ASSIGN(const bool there, files.exists(outer));
  if (there) {
    TRY_ASSIGN(const std::vector<std::string> names, files.list(outer));
    const auto counts = [](const std::string& name) { return name != "lost+found"; };
    if (std::ranges::any_of(names, counts)) {
      return wrong(fmt::format("{} is not empty: name a directory to make.", outer));
    }
  }
  return outer + std::string(kDirectory);
}

}  // namespace forebay::cli
