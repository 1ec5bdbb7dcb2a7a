// SPDX-License-Identifier: Apache-2.0
// A call as a coroutine awaits it.
//
//   Result<SendMessageReply> sent = co_await client.async(request);
//
// Any coroutine type will do; nothing is allocated but the request's text. The call begins when it
// is awaited. The coroutine resumes where ClientOptions::executor runs tasks, else on the client's
// I/O thread: what it does there until its next co_await must be short and must not block. Await it
// in the full expression that makes it, or keep it in a variable of the coroutine; the Client must
// live until it resumes. (GCC 12 miscompiles some co_await expressions with braced temporaries in
// them: give requests names first.)
// Thread: one coroutine.
#pragma once

#include <coroutine>
#include <optional>
#include <string>
#include <utility>

#include <forebay/sqs/detail/exchange.h>

namespace forebay::sqs {

template <ActionRequest Request>
class [[nodiscard]] Awaitable final : private detail::Completion {
 public:
  using Reply = typename Request::Reply;

  Awaitable(detail::Engine& engine, const Request& request, CallOptions options)
      : engine_(engine), options_(std::move(options)), call_(detail::encode(request, sent_)) {}
  Awaitable(const Awaitable&) = delete;
  Awaitable& operator=(const Awaitable&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    // The coroutine, and this object in its frame, may be gone before start() returns.
    detail::start(engine_, std::move(call_), options_, *this);
  }
  Result<Reply> await_resume() { return detail::decode<Request>(*answer_, sent_); }

 private:
  void complete(Result<std::string>& answer) noexcept override {
    answer_.emplace(std::move(answer));
    waiter_.resume();
  }

  detail::Engine& engine_;
  CallOptions options_;
  detail::Sent sent_;
  detail::EncodedCall call_;
  std::coroutine_handle<> waiter_;
  std::optional<Result<std::string>> answer_;
};

}  // namespace forebay::sqs
