// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>

#include "base/base64.h"
#include "protocol/decode.h"
#include "protocol/shape_members.h"

namespace forebay::protocol {
namespace {

/// Reads members below a path such as "SendMessageBatchRequestEntry.3.". The path grows on the way
/// down and is cut back by whoever made it longer.
class Reader {
 public:
  explicit Reader(const QueryParameters& parameters) : parameters_(parameters) {}

  template <class Shape>
  Result<void> shape(Shape& out) {
    Result<void> result;
    for_each_member<Shape>([&](const auto& member) {
      for (std::string_view prefix : {member.query, member.query_also}) {
        if (prefix.empty() || !result.ok()) continue;
        const Longer here(*this, prefix);
        result = read(std::invoke(member.field, out), member.key, member.spelling);
      }
    });
    return result;
  }

 private:
  /// Makes the path longer for as long as it lives.
  class Longer {
   public:
    template <class... Part>
    Longer(Reader& reader, const Part&... part) : path_(reader.path_), size_(path_.size()) {
      (path_.append(part), ...);
    }
    ~Longer() { path_.resize(size_); }
    Longer(const Longer&) = delete;
    Longer& operator=(const Longer&) = delete;

   private:
    std::string& path_;
    size_t size_;
  };

  std::optional<std::string_view> find(std::string_view below = {}) {
    const Longer here(*this, below);
    return parameters_.find(path_);
  }

  /// Calls `each(N)` with the path at item N, for every N of the list or map at the path.
  template <class Each>
  Result<void> for_each_item(Each each) {
    for (uint32_t index : parameters_.indexes(path_)) {
      const Longer here(*this, ".", std::to_string(index));
      TRY(each());
    }
    return {};
  }

  /// The SDKs write an empty list or map as its bare name without a value.
  bool sent_empty() {
    const auto bare = find();
    return bare && bare->empty();
  }

  Result<void> read(OptionalString& out, std::string_view, Spelling spelling) {
    out = find();
    if (!out || spelling != Spelling::kBase64) return {};
    out = base64_decode(*out);
    if (!out) return serialization_error(kBadBase64);
    return {};
  }

  Result<void> read(OptionalInt& out, std::string_view, Spelling) {
    const auto text = find();
    if (!text) return {};
    std::string_view digits = *text;
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out.emplace());
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return serialization_error(kStringIsNoInteger);
    }
    return {};
  }

  Result<void> read(bool& out, std::string_view, Spelling) {
    out = out || !parameters_.indexes(path_).empty();
    return {};
  }

  Result<void> read(std::vector<std::string>& out, std::string_view, Spelling) {
    if (sent_empty()) return serialization_error("End of list found where not expected");
    if (const auto single = find()) out.emplace_back(*single);
    return for_each_item([&]() -> Result<void> {
      if (const auto item = find()) out.emplace_back(*item);
      return {};
    });
  }

  Result<void> read(StringPairs& out, std::string_view key, Spelling) {
    const std::string dot_key = "." + std::string(key);
    const auto add = [&]() -> Result<void> {
      out.emplace_back(find(dot_key).value_or(""), find(".Value").value_or(""));
      return {};
    };
    if (find(dot_key))
      TRY(add());  // the very old form for one entry: Attribute.Name=, Attribute.Value=
    TRY(for_each_item(add));
    keep_last_of_each_name(out);
    return {};
  }

  Result<void> read(MessageAttributes& out, std::string_view key, Spelling) {
    const std::string dot_key = "." + std::string(key);
    TRY(for_each_item([&]() -> Result<void> {
      auto& [name, value] = out.emplace_back(find(dot_key).value_or(""), MessageAttributeValue());
      const Longer here(*this, ".Value.");
      return shape(value);
    }));
    keep_last_of_each_name(out);
    return {};
  }

  template <class Entry>
  Result<void> read(std::vector<Entry>& out, std::string_view, Spelling) {
    return for_each_item([&]() -> Result<void> {
      const Longer here(*this, ".");
      return shape(out.emplace_back());
    });
  }

  /// A batch without entries looks the same as an empty one, and AWS answers it as empty
  /// (contract 2.11).
  template <class Entry>
  Result<void> read(std::optional<std::vector<Entry>>& out, std::string_view key,
                    Spelling spelling) {
    return read(out.emplace(), key, spelling);
  }

  Result<void> read(std::optional<std::vector<std::string>>& out, std::string_view key,
                    Spelling spelling) {
    if (sent_empty()) return out.emplace(), Result<void>();
    std::vector<std::string> items;
    TRY(read(items, key, spelling));
    if (!items.empty()) out = std::move(items);
    return {};
  }

  Result<void> read(std::optional<StringPairs>& out, std::string_view key, Spelling spelling) {
    StringPairs pairs;
    TRY(read(pairs, key, spelling));
    if (!pairs.empty() || sent_empty()) out = std::move(pairs);
    return {};
  }

  const QueryParameters& parameters_;
  std::string path_;
};

}  // namespace

template <class Request>
Result<Request> decode_query(const QueryParameters& parameters, std::string_view queue_path) {
  Request request;
  TRY(Reader(parameters).shape(request));
  if constexpr (requires { request.queue_url; }) {
    if (!request.queue_url && !queue_path.empty()) request.queue_url = queue_path;
  }
  return request;
}

#define FOREBAY_INSTANTIATE(Request) \
  template Result<Request> decode_query<Request>(const QueryParameters&, std::string_view);
FOREBAY_FOR_EACH_REQUEST(FOREBAY_INSTANTIATE)

}  // namespace forebay::protocol
