// SPDX-License-Identifier: Apache-2.0
#include "client/profile_file.h"

#include <utility>

namespace forebay::sqs {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kProfilePrefix = "profile ";
constexpr std::string_view kServicesPrefix = "services ";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Up to a comment, which begins with # or ; behind a blank.
std::string_view without_comment(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool after_blank = i == 0 || kBlanks.find(text[i - 1]) != kBlanks.npos;
    if (after_blank && (text[i] == '#' || text[i] == ';')) return text.substr(0, i);
  }
  return text;
}

enum class File : bool { kConfig, kCredentials };

/// Reads a file line by line into `out`.
class Reader {
 public:
  Reader(File file, Profiles& out) : file_(file), out_(out) {}

  void line(std::string_view line) {
    const bool indented = !line.empty() && kBlanks.find(line.front()) != kBlanks.npos;
    const std::string_view text = trimmed(without_comment(line));
    if (text.empty()) return;
    if (!indented && text.front() == '[') return section(text);
    const size_t equals = text.find('=');
    if (section_ == nullptr || equals == text.npos) return;
    const std::string name(trimmed(text.substr(0, equals)));
    const std::string_view value = trimmed(text.substr(equals + 1));
    if (indented && !block_.empty()) {
      (*section_)[block_ + "." + name] = value;
      return;
    }
    (*section_)[name] = value;
    block_ = value.empty() ? name : "";
  }

 private:
  void section(std::string_view text) {
    section_ = nullptr;
    block_.clear();
    const size_t end = text.find(']');
    if (end == text.npos) return;
    std::string_view name = trimmed(text.substr(1, end - 1));
    if (file_ == File::kCredentials) {
      section_ = &out_.profiles[std::string(name)];
    } else if (name == "default") {
      section_ = &out_.profiles["default"];
    } else if (name.starts_with(kProfilePrefix)) {
      section_ = &out_.profiles[unquoted(name.substr(kProfilePrefix.size()))];
    } else if (name.starts_with(kServicesPrefix)) {
      section_ = &out_.services[unquoted(name.substr(kServicesPrefix.size()))];
    }
  }
  static std::string unquoted(std::string_view name) {
    name = trimmed(name);
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
      name = name.substr(1, name.size() - 2);
    }
    return std::string(name);
  }

  const File file_;
  Profiles& out_;
  ProfileKeys* section_ = nullptr;
  std::string block_;  // the key whose indented lines follow
};

void read_file(File file, std::string_view text, Profiles& out) {
  Reader reader(file, out);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    reader.line(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
}

}  // namespace

Profiles read_profiles(std::string_view config, std::string_view credentials) {
  Profiles out;
  read_file(File::kConfig, config, out);
  read_file(File::kCredentials, credentials, out);
  return out;
}

std::optional<std::string> find_key(const ProfileKeys& keys, std::string_view name) {
  const auto found = keys.find(name);
  if (found == keys.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace forebay::sqs
