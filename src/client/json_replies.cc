// SPDX-License-Identifier: Apache-2.0
// detail::decode: replies as AWS JSON 1.0 writes them (contract 1.4), and the check of their
// digests. Unknown members are skipped, so that a service may grow.
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/result.h"
#include "client/digests.h"
#include "client/queue_attribute_text.h"
#include "client/reply_members.h"
#include "client/request_members.h"

namespace forebay::sqs {
namespace {

namespace dom = simdjson::dom;
using protocol::Spelling;

constexpr size_t kDepthMax = 16;
// A parser keeps about 14 bytes for each byte of the largest document it has seen; a larger one
// than this gets a parser of its own.
constexpr size_t kReusedCapacityMax = 2u << 20;

Error unreadable(std::string_view what) {
  return {.kind = ErrorKind::kServerFault,
          .message = std::string("The server's reply cannot be read: ").append(what),
          .reached = Reached::kMaybe};
}

/// The text of a number, or nothing.
std::optional<int64_t> number_of(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

MessageMoveTaskStatus status_of(std::string_view text) {
  if (text == "RUNNING") return MessageMoveTaskStatus::kRunning;
  if (text == "COMPLETED") return MessageMoveTaskStatus::kCompleted;
  if (text == "CANCELLING") return MessageMoveTaskStatus::kCancelling;
  if (text == "CANCELLED") return MessageMoveTaskStatus::kCancelled;
  return text == "FAILED" ? MessageMoveTaskStatus::kFailed : MessageMoveTaskStatus::kUnknown;
}

bool set_number(std::optional<int64_t>& field, std::string_view text) {
  field = number_of(text);
  return field.has_value();
}
bool set_moment(std::optional<Timestamp>& field, std::string_view text) {
  const std::optional<int64_t> ms = number_of(text);
  if (ms) field = Timestamp(std::chrono::milliseconds(*ms));
  return ms.has_value();
}

/// False when there is no such field, or the text does not fit it.
bool set_system_attribute(std::string_view name, std::string_view text,
                          MessageSystemAttributes& out) {
  if (name == "SentTimestamp") return set_moment(out.sent_timestamp, text);
  if (name == "ApproximateReceiveCount") return set_number(out.approximate_receive_count, text);
  if (name == "ApproximateFirstReceiveTimestamp") {
    return set_moment(out.approximate_first_receive_timestamp, text);
  }
  std::optional<std::string>* field = nullptr;
  if (name == "SenderId") field = &out.sender_id;
  if (name == "MessageGroupId") field = &out.message_group_id;
  if (name == "MessageDeduplicationId") field = &out.message_deduplication_id;
  if (name == "SequenceNumber") field = &out.sequence_number;
  if (name == "AWSTraceHeader") field = &out.aws_trace_header;
  if (name == "DeadLetterQueueSourceArn") field = &out.dead_letter_queue_source_arn;
  if (field == nullptr) return false;
  field->emplace(text);
  return true;
}

/// Reads one reply. null is skipped wherever it stands.
class ReplyReader {
 public:
  template <class Shape>
  Result<void> object(const dom::element& value, Shape& out) {
    dom::object members;
    if (value.get(members) != simdjson::SUCCESS) return unreadable("an object is missing");
    for (const auto& [name, item] : members) {
      if (!item.is_null()) TRY(member(name, item, out));
    }
    return {};
  }

 private:
  template <class Shape>
  Result<void> member(std::string_view name, const dom::element& value, Shape& shape) {
    Result<void> result;
    protocol::for_each_member<Shape>([&](const auto& m) {
      if (name == m.json) result = read(value, std::invoke(m.field, shape), m.spelling);
    });
    return result;
  }

  static Result<std::string_view> text(const dom::element& value) {
    std::string_view out;
    if (value.get(out) != simdjson::SUCCESS) return unreadable("a text is missing");
    return out;
  }
  static Result<int64_t> number(const dom::element& value) {
    int64_t out = 0;
    if (value.get(out) == simdjson::SUCCESS) return out;
    double real = 0;  // some servers write timestamps as 1.7e9
    if (value.get(real) == simdjson::SUCCESS && real > -9e15 && real < 9e15) {
      return static_cast<int64_t>(real);
    }
    return unreadable("a number is missing");
  }
  template <class Each>
  static Result<void> entries(const dom::element& value, Each each) {
    dom::object map;
    if (value.get(map) != simdjson::SUCCESS) return unreadable("a map is missing");
    for (const auto& [name, item] : map) {
      if (!item.is_null()) TRY(each(name, item));
    }
    return {};
  }
  template <class Each>
  static Result<void> items(const dom::element& value, Each each) {
    dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return unreadable("a list is missing");
    for (const dom::element item : list) {
      if (!item.is_null()) TRY(each(item));
    }
    return {};
  }

  Result<void> read(const dom::element& value, std::string& out, Spelling spelling) {
    TRY_ASSIGN(const std::string_view found, text(value));
    if (spelling != Spelling::kBase64) {
      out = found;
      return {};
    }
    std::optional<std::string> bytes = base64_decode(found);
    if (!bytes) return unreadable("a binary value is no base64");
    out = *std::move(bytes);
    return {};
  }
  template <size_t N>
  Result<void> read(const dom::element& value, InlineText<N>& out, Spelling) {
    TRY_ASSIGN(const std::string_view found, text(value));
    if (found.size() > N) return unreadable("an id or digest is too long");
    out = found;
    return {};
  }
  Result<void> read(const dom::element& value, bool& out, Spelling) {
    return value.get(out) == simdjson::SUCCESS ? Result<void>() : unreadable("no true or false");
  }
  Result<void> read(const dom::element& value, int64_t& out, Spelling) {
    TRY_ASSIGN(out, number(value));
    return {};
  }
  Result<void> read(const dom::element& value, int& out, Spelling) {
    TRY_ASSIGN(const int64_t found, number(value));
    if (!std::in_range<int>(found)) return unreadable("a number is too large");
    out = static_cast<int>(found);
    return {};
  }
  Result<void> read(const dom::element& value, Timestamp& out, Spelling) {
    TRY_ASSIGN(const int64_t ms, number(value));
    out = Timestamp(std::chrono::milliseconds(ms));
    return {};
  }
  Result<void> read(const dom::element& value, MessageMoveTaskStatus& out, Spelling) {
    TRY_ASSIGN(const std::string_view found, text(value));
    out = status_of(found);
    return {};
  }
  template <class Value>
  Result<void> read(const dom::element& value, std::optional<Value>& out, Spelling spelling) {
    return read(value, out.emplace(), spelling);
  }
  template <class Item>
  Result<void> read(const dom::element& value, std::vector<Item>& out, Spelling spelling) {
    if (dom::array list; value.get(list) == simdjson::SUCCESS) out.reserve(list.size());
    return items(value, [&](const dom::element& item) -> Result<void> {
      if constexpr (std::same_as<Item, std::string>) {
        if (spelling == Spelling::kIdOnly) return id_of(item, out.emplace_back());
        return read(item, out.emplace_back(), spelling);
      } else {
        return object(item, out.emplace_back());
      }
    });
  }
  static Result<void> id_of(const dom::element& item, std::string& out) {
    std::string_view id;
    if (item["Id"].get(id) != simdjson::SUCCESS) return unreadable("an entry has no Id");
    out = id;
    return {};
  }
  Result<void> read(const dom::element& value, Tags& out, Spelling) {
    return entries(value, [&](std::string_view name, const dom::element& item) {
      return read(item, out[std::string(name)], Spelling::kPlain);
    });
  }
  Result<void> read(const dom::element& value, MessageAttributes& out, Spelling) {
    return entries(value, [&](std::string_view name, const dom::element& item) {
      return object(item, out[std::string(name)]);
    });
  }
  Result<void> read(const dom::element& value, MessageSystemAttributes& out, Spelling) {
    return entries(value, [&](std::string_view name, const dom::element& item) -> Result<void> {
      TRY_ASSIGN(const std::string_view found, text(item));
      if (!set_system_attribute(name, found, out)) out.others.emplace(name, found);
      return {};
    });
  }
  Result<void> read(const dom::element& value, GetQueueAttributesReply& out, Spelling) {
    return entries(value, [&](std::string_view name, const dom::element& item) -> Result<void> {
      TRY_ASSIGN(const std::string_view found, text(item));
      set_queue_attribute(name, found, out);
      return {};
    });
  }
};

template <class Reply>
Result<Reply> parse(dom::parser& parser, std::string_view json) {
  dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root)) {
    return unreadable(simdjson::error_message(error));
  }
  Reply reply{};
  TRY(ReplyReader().object(root, reply));
  return reply;
}

template <class Reply>
Result<Reply> parse(std::string_view json) {
  // Actions without output answer with nothing at all, or with {}.
  if (json.empty()) return Reply{};
  if (json.size() > kReusedCapacityMax) {
    dom::parser parser;
    CHECK(parser.allocate(json.size(), kDepthMax) == simdjson::SUCCESS);
    return parse<Reply>(parser, json);
  }
  constexpr size_t kFirstCapacity = 16u << 10;
  thread_local dom::parser parser;
  if (parser.capacity() == 0) {
    CHECK(parser.allocate(kFirstCapacity, kDepthMax) == simdjson::SUCCESS);
  }
  return parse<Reply>(parser, json);
}

template <class Reply>
Result<void> check(const Reply&, const detail::Sent&) {
  return {};
}
Result<void> check(const SendMessageReply& reply, const detail::Sent& sent) {
  return check_sent(reply, sent.message);
}
Result<void> check(const SendMessageBatchReply& reply, const detail::Sent& sent) {
  return check_sent(reply, sent.entries);
}
Result<void> check(const ReceiveMessageReply& reply, const detail::Sent&) {
  return check_received(reply);
}

}  // namespace

namespace detail {

template <class Request>
Result<typename Request::Reply> decode(const Result<std::string>& answer, const Sent& sent) {
  using Reply = typename Request::Reply;
  if (!answer.ok()) return answer.error();
  TRY_ASSIGN(Reply reply, parse<Reply>(answer.value()));
  TRY(check(reply, sent));
  return reply;
}

#define FOREBAY_INSTANTIATE(Request) \
  template Result<typename Request::Reply> decode<Request>(const Result<std::string>&, const Sent&);
FOREBAY_SQS_FOR_EACH_REQUEST(FOREBAY_INSTANTIATE)

}  // namespace detail
}  // namespace forebay::sqs
