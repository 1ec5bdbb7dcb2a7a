// SPDX-License-Identifier: Apache-2.0
// `Engine`: what carries a call out: credentials, a signature, attempts, pauses, time limits,
// cancellation; one state machine per call, all on the I/O thread.
//
// The faces of the public Client (waiting, calling back, awaiting) differ only in the Completion
// they hand over. Calls are objects that are used again, so a call at steady state needs no memory
// of the engine's own.
// Thread: start, wait, statistics: any; the rest the I/O thread.
// Invariants: (1) every call that was started completes exactly once, at the latest with the
// engine's end; (2) no completion is told inside start(); (3) calls without a wait hold at most
// max_connections connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/sqs/client_options.h>
#include <forebay/sqs/detail/exchange.h>

#include "client/credentials_cache.h"
#include "client/http_transport.h"
#include "client/retry_policy.h"
#include "client/settings.h"
#include "env/clock.h"

namespace forebay::sqs::detail {

/// What an engine is made of. Borrows: clock and random.
struct EngineParts {
  std::unique_ptr<Io> io;
  const env::Clock& clock;
  env::Random& random;
  Settings settings;
  ClientOptions options;
  std::unique_ptr<CredentialsFetcher> credentials;  // null: requests are not signed
};

/// Who is told where: on the executor of the options, or on the I/O thread.
enum class Told : bool { kOnExecutor, kOnIoThread };

class Engine {
 public:
  explicit Engine(EngineParts parts);
  /// Completes what is under way with kCancelled, then ends the I/O thread.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void start(EncodedCall call, const CallOptions& options, Completion& completion, Told told);

  const Settings& settings() const { return settings_; }
  bool on_io_thread() const { return io_->on_io_thread(); }
  ClientStatistics statistics() const;

 private:
  class Call;  // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final
  /// A stop that was requested. By the time it is read the call may be another one.
  struct Stopped {
    Call* call;
    uint64_t generation;
  };

  Call& take_call();
  void request_stop(Call& call, uint64_t generation);
  void post_intake();
  void take_in();
  void shut_down();

  void begin(Call& call);
  void try_attempt(Call& call);
  void wait_for_credentials(Call& call);
  void wait_for_slot(Call& call);
  void start_waiting_calls();
  void drop_late_calls();
  void send(Call& call, auth::Signer* signer);
  void add_signature(Call& call, auth::Signer& signer);
  void attempt_ended(Call& call);
  Error error_of(const Call& call) const;
  bool correct_clock(Call& call, const Error& error);
  void retry_or_fail(Call& call, Error error);
  void stop(Call& call);
  void finish(Call& call, Result<std::string> answer);

  int64_t now_ms() const { return clock_.monotonic().value; }

  // Constant after construction.
  const std::unique_ptr<Io> io_;
  const env::Clock& clock_;
  env::Random& random_;
  const Settings settings_;
  const ClientOptions options_;
  const std::string user_agent_;

  std::atomic<uint64_t> calls_ = 0;
  std::atomic<uint64_t> attempts_ = 0;
  std::atomic<uint64_t> throttled_ = 0;

  std::mutex mu_;
  std::vector<std::unique_ptr<Call>> all_;  // guarded by mu_, as are the next four
  std::vector<Call*> free_;
  std::vector<Call*> incoming_;
  std::vector<Stopped> stopped_;
  bool intake_posted_ = false;

  // I/O thread only.
  std::unique_ptr<CredentialsCache> credentials_;
  RetryTokens tokens_;
  std::vector<Call*> taken_in_;
  std::vector<Stopped> taken_stopped_;
  std::deque<Call*> waiting_;  // for one of max_connections
  size_t slots_used_ = 0;
  bool sweep_armed_ = false;
  bool closing_ = false;
  int64_t clock_offset_ms_ = 0;  // from our clock to the server's, once it has refused ours
  int64_t date_s_ = -1;          // of date_
  std::string date_;             // as signatures have it
  std::string target_;           // of the request being signed
};

}  // namespace forebay::sqs::detail
