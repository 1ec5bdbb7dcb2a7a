// SPDX-License-Identifier: Apache-2.0
#include "queue_manager/convergence.h"

#include <utility>

#include "protocol/json_document.h"

namespace forebay::sqs {
namespace {

/// A name's text in a map of them; nothing when there is none.
std::optional<std::string> find_text(const OtherAttributes& texts, const std::string& name) {
  const auto found = texts.find(name);
  return found == texts.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::vector<QueueChange> attribute_changes(const OtherAttributes& have,
                                           const OtherAttributes& wanted) {
  std::vector<QueueChange> changes;
  for (const auto& [name, text] : wanted) {
    const std::optional<std::string> old = find_text(have, name);
    if (old.value_or("") == text) continue;
    if (old && protocol::is_same_json(*old, text)) continue;
    changes.push_back({.name = name,
                       .old_value = old,
                       // An attribute is taken away by an empty text.
                       .new_value = text.empty() ? std::nullopt : std::optional(text)});
  }
  return changes;
}

std::vector<QueueChange> tag_changes(const Tags& have, const Tags& wanted, bool only_wanted) {
  std::vector<QueueChange> changes;
  for (const auto& [key, value] : wanted) {
    const std::optional<std::string> old = find_text(have, key);
    if (old == value) continue;
    changes.push_back(
        {.kind = QueueChange::Kind::kTag, .name = key, .old_value = old, .new_value = value});
  }
  if (!only_wanted) return changes;
  for (const auto& [key, value] : have) {
    if (wanted.contains(key)) continue;
    changes.push_back({.kind = QueueChange::Kind::kTag, .name = key, .old_value = value});
  }
  return changes;
}

}  // namespace forebay::sqs
