// SPDX-License-Identifier: Apache-2.0
// What the templates of the public headers ask of the compiled library. Not for users.
//
// A call is encoded where it is made, carried out by the engine's I/O thread, and decoded where it
// completes.
// Thread: as each function says.
#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/client_options.h>
#include <forebay/sqs/error.h>
#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

/// The 23 request types.
template <class T>
concept ActionRequest = requires {
  typename T::Reply;
  { T::kAction } -> std::convertible_to<std::string_view>;
};

namespace detail {

class Engine;

/// MD5 of what is sent, for the check of what the server says it got. Empty: nothing was sent.
struct SentDigests {
  Md5Digest body;
  Md5Digest message_attributes;
  Md5Digest message_system_attributes;
};
struct SentEntry {
  std::string id;
  SentDigests digests;
};
/// What a reply is checked against: `message` for SendMessage, `entries` for SendMessageBatch.
struct Sent {
  SentDigests message;
  std::vector<SentEntry> entries;
};

/// A request ready to go.
struct EncodedCall {
  std::string_view action;  // static storage
  std::string json;
  std::chrono::seconds wait{0};  // the server may take this long on purpose
};

// The next two are defined in the library, for the 23 request types. They are not constrained by
// ActionRequest: GCC 12 and Clang 19 name constrained functions differently in object files.

/// Thread: any.
template <class Request>
EncodedCall encode(const Request& request, Sent& sent);

/// Reads a reply's JSON, or passes the error on. Errors: kServerFault (unreadable),
/// kChecksumMismatch.
/// Thread: any.
template <class Request>
Result<typename Request::Reply> decode(const Result<std::string>& answer, const Sent& sent);

/// Told once when a call has ended, with the reply's JSON or why there is none.
class Completion {
 public:
  /// `answer` may be moved from. Thread: the engine's I/O thread, or where its executor runs tasks.
  virtual void complete(Result<std::string>& answer) noexcept = 0;

 protected:
  ~Completion() = default;
};

/// Begins a call. `completion` is told later, never inside this function, and must live until then.
/// Thread: any.
void start(Engine& engine, EncodedCall call, const CallOptions& options, Completion& completion);

/// Begins a call and waits for its end. Errors: kInvalidRequest on the engine's own I/O thread,
/// which cannot wait for itself. Thread: any.
Result<std::string> wait(Engine& engine, EncodedCall call, const CallOptions& options);

}  // namespace detail
}  // namespace forebay::sqs
