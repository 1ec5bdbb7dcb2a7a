// SPDX-License-Identifier: Apache-2.0
#include "client/engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "client/errors.h"
#include "client/moments.h"

namespace forebay::sqs::detail {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";
constexpr std::string_view kTargetPrefix = "AmazonSQS.";
constexpr int64_t kClockTolerableMs = 240'000;  // AWS accepts five minutes
constexpr int64_t kSweepMs = 100;  // how late a call that waits for a connection may time out
constexpr size_t kKeptBytesMax = 64u << 10;  // of a finished call's buffers

/// A time limit as a number that can be added to, whatever the program gave.
template <class Duration>
int64_t bounded_ms(Duration limit) {
  constexpr std::chrono::hours kLongest(24 * 365);
  if (limit <= Duration::zero()) return 0;
  if (limit >= kLongest) return std::chrono::milliseconds(kLongest).count();
  return std::chrono::milliseconds(limit).count();
}

void trim(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptBytesMax) buffer.shrink_to_fit();
}

Error cancelled() {
  return {.kind = ErrorKind::kCancelled, .message = "The call was cancelled."};
}

Error timed_out(std::string_view what) {
  return {.kind = ErrorKind::kTimeout, .message = std::string(what), .retryable = true};
}

}  // namespace

/// One call from start to completion; then another.
class Engine::Call final : public HttpExchange {
 public:
  enum class State : uint8_t { kFree, kIncoming, kCredentials, kSlot, kOnTheWay, kPause };

  explicit Call(Engine& engine) : engine_(engine) {}
  void ended() override { engine_.attempt_ended(*this); }

  /// What a stop token calls.
  struct RequestStop {
    Call* call;
    uint64_t generation;
    void operator()() const { call->engine_.request_stop(*call, generation); }
  };

  std::atomic<uint64_t> generation = 0;  // grows with every use
  /// Atomic because a stop that comes late looks at a call that another thread may be starting.
  std::atomic<State> state = State::kFree;
  std::atomic<bool> stop_requested = false;
  std::optional<std::stop_callback<RequestStop>> stop_callback;

  std::string_view action;
  Completion* completion = nullptr;
  Told told = Told::kOnIoThread;
  bool is_poll = false;
  int64_t attempt_timeout_ms = 0;
  int64_t deadline_ms = 0;
  int attempts_max = 1;

  int attempts = 0;
  int tokens_taken = 0;            // by the last retry
  bool credentials_asked = false;  // they were waited for since the last attempt
  bool credentials_renewed = false;
  bool clock_corrected = false;
  int64_t clock_offset_ms = 0;  // that it was signed with
  bool maybe_done = false;      // by an attempt whose answer is missing
  env::Executor::TimerId timer = 0;

 private:
  Engine& engine_;
};

Engine::Engine(EngineParts parts)
    : io_(std::move(parts.io)),
      clock_(parts.clock),
      random_(parts.random),
      settings_(std::move(parts.settings)),
      options_(std::move(parts.options)),
      user_agent_(options_.user_agent + (options_.user_agent.empty() ? "" : " ") + "forebay-cpp"),
      tokens_(options_.retry.token_bucket) {
  if (parts.credentials != nullptr) {
    credentials_ = std::make_unique<CredentialsCache>(std::move(parts.credentials), clock_,
                                                      settings_.region, "sqs");
  }
}

Engine::~Engine() {
  io_->post([this] { shut_down(); });
  io_->finish();
  credentials_.reset();  // before the transport it cancels its requests at
}

ClientStatistics Engine::statistics() const {
  return {.calls = calls_,
          .attempts = attempts_,
          .throttled = throttled_,
          .connections_opened = io_->connections_opened()};
}

// ---- From other threads to the I/O thread ----

Engine::Call& Engine::take_call() {
  const std::scoped_lock lock(mu_);
  if (free_.empty()) {
    all_.push_back(std::make_unique<Call>(*this));
    all_.back()->request.url = settings_.endpoint.url + (settings_.endpoint.path == "/" ? "/" : "");
    free_.push_back(all_.back().get());
  }
  Call& call = *free_.back();
  free_.pop_back();
  return call;
}

