// SPDX-License-Identifier: Apache-2.0
// A message in a handler's hands, and the forms a handler can have.
//
//   Handler sync = [](Delivery& d) -> Outcome { return save(d.body()) ? Outcome(Ack{}) : Retry{};
//   }; AsyncHandler later = [&](PendingDelivery d) { jobs.push(std::move(d)); };  //
//   d.complete(Ack{}) CoroutineHandler awaits = [&](Delivery& d) -> HandlerTask { co_return
//   co_await save(d); }; BatchHandler batch = [](std::span<Delivery* const> all) { return
//   save_all(all); };
//
// An exception that leaves a handler counts as Retry.
// Thread: a Delivery belongs to whoever handles it, until the outcome is told; stop_token() any.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <forebay/sqs/consumer_outcome.h>
#include <forebay/sqs/messages.h>

namespace forebay::sqs {

namespace detail {
class ConsumerCore;
class HeldMessage;
}  // namespace detail

/// A received message and what the consumer knows about it.
class Delivery {
 public:
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  const Message& message() const { return message_; }
  std::string_view body() const { return message_.body; }
  const std::string& queue_url() const { return *queue_url_; }
  /// How often it was received, this time included: 1 or more.
  int64_t receive_count() const {
    return message_.attributes.approximate_receive_count.value_or(1);
  }
  /// What it was routed by (ConsumerOptions::routes); empty when it has none.
  std::string_view type() const { return type_; }
  /// The trace it belongs to, as the AWSTraceHeader system attribute carries it ("Root=1-5759e988-
  /// bd862e3fe1be46a994272793;Parent=..."); empty without one. It spends no message attribute.
  std::string_view trace_header() const;

  /// A stop is requested when the lease is lost (somebody else may have the message now, and the
  /// outcome will be ignored), when handle_timeout is over, when stop()'s deadline has passed, and
  /// by abort().
  std::stop_token stop_token();
  /// Until the first of handle_timeout and max_lease is over; 0 when it is.
  std::chrono::milliseconds time_left() const;
  /// By the consumer's clock, for Defer.
  Timestamp now() const;

  /// A text that the handler gives back: what an idempotency store keeps, and what it had kept.
  std::string& result() { return result_; }
  /// Said by a middleware that knows it was handled before; counted.
  void set_duplicate() { duplicate_ = true; }
  bool duplicate() const { return duplicate_; }

 protected:
  Delivery() = default;
  ~Delivery() = default;
  void request_stop();

  Message message_;
  const std::string* queue_url_ = nullptr;
  detail::ConsumerCore* core_ = nullptr;
  int64_t time_limit_ms_ = 0;  // monotonic, of time_left()
  std::string type_;
  std::string result_;
  bool duplicate_ = false;

  // Guarded by mu_. The stop source is made when somebody asks for it: most never do.
  std::mutex mu_;
  bool stop_requested_ = false;
  std::stop_source stop_{std::nostopstate};
};

/// A Delivery whose outcome is told later, from any thread. Dropped without an outcome, it counts
/// as Retry. It may outlive its Consumer: then the outcome goes nowhere.
class PendingDelivery {
 public:
  PendingDelivery(std::shared_ptr<detail::ConsumerCore> core, detail::HeldMessage& held);
  PendingDelivery(PendingDelivery&& other) noexcept;
  PendingDelivery& operator=(PendingDelivery&&) = delete;
  ~PendingDelivery();

  Delivery& operator*() const;
  Delivery* operator->() const { return &**this; }

  /// Once; the Delivery must not be touched afterwards. Thread: any.
  void complete(Outcome outcome);

 private:
  friend class HandlerTask;
  void fail() noexcept;

  std::shared_ptr<detail::ConsumerCore> core_;
  detail::HeldMessage* held_;
};

/// What a coroutine that handles a message returns: it says `co_return` with an Outcome. It begins
/// on one of the consumer's workers and goes on wherever what it awaits resumes it.
class HandlerTask {
 public:
  struct promise_type {  // NOLINT(readability-identifier-naming): the language's own name
    HandlerTask get_return_object() {
      return HandlerTask(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(Outcome outcome) { pending->complete(std::move(outcome)); }
    void unhandled_exception() noexcept { failed(*pending); }

    std::optional<PendingDelivery> pending;
  };

  HandlerTask(HandlerTask&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  HandlerTask& operator=(HandlerTask&&) = delete;
  ~HandlerTask() {
    if (handle_) handle_.destroy();
  }

  /// Runs it to its first wait. Once; the coroutine then destroys itself at its end.
  void start(PendingDelivery pending) {
    const auto handle = std::exchange(handle_, {});
    handle.promise().pending.emplace(std::move(pending));
    handle.resume();
  }

 private:
  explicit HandlerTask(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  /// In a catch clause's reach: completes with Retry and tells ConsumerOptions::on_error.
  static void failed(PendingDelivery& pending) noexcept;

  std::coroutine_handle<promise_type> handle_;
};

/// Runs on one of the consumer's worker threads, and may block.
using Handler = std::function<Outcome(Delivery&)>;
/// Begins on a worker thread, must not block there for long; the outcome comes later.
using AsyncHandler = std::function<void(PendingDelivery)>;
/// The function object must live as long as the consumer, as must what it captures.
using CoroutineHandler = std::function<HandlerTask(Delivery&)>;
/// Handles several at a time and gives an outcome for each, in their order; where one is missing it
/// is Retry. On FIFO queues a batch has at most one message of a group.
using BatchHandler = std::function<std::vector<Outcome>(std::span<Delivery* const>)>;

/// When a batch is handed over: full, or the oldest message has waited so long.
struct Batched {
  BatchHandler handle = {};
  size_t size_max = 10;  // 1 or more; at most ConsumerOptions::concurrency
  std::chrono::milliseconds window{0};
};

/// Without a handler: monostate.
using AnyHandler = std::variant<std::monostate, Handler, AsyncHandler, CoroutineHandler, Batched>;

/// Something around every handling: logs, figures, deadlines, transactions. One object serves all
/// workers at once. Never throws.
class Middleware {
 public:
  virtual ~Middleware() = default;
  /// Before the handler, in the chain's order, on a worker thread. An outcome ends it here: the
  /// handler is not called, and neither are the middlewares behind.
  virtual std::optional<Outcome> before(Delivery& delivery) {
    static_cast<void>(delivery);
    return std::nullopt;
  }
  /// After the handler, in reverse order, for all whose before() let the message through; may
  /// change the outcome. On the thread that told it.
  virtual void after(Delivery& delivery, Outcome& outcome) {
    static_cast<void>(delivery);
    static_cast<void>(outcome);
  }
};

}  // namespace forebay::sqs
