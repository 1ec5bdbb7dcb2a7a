// SPDX-License-Identifier: Apache-2.0
// detail::encode: requests as AWS JSON 1.0 writes them (contract 1.4), and the digests of what they
// send.
#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "client/digests.h"
#include "client/reply_members.h"
#include "client/request_members.h"
#include "protocol/escape.h"

namespace forebay::sqs {
namespace {

using protocol::Spelling;
using std::chrono::seconds;

/// Writes what is set; the server says what is missing.
class RequestWriter {
 public:
  explicit RequestWriter(std::string& out) : out_(out) {}

  template <class Shape>
  void object(const Shape& shape) {
    out_.push_back('{');
    bool first = true;
    protocol::for_each_member<Shape>([&](const auto& member) {
      const auto& value = std::invoke(member.field, shape);
      if (!is_set(value) && !member.always) return;
      name(member.json, first);
      write(value, member.spelling);
    });
    out_.push_back('}');
  }

 private:
  static bool is_set(const std::string&) { return true; }
  static bool is_set(seconds) { return true; }
  template <class Value>
  static bool is_set(const std::optional<Value>& value) {
    return value.has_value();
  }
  static bool is_set(const QueueAttributes& attributes) { return attributes != QueueAttributes(); }
  template <class Collection>
  static bool is_set(const Collection& collection) {
    return !collection.empty();
  }

  void name(std::string_view name, bool& first) {
    if (!first) out_.push_back(',');
    first = false;
    protocol::append_json_string(out_, name);
    out_.push_back(':');
  }

  void write(const std::string& text, Spelling) { protocol::append_json_string(out_, text); }
  void write(int number, Spelling) { out_.append(std::to_string(number)); }
  void write(seconds time, Spelling) { out_.append(std::to_string(time.count())); }
  template <class Value>
  void write(const std::optional<Value>& value, Spelling spelling) {
    if constexpr (std::same_as<Value, std::string>) {
      if (spelling == Spelling::kBase64) return write(base64_encode(*value), Spelling::kPlain);
    }
    write(*value, spelling);
  }
  void write(const MessageAttributeValue& value, Spelling) { object(value); }
  void write(const QueueAttributes& attributes, Spelling spelling) {
    write(to_text(attributes), spelling);
  }
  template <class Value>
  void write(const std::map<std::string, Value, std::less<>>& map, Spelling) {
    out_.push_back('{');
    bool first = true;
    for (const auto& [key, value] : map) {
      name(key, first);
      write(value, Spelling::kPlain);
    }
    out_.push_back('}');
  }
  template <class Item>
  void write(const std::vector<Item>& items, Spelling spelling) {
    out_.push_back('[');
    bool first = true;
    for (const Item& item : items) {
      if (!first) out_.push_back(',');
      first = false;
      if constexpr (std::same_as<Item, std::string>) {
        write(item, spelling);
      } else {
        object(item);
      }
    }
    out_.push_back(']');
  }

  std::string& out_;
};

// ---- What the call is besides its text: how long it waits, what its reply is checked against ----

constexpr size_t kUsualBytes = 512;  // what most requests need besides message bodies

template <class Request>
size_t bytes_of(const Request&) {
  return kUsualBytes;
}
size_t bytes_of(const SendMessageRequest& request) {
  return kUsualBytes + request.message_body.size() + request.message_body.size() / 8;
}
size_t bytes_of(const SendMessageBatchRequest& request) {
  size_t bytes = kUsualBytes;
  for (const auto& entry : request.entries) {
    bytes += kUsualBytes / 4 + entry.message_body.size() + entry.message_body.size() / 8;
  }
  return bytes;
}

template <class Request>
void note_sent(const Request&, detail::Sent&) {}
void note_sent(const SendMessageRequest& request, detail::Sent& sent) {
  sent.message = digests_of(request);
}
void note_sent(const SendMessageBatchRequest& request, detail::Sent& sent) {
  sent.entries = digests_of(request);
}

template <class Request>
seconds wait_of(const Request&) {
  return seconds(0);
}
/// Without a wait of its own the queue's counts, which is at most the longest there is.
seconds wait_of(const ReceiveMessageRequest& request) {
  return request.wait_time_seconds.value_or(kWaitTimeMax);
}

}  // namespace

namespace detail {

template <class Request>
EncodedCall encode(const Request& request, Sent& sent) {
  EncodedCall call{.action = Request::kAction, .json = {}, .wait = wait_of(request)};
  call.json.reserve(bytes_of(request));
  RequestWriter(call.json).object(request);
  note_sent(request, sent);
  return call;
}

#define FOREBAY_INSTANTIATE(Request) template EncodedCall encode<Request>(const Request&, Sent&);
FOREBAY_SQS_FOR_EACH_REQUEST(FOREBAY_INSTANTIATE)

}  // namespace detail
}  // namespace forebay::sqs