void Engine::start(EncodedCall encoded, const CallOptions& options, Completion& completion,
                   Told told) {
  Call& call = take_call();
  const int64_t wait_ms = bounded_ms(encoded.wait);
  ++call.generation;
  call.state = Call::State::kIncoming;
  call.stop_requested = false;
  call.action = encoded.action;
  call.request.body = std::move(encoded.json);
  call.completion = &completion;
  call.told = told;
  call.is_poll = wait_ms > 0;
  call.attempt_timeout_ms =
      wait_ms + bounded_ms(options.attempt_timeout.value_or(options_.timeouts.attempt));
  call.deadline_ms =
      now_ms() + wait_ms + bounded_ms(options.timeout.value_or(options_.timeouts.call));
  call.attempts_max = std::max(1, options.max_attempts.value_or(settings_.max_attempts));
  call.attempts = 0;
  call.tokens_taken = 0;
  call.credentials_asked = false;
  call.credentials_renewed = false;
  call.clock_corrected = false;
  call.maybe_done = false;
  if (options.stop.stop_possible()) {
    call.stop_callback.emplace(options.stop, Call::RequestStop{&call, call.generation.load()});
  }
  bool first = false;
  {
    const std::scoped_lock lock(mu_);
    incoming_.push_back(&call);
    first = !std::exchange(intake_posted_, true);
  }
  if (first) post_intake();
}

void Engine::request_stop(Call& call, uint64_t generation) {
  call.stop_requested = true;
  bool first = false;
  {
    const std::scoped_lock lock(mu_);
    stopped_.push_back({&call, generation});
    first = !std::exchange(intake_posted_, true);
  }
  if (first) post_intake();
}

void Engine::post_intake() {
  io_->post([this] { take_in(); });
}

void Engine::take_in() {
  {
    const std::scoped_lock lock(mu_);
    taken_in_.swap(incoming_);
    taken_stopped_.swap(stopped_);
    intake_posted_ = false;
  }
  for (Call* call : taken_in_) begin(*call);
  taken_in_.clear();
  for (const Stopped& stopped : taken_stopped_) {
    if (stopped.call->generation == stopped.generation) stop(*stopped.call);
  }
  taken_stopped_.clear();
}

void Engine::shut_down() {
  closing_ = true;
  std::vector<Call*> calls;
  {
    const std::scoped_lock lock(mu_);
    for (const auto& call : all_) calls.push_back(call.get());
  }
  for (Call* call : calls) stop(*call);
}

// ---- A call's steps ----

void Engine::begin(Call& call) {
  if (call.stop_requested || closing_) return finish(call, cancelled());
  try_attempt(call);
}

void Engine::try_attempt(Call& call) {
  auth::Signer* signer = nullptr;
  if (credentials_ != nullptr) {
    signer = credentials_->signer();
    if (signer == nullptr && call.credentials_asked) {
      return finish(call, Error{.kind = ErrorKind::kAuth,
                                .message = "The credentials have already expired."});
    }
    if (signer == nullptr) return wait_for_credentials(call);
  }
  if (!call.is_poll && slots_used_ >= options_.max_connections) return wait_for_slot(call);
  send(call, signer);
}

void Engine::wait_for_credentials(Call& call) {
  call.state = Call::State::kCredentials;
  call.credentials_asked = true;
  call.timer = io_->after(std::max<int64_t>(call.deadline_ms - now_ms(), 0), [this, &call] {
    call.timer = 0;
    finish(call, timed_out("No credentials within the call's time limit."));
  });
  credentials_->wait(
      [this, &call, generation = call.generation.load()](const Result<void>& result) {
        if (call.generation != generation || call.state != Call::State::kCredentials) return;
        io_->cancel(std::exchange(call.timer, 0));
        if (!result.ok()) return finish(call, result.error());
        try_attempt(call);
      });
}

void Engine::wait_for_slot(Call& call) {
  call.state = Call::State::kSlot;
  waiting_.push_back(&call);
  if (std::exchange(sweep_armed_, true)) return;
  io_->after(kSweepMs, [this] { drop_late_calls(); });
}

void Engine::start_waiting_calls() {
  while (!waiting_.empty() && slots_used_ < options_.max_connections) {
    Call& call = *waiting_.front();
    waiting_.pop_front();
    try_attempt(call);
  }
}

void Engine::drop_late_calls() {
  sweep_armed_ = false;
  const int64_t now = now_ms();
  std::vector<Call*> late;
  std::erase_if(waiting_, [&](Call* call) {
    if (call->deadline_ms > now) return false;
    late.push_back(call);
    return true;
  });
  if (!waiting_.empty()) {
    sweep_armed_ = true;
    io_->after(kSweepMs, [this] { drop_late_calls(); });
  }
  for (Call* call : late) {
    finish(*call, timed_out("No free connection within the call's time limit."));
  }
}

