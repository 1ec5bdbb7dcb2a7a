// SPDX-License-Identifier: Apache-2.0
#include "server/config_file.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "env/file_system.h"
#include "server/config_options.h"
#include "server/nearest_name.h"

namespace forebay::server {
namespace {

constexpr int32_t kMaxReceiveCountDefault = 3;
constexpr int64_t kMaxReceiveCountMax = 1000;
constexpr size_t kQueueNameMax = 80;
constexpr uint64_t kFileBytesMax = 16u << 20;
constexpr size_t kAccessKeyIdMax = 128;
constexpr std::string_view kFifoSuffix = ".fifo";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool all_of(std::string_view text, bool (*allowed)(char)) {
  return std::all_of(text.begin(), text.end(), allowed);
}

/// A queue without `account` is of the configured one, which only the whole configuration tells: it
/// may be any.
bool may_be_same(std::string_view a, std::string_view b) {
  return a.empty() || b.empty() || a == b;
}

class FileReader {
 public:
  explicit FileReader(const std::string& path) : path_(path) {}

  Result<ConfigFile> read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key.str() == "queue") {
        TRY(read_tables(key, node, [&](const toml::table& table) { return read_queue(table); }));
      } else if (key.str() == "access_key") {
        TRY(read_tables(key, node,
                        [&](const toml::table& table) { return read_access_key(table); }));
      } else {
        TRY(read_option(key, node));
      }
    }
    TRY(check_dead_letter_queues());
    return std::move(file_);
  }

  Error wrong(const toml::source_region& at, std::string_view text) const {
    return Error{ErrorCode::kInvalidConfiguration,
                 fmt::format("{}:{}: {}", path_, at.begin.line, text)};
  }

 private:
  Error unknown_key(const toml::key& key, std::string_view where,
                    std::span<const std::string> names) const {
    const std::string nearest = nearest_name(key.str(), names);
    const std::string advice = nearest.empty()
                                   ? fmt::format("the keys are {}.", fmt::join(names, ", "))
                                   : fmt::format("did you mean '{}'?", nearest);
    return wrong(key.source(), fmt::format("unknown key '{}'{}; {}", key.str(), where, advice));
  }

  Error wrong_type(const toml::key& key, const toml::node& node, std::string_view allowed) const {
    return wrong(node.source(), fmt::format("{} must be {}", key.str(), allowed));
  }

  Result<void> read_option(const toml::key& key, const toml::node& node) {
    // The keys of [[queue]] have underscores; nobody should have to remember which is which.
    std::string name(key.str());
    std::replace(name.begin(), name.end(), '_', '-');
    const ConfigOption* option = find_config_option(name);
    if (option == nullptr) {
      std::vector<std::string> names = config_option_names();
      names.insert(names.end(), {"queue", "access_key"});
      return unknown_key(key, "", names);
    }
    FileOption& entry = file_.options.emplace_back();
    entry.name = option->name;
    entry.origin = fmt::format("{}:{}: {}", path_, node.source().begin.line, option->name);
    switch (option->kind) {
      case OptionKind::kText:
        if (!node.is_string()) return wrong_type(key, node, "a string, in quotes");
        entry.text = **node.as_string();
        return {};
      case OptionKind::kInteger:
        if (!node.is_integer()) return wrong_type(key, node, "a whole number, without quotes");
        entry.text = fmt::format("{}", **node.as_integer());
        return {};
      case OptionKind::kSwitch:
        if (!node.is_boolean()) return wrong_type(key, node, "true or false, without quotes");
        entry.text = **node.as_boolean() ? "true" : "false";
        return {};
    }
    CHECK(false);
  }

  /// Calls `read(table)` for each table under the heading [[<key>]].
  template <class Read>
  Result<void> read_tables(const toml::key& key, const toml::node& node, Read read) const {
    const toml::array* tables = node.as_array();
    if (tables == nullptr || !tables->is_homogeneous(toml::node_type::table)) {
      return wrong(node.source(),
                   fmt::format("{0} must be tables, each under the heading [[{0}]]", key.str()));
    }
    for (const toml::node& table : *tables) TRY(read(*table.as_table()));
    return {};
  }

  Result<void> read_access_key(const toml::table& table) {
    static const std::vector<std::string> kKeys = {"id", "account"};
    std::string id;
    std::string account;
    for (const auto& [key, node] : table) {
      if (key.str() == "id") {
        TRY_ASSIGN(id, read_string(key, node));
      } else if (key.str() == "account") {
        TRY_ASSIGN(account, read_account(key, node));
      } else {
        return unknown_key(key, " in [[access_key]]", kKeys);
      }
    }
    const toml::source_region& at = table.source();
    if (id.empty() || account.empty())
      return wrong(at, "[[access_key]] needs an id and an account");
    if (id.size() > kAccessKeyIdMax || !all_of(id, is_word)) {
      return wrong(at,
                   fmt::format("access key id '{}' must be 1 to {} letters, digits, hyphens and "
                               "underscores",
                               id, kAccessKeyIdMax));
    }
    if (!file_.access_keys.emplace(id, std::move(account)).second) {
      return wrong(at, fmt::format("access key '{}' is defined twice", id));
    }
    return {};
  }

  Result<void> read_queue(const toml::table& table) {
    static const std::vector<std::string> kKeys = {
        "name",    "attributes", "dead_letter_queue", "max_receive_count", "tags",
        "account", "region"};
    PredefinedQueue queue;
    toml::source_region place = table.source();
    for (const auto& [key, node] : table) {
      if (key.str() == "name") {
        TRY_ASSIGN(queue.name, read_string(key, node));
      } else if (key.str() == "account") {
        TRY_ASSIGN(queue.account, read_account(key, node));
      } else if (key.str() == "region") {
        TRY_ASSIGN(queue.region, read_region(key, node));
      } else if (key.str() == "dead_letter_queue") {
        place = node.source();
        TRY_ASSIGN(queue.dead_letter_queue, read_string(key, node));
      } else if (key.str() == "max_receive_count") {
        TRY_ASSIGN(queue.max_receive_count, read_receive_count(key, node));
      } else if (key.str() == "attributes") {
        TRY(read_attributes(key, node, queue));
      } else if (key.str() == "tags") {
        TRY(read_tags(key, node, queue));
      } else {
        return unknown_key(key, " in [[queue]]", kKeys);
      }
    }
    TRY(check_queue(queue, table.source()));
    places_.push_back(std::move(place));
    file_.queues.push_back(std::move(queue));
    return {};
  }

  Result<std::string> read_string(const toml::key& key, const toml::node& node) const {
    if (!node.is_string()) return wrong_type(key, node, "a string, in quotes");
    return std::string(**node.as_string());
  }

  Result<std::string> read_account(const toml::key& key, const toml::node& node) const {
    TRY_ASSIGN(std::string account, read_string(key, node));
    return checked_by_option("account", key, node, std::move(account));
  }

  Result<std::string> read_region(const toml::key& key, const toml::node& node) const {
    TRY_ASSIGN(std::string region, read_string(key, node));
    return checked_by_option("region", key, node, std::move(region));
  }

  /// `text` when it may be the value of the option `name`: the same rule, the same words.
  Result<std::string> checked_by_option(std::string_view name, const toml::key& key,
                                        const toml::node& node, std::string text) const {
    Config unused;
    const Result<void> set = find_config_option(name)->set(unused, text);
    if (set.ok()) return text;
    return wrong(node.source(),
                 fmt::format("{} {}; it is '{}'", key.str(), set.error().message, text));
  }

  Result<int32_t> read_receive_count(const toml::key& key, const toml::node& node) const {
    const int64_t count = node.is_integer() ? **node.as_integer() : 0;
    if (count < 1 || count > kMaxReceiveCountMax) {
      return wrong_type(key, node, fmt::format("a whole number from 1 to {}", kMaxReceiveCountMax));
    }
    return static_cast<int32_t>(count);
  }

  Result<void> read_attributes(const toml::key& key, const toml::node& node,
                               PredefinedQueue& queue) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) return wrong_type(key, node, "a table: [queue.attributes]");
    for (const auto& [name, value] : *table) {
      std::string text;
      if (value.is_string()) {
        text = **value.as_string();
      } else if (value.is_integer()) {
        text = fmt::format("{}", **value.as_integer());
      } else if (value.is_boolean()) {
        text = **value.as_boolean() ? "true" : "false";
      } else {
        return wrong_type(name, value, "a string, a whole number, true or false");
      }
      queue.attributes.emplace_back(name.str(), std::move(text));
    }
    return {};
  }

  Result<void> read_tags(const toml::key& key, const toml::node& node,
                         PredefinedQueue& queue) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) return wrong_type(key, node, "a table: [queue.tags]");
    for (const auto& [name, value] : *table) {
      TRY_ASSIGN(queue.tags[std::string(name.str())], read_string(name, value));
    }
    return {};
  }

  Result<void> check_queue(PredefinedQueue& queue, const toml::source_region& at) {
    if (queue.name.empty()) return wrong(at, "[[queue]] needs a name");
    std::string_view stem = queue.name;
    if (stem.ends_with(kFifoSuffix)) stem.remove_suffix(kFifoSuffix.size());
    if (stem.empty() || queue.name.size() > kQueueNameMax || !all_of(stem, is_word)) {
      return wrong(at, fmt::format("queue name '{}' must be 1 to {} letters, digits, hyphens and "
                                   "underscores; a FIFO queue's name ends in .fifo",
                                   queue.name, kQueueNameMax));
    }
    if (!seen_.insert({queue.region, queue.account, queue.name}).second) {
      return wrong(at, fmt::format("queue '{}' is defined twice", queue.name));
    }
    if (queue.dead_letter_queue.empty()) {
      if (queue.max_receive_count == 0) return {};
      return wrong(at, fmt::format("queue '{}' has max_receive_count without dead_letter_queue",
                                   queue.name));
    }
    if (queue.max_receive_count == 0) queue.max_receive_count = kMaxReceiveCountDefault;
    return check_redrive_said_once(queue, at);
  }

  Result<void> check_redrive_said_once(const PredefinedQueue& queue,
                                       const toml::source_region& at) const {
    for (const auto& [name, value] : queue.attributes) {
      if (name != "RedrivePolicy") continue;
      return wrong(at, fmt::format("queue '{}' has both dead_letter_queue and the attribute "
                                   "RedrivePolicy; keep one of them",
                                   queue.name));
    }
    return {};
  }

  /// When all names are known: a dead-letter queue must be there after every start, too.
  Result<void> check_dead_letter_queues() const {
    for (size_t i = 0; i < file_.queues.size(); ++i) {
      const PredefinedQueue& queue = file_.queues[i];
      const std::string& target = queue.dead_letter_queue;
      if (target.empty()) continue;
      const std::vector<std::string> names = names_beside(queue);
      if (std::find(names.begin(), names.end(), target) == names.end()) {
        const std::string nearest = nearest_name(target, names);
        return wrong(places_[i],
                     fmt::format("dead_letter_queue '{}' of queue '{}' is not a [[queue]] of this "
                                 "file{}; {}",
                                 target, queue.name, place_text(queue),
                                 nearest.empty() ? "add one of that name"
                                                 : fmt::format("did you mean '{}'?", nearest)));
      }
      if (target == queue.name) {
        return wrong(places_[i],
                     fmt::format("queue '{}' is its own dead_letter_queue", queue.name));
      }
      if (target.ends_with(kFifoSuffix) != queue.name.ends_with(kFifoSuffix)) {
        return wrong(places_[i],
                     fmt::format("dead_letter_queue '{}' of queue '{}' must be of the same type: "
                                 "both names end in .fifo, or none",
                                 target, queue.name));
      }
    }
    return {};
  }

  /// Names of the queues in the region and account of `queue`, itself among them.
  std::vector<std::string> names_beside(const PredefinedQueue& queue) const {
    std::vector<std::string> names;
    for (const PredefinedQueue& other : file_.queues) {
      if (may_be_same(queue.region, other.region) && may_be_same(queue.account, other.account)) {
        names.push_back(other.name);
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// " in region r and account a", as far as the queue says so.
  static std::string place_text(const PredefinedQueue& queue) {
    std::string text;
    if (!queue.region.empty()) text += fmt::format(" in region {}", queue.region);
    if (!queue.account.empty()) {
      text += fmt::format("{} account {}", text.empty() ? " in" : " and", queue.account);
    }
    return text;
  }

  const std::string& path_;
  ConfigFile file_;
  std::set<std::array<std::string, 3>> seen_;  // region, account, name of each queue
  std::vector<toml::source_region> places_;    // one for each of file_.queues
};

}  // namespace

Result<ConfigFile> parse_config_file(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, path);
  FileReader reader(path);
  if (!parsed) {
    return reader.wrong(parsed.error().source(),
                        fmt::format("not valid TOML: {}", parsed.error().description()));
  }
  return reader.read(parsed.table());
}

Result<ConfigFile> load_config_file(const std::string& path) {
  auto read = [&]() -> Result<std::string> {
    TRY_ASSIGN(auto file, env::posix_file_system().open(path, env::OpenMode::kRead));
    TRY_ASSIGN(const uint64_t bytes, file->size());
    if (bytes > kFileBytesMax) {
      return Error{ErrorCode::kInvalidConfiguration,
                   fmt::format("it is larger than {} MiB", kFileBytesMax >> 20)};
    }
    std::string text(bytes, '\0');
    TRY(file->read(0, std::span(text)));
    return text;
  };
  Result<std::string> text = read();
  if (text.ok()) return parse_config_file(*text, path);
  return Error{
      ErrorCode::kInvalidConfiguration,
      fmt::format("Cannot read the configuration file {}: {}", path, text.error().message)};
}

}  // namespace forebay::server
