// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <simdjson.h>

#include "base/base64.h"
#include "protocol/decode.h"
#include "protocol/shape_members.h"

namespace forebay::protocol {
namespace {

namespace dom = simdjson::dom;
using Type = dom::element_type;

constexpr size_t kDepthMax = 16;
// A parser keeps about 14 bytes of memory for each byte of the largest document it has seen. Larger
// bodies than this get a parser of their own, so that one of them does not stay in every thread's
// memory.
constexpr size_t kReusedCapacityMax = 2u << 20;

/// The refusals of contract 1.4.2. `wanted` ends the sentence for scalars: "a String", "an
/// Integer".
Error wrong_type(const dom::element& value, std::string_view wanted) {
  std::string_view kind;
  switch (value.type()) {
    case Type::OBJECT:
      return serialization_error("Start of structure or map found where not expected.");
    case Type::ARRAY:
      return serialization_error("Start of list found where not expected");
    case Type::STRING:
      kind = "STRING_VALUE";
      break;
    case Type::BOOL:
      kind = value.get_bool().value_unsafe() ? "TRUE_VALUE" : "FALSE_VALUE";
      break;
    case Type::NULL_VALUE:
      kind = "NULL_VALUE";
      break;
    case Type::INT64:
    case Type::UINT64:
    case Type::DOUBLE:
      kind = "NUMBER_VALUE";
      break;
  }
  return serialization_error(std::string(kind) + " can not be converted to " + std::string(wanted));
}

Result<void> read_string(const dom::element& value, std::string& out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong_type(value, "a String");
  out = text;
  return {};
}

/// Reads one request. null is skipped wherever it stands.
class Reader {
 public:
  template <class Shape>
  Result<void> shape(const dom::element& value, Shape& out) {
    dom::object members;
    if (value.get(members) != simdjson::SUCCESS) return wrong_type(value, "a Structure");
    for (const auto& [name, item] : members) {
      if (!item.is_null()) TRY(read_member(name, item, out));
    }
    return {};
  }

 private:
  /// Reads the member called `name`, when Shape has it.
  template <class Shape>
  Result<void> read_member(std::string_view name, const dom::element& value, Shape& shape) {
    Result<void> result;
    for_each_member<Shape>([&](const auto& member) {
      if (name != member.json) return;
      result = read(value, std::invoke(member.field, shape), member.spelling);
    });
    return result;
  }

  /// To be called before an item of a list or map is kept.
  Result<void> count_item() {
    if (++items_ <= kRequestItemsMax) return {};
    return serialization_error("The request has more than " + std::to_string(kRequestItemsMax) +
                               " items in its lists and maps.");
  }

  /// Calls `each(item)` for the items of a list.
  template <class Each>
  Result<void> for_each_item(const dom::element& value, Each each) {
    dom::array items;
    if (value.get(items) != simdjson::SUCCESS) return wrong_type(value, "a List");
    for (const dom::element item : items) {
      if (item.is_null()) continue;
      TRY(count_item());
      TRY(each(item));
    }
    return {};
  }

  /// Calls `each(name, item)` for the entries of a map.
  template <class Each>
  Result<void> for_each_entry(const dom::element& value, Each each) {
    dom::object entries;
    if (value.get(entries) != simdjson::SUCCESS) return wrong_type(value, "a Map");
    for (const auto& [name, item] : entries) {
      if (item.is_null()) continue;
      TRY(count_item());
      TRY(each(name, item));
    }
    return {};
  }

  Result<void> read(const dom::element& value, OptionalString& out, Spelling spelling) {
    TRY(read_string(value, out.emplace()));
    if (spelling == Spelling::kBase64) {
      out = base64_decode(*out);
      if (!out) return serialization_error(kBadBase64);
    }
    return {};
  }

  Result<void> read(const dom::element& value, OptionalInt& out, Spelling) {
    int64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS || !std::in_range<int32_t>(number)) {
      return wrong_type(value, "an Integer");
    }
    out = static_cast<int32_t>(number);
    return {};
  }

  /// Spelling::kNotEmpty. Two members may say it of one field.
  Result<void> read(const dom::element& value, bool& out, Spelling) {
    dom::array items;
    if (value.get(items) != simdjson::SUCCESS) return wrong_type(value, "a List");
    out = out || items.begin() != items.end();
    return {};
  }

  /// Adds to what is there: two members may name items of one list.
  Result<void> read(const dom::element& value, std::vector<std::string>& out, Spelling) {
    return for_each_item(
        value, [&](const dom::element& item) { return read_string(item, out.emplace_back()); });
  }

  Result<void> read(const dom::element& value, StringPairs& out, Spelling) {
    TRY(for_each_entry(value, [&](std::string_view name, const dom::element& item) -> Result<void> {
      if (item.is_array()) {
        return serialization_error("Unrecognized collection type class java.lang.String");
      }
      return read_string(item, out.emplace_back(name, std::string()).second);
    }));
    keep_last_of_each_name(out);
    return {};
  }

  Result<void> read(const dom::element& value, MessageAttributes& out, Spelling) {
    TRY(for_each_entry(value, [&](std::string_view name, const dom::element& item) {
      return shape(item, out.emplace_back(name, MessageAttributeValue()).second);
    }));
    keep_last_of_each_name(out);
    return {};
  }

  template <class Entry>
  Result<void> read(const dom::element& value, std::vector<Entry>& out, Spelling) {
    if (dom::array items; value.get(items) == simdjson::SUCCESS) {
      out.reserve(std::min(items.size(), kRequestItemsMax));
    }
    return for_each_item(value,
                         [&](const dom::element& item) { return shape(item, out.emplace_back()); });
  }

  template <class Collection>
  Result<void> read(const dom::element& value, std::optional<Collection>& out, Spelling spelling) {
    return read(value, out.emplace(), spelling);
  }

  size_t items_ = 0;
};

/// A lone surrogate (\ud800) is no JSON either, so it is refused here and not as content [?].
template <class Request>
Result<Request> parse(dom::parser& parser, std::string_view body) {
  dom::element root;
  if (const auto error = parser.parse(body.data(), body.size()).get(root)) {
    return serialization_error(std::string("The body is not valid JSON: ") +
                               simdjson::error_message(error));
  }
  Request request;
  TRY(Reader().shape(root, request));
  return request;
}

}  // namespace

template <class Request>
Result<Request> decode_json(std::string_view body) {
  if (body.empty()) return Request();
  if (body.size() > kReusedCapacityMax) {
    dom::parser parser;
    CHECK(parser.allocate(body.size(), kDepthMax) == simdjson::SUCCESS);
    return parse<Request>(parser, body);
  }
  constexpr size_t kFirstCapacity = 16u << 10;
  thread_local dom::parser parser;
  if (parser.capacity() == 0)
    CHECK(parser.allocate(kFirstCapacity, kDepthMax) == simdjson::SUCCESS);
  return parse<Request>(parser, body);
}

#define FOREBAY_INSTANTIATE(Request) \
  template Result<Request> decode_json<Request>(std::string_view);
FOREBAY_FOR_EACH_REQUEST(FOREBAY_INSTANTIATE)

}  // namespace forebay::protocol