void Engine::send(Call& call, auth::Signer* signer) {
  const int64_t left_ms = call.deadline_ms - now_ms();
  if (left_ms <= 0) return finish(call, timed_out("The call's time limit has passed."));
  call.state = Call::State::kOnTheWay;
  call.credentials_asked = false;
  if (!call.is_poll) ++slots_used_;
  ++call.attempts;
  ++attempts_;
  call.request.timeout_ms = std::min(call.attempt_timeout_ms, left_ms);
  HeaderLines& headers = call.request.headers;
  headers.clear();
  headers.add("Content-Type", kContentType);
  headers.begin("X-Amz-Target");
  headers.append(kTargetPrefix);
  headers.append(call.action);
  headers.add("x-amzn-query-mode", "true");  // errors come with Query's codes
  headers.add("User-Agent", user_agent_);
  // Without a value: not to be sent, though libcurl would.
  headers.add("Accept", "");
  headers.add("Expect", "");
  if (signer != nullptr) add_signature(call, *signer);
  io_->start(call);
}

void Engine::add_signature(Call& call, auth::Signer& signer) {
  const WallMs now = clock_.wall() + clock_offset_ms_;
  call.clock_offset_ms = clock_offset_ms_;
  if (now.value / 1000 != date_s_) {
    date_s_ = now.value / 1000;
    date_ = auth::amz_date(now);
  }
  target_.assign(kTargetPrefix).append(call.action);
  const std::string& token = signer.credentials().session_token;
  std::array<auth::SignedHeader, 5> signed_headers;
  size_t count = 0;
  signed_headers[count++] = {"content-type", kContentType};
  signed_headers[count++] = {"host", settings_.endpoint.host};
  signed_headers[count++] = {"x-amz-date", date_};
  if (!token.empty()) signed_headers[count++] = {"x-amz-security-token", token};
  signed_headers[count++] = {"x-amz-target", target_};
  HeaderLines& headers = call.request.headers;
  headers.add("X-Amz-Date", date_);
  if (!token.empty()) headers.add("X-Amz-Security-Token", token);
  headers.begin("Authorization");
  signer.append_authorization({.method = "POST",
                               .path = settings_.endpoint.path,
                               .headers = std::span(signed_headers).first(count),
                               .body = call.request.body},
                              date_, headers.text());
}

void Engine::attempt_ended(Call& call) {
  if (!call.is_poll) --slots_used_;
  if (call.response.end == HttpEnd::kResponse && call.response.status == 200) {
    tokens_.give_back(call.tokens_taken);
    finish(call, std::move(call.response.body));
  } else {
    retry_or_fail(call, error_of(call));
  }
  start_waiting_calls();
}

Error Engine::error_of(const Call& call) const {
  const HttpResponse& response = call.response;
  switch (response.end) {
    case HttpEnd::kResponse:
      return read_error({.http_status = response.status,
                         .query_error = response.header("x-amzn-query-error").value_or(""),
                         .error_type = response.header("x-amzn-errortype").value_or(""),
                         .request_id = response.header("x-amzn-requestid").value_or(""),
                         .retry_after = response.header("retry-after").value_or(""),
                         .body = response.body});
    case HttpEnd::kTimeout: {
      Error error = timed_out(fmt::format("{}: no answer within {} ms.", settings_.endpoint.url,
                                          call.request.timeout_ms));
      error.reached = Reached::kMaybe;
      return error;
    }
    case HttpEnd::kNoConnection:
    case HttpEnd::kBroken:
      return {.kind = ErrorKind::kNetwork,
              .message = fmt::format("{}: {}", settings_.endpoint.url, response.failure),
              .retryable = true,
              .reached = response.end == HttpEnd::kBroken ? Reached::kMaybe : Reached::kNotSent};
    case HttpEnd::kTlsRefused:
      return {.kind = ErrorKind::kNetwork,
              .message =
                  fmt::format("{} is not trusted: {}", settings_.endpoint.url, response.failure)};
    case HttpEnd::kTooLarge:
      return {.kind = ErrorKind::kServerFault,
              .message = "The reply is too large.",
              .reached = Reached::kMaybe};
  }
}

/// Takes the server's time for ours when it has refused a signature and the two are far apart.
bool Engine::correct_clock(Call& call, const Error& error) {
  if (credentials_ == nullptr || call.clock_corrected || !may_be_the_clock(error)) return false;
  const auto server_time = read_http_date(call.response.header("date").value_or(""));
  if (!server_time) return false;
  const int64_t offset_ms = server_time->time_since_epoch().count() - clock_.wall().value;
  // Another call may have corrected it meanwhile.
  if (std::abs(offset_ms - call.clock_offset_ms) < kClockTolerableMs) return false;
  clock_offset_ms_ = offset_ms;
  call.clock_corrected = true;
  return true;
}

void Engine::retry_or_fail(Call& call, Error error) {
  call.maybe_done |= error.reached == Reached::kMaybe;
  if (error.kind == ErrorKind::kThrottled) ++throttled_;
  const bool last = call.attempts >= call.attempts_max;
  if (credentials_ != nullptr && is_expired_token(error) && !call.credentials_renewed && !last) {
    call.credentials_renewed = true;
    credentials_->discard();
    return try_attempt(call);
  }
  // Once, and not counted as an attempt: it never had a chance.
  if (correct_clock(call, error)) return try_attempt(call);
  if (last || !error.retryable || !tokens_.take(error.kind, call.tokens_taken)) {
    return finish(call, std::move(error));
  }
  const int64_t asked_ms = std::chrono::milliseconds(error.retry_after).count();
  const int64_t pause_ms =
      std::max(asked_ms, backoff_ms(options_.retry, error.kind, call.attempts, random_));
  if (now_ms() + pause_ms >= call.deadline_ms) return finish(call, std::move(error));
  call.state = Call::State::kPause;
  call.timer = io_->after(pause_ms, [this, &call] {
    call.timer = 0;
    try_attempt(call);
  });
}

void Engine::stop(Call& call) {
  switch (call.state.load()) {
    case Call::State::kFree:
    case Call::State::kIncoming:  // begin() will see to it
      return;
    case Call::State::kOnTheWay:
      io_->abandon(call);
      call.maybe_done = true;
      if (!call.is_poll) --slots_used_;
      break;
    case Call::State::kSlot:
      std::erase(waiting_, &call);
      break;
    case Call::State::kCredentials:
    case Call::State::kPause:
      io_->cancel(std::exchange(call.timer, 0));
      break;
  }
  finish(call, cancelled());
  if (!closing_) start_waiting_calls();
}

void Engine::finish(Call& call, Result<std::string> answer) {
  if (!answer.ok() && call.maybe_done) {
    Error error = std::move(answer).error();
    error.reached = Reached::kMaybe;
    answer = std::move(error);
  }
  call.state = Call::State::kFree;
  // Waits for a stop that is being requested right now; afterwards none can come.
  call.stop_callback.reset();
  ++calls_;
  if (call.told == Told::kOnExecutor && options_.executor) {
    const auto kept = std::make_shared<Result<std::string>>(std::move(answer));
    options_.executor([completion = call.completion, kept] { completion->complete(*kept); });
  } else {
    call.completion->complete(answer);
    // The reply's memory serves the next call.
    if (answer.ok()) call.response.body = std::move(answer).value();
  }
  trim(call.request.body);
  trim(call.response.body);
  const std::scoped_lock lock(mu_);
  free_.push_back(&call);
}

// ---- What the public headers call ----

namespace {

/// Lets one thread wait.
class Waiting final : public Completion {
 public:
  void complete(Result<std::string>& answer) noexcept override {
    // Told under the lock: once it is released, this object may be gone.
    const std::scoped_lock lock(mu_);
    answer_.emplace(std::move(answer));
    ended_.notify_one();
  }
  Result<std::string> wait() {
    std::unique_lock lock(mu_);
    ended_.wait(lock, [this] { return answer_.has_value(); });
    return *std::move(answer_);
  }

 private:
  std::mutex mu_;
  std::condition_variable ended_;
  std::optional<Result<std::string>> answer_;
};

}  // namespace

void start(Engine& engine, EncodedCall call, const CallOptions& options, Completion& completion) {
  engine.start(std::move(call), options, completion, Told::kOnExecutor);
}

Result<std::string> wait(Engine& engine, EncodedCall call, const CallOptions& options) {
  if (engine.on_io_thread()) {
    return Error{.kind = ErrorKind::kInvalidRequest,
                 .message =
                     "The client's own I/O thread cannot wait for a reply: use a callback, "
                     "or give ClientOptions an executor."};
  }
  Waiting waiting;
  engine.start(std::move(call), options, waiting, Told::kOnIoThread);
  return waiting.wait();
}

}  // namespace forebay::sqs::detail
