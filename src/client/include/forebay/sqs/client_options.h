// SPDX-License-Identifier: Apache-2.0
// What a Client is made with, and what one call may choose.
//
// Thread: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include <forebay/sqs/credentials.h>

namespace forebay::sqs {

/// Runs a task somewhere: a pool's submit(), an event loop's post(). Called on the client's I/O
/// thread, so it must not block for long; the task runs at most once, on any thread, and must run
/// soon: a call whose task is thrown away never completes.
using Executor = std::function<void(std::function<void()>)>;

/// When and how often an attempt is repeated (the SDKs' "standard" mode): what was throttled, what
/// found no connection or lost it, time-outs and 5xx.
struct RetryOptions {
  /// Attempts in all, 1 or more. Absent: AWS_MAX_ATTEMPTS, the profile's max_attempts, or 3.
  std::optional<int> max_attempts = {};
  /// The n-th retry waits a random time between 0 and base * 2^(n-1), at most backoff_max (full
  /// jitter).
  std::chrono::milliseconds backoff_base{50};
  std::chrono::milliseconds throttled_backoff_base{1'000};  // base after a throttled attempt
  std::chrono::milliseconds backoff_max{20'000};
  /// Retries of all calls together draw from a bucket of this many tokens: 5 for a retry, 10 after
  /// a time-out; successes put them back. Empty, calls fail at their first error. 0: no such limit.
  int token_bucket = 500;
};

/// Limits in time; each more than 0. A long poll's wait_time_seconds is added to the last two.
struct TimeoutOptions {
  std::chrono::milliseconds connect{3'000};   // until a connection stands, TLS included
  std::chrono::milliseconds attempt{10'000};  // one attempt, connecting included
  std::chrono::milliseconds call{60'000};     // all attempts and pauses of a call
};

/// Empty texts: as the AWS SDKs choose (docs of each field).
struct ClientOptions {
  /// Default: AWS_REGION, AWS_DEFAULT_REGION, the profile's region. Without any, creating a client
  /// fails, unless there is an endpoint: then it is "us-east-1".
  std::string region = {};
  /// "http://127.0.0.1:9324". All requests go there, whatever host a queue's URL names. Default:
  /// AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, the profile's endpoint_url (neither of these three
  /// when AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true), else https://sqs.<region>.amazonaws.com.
  std::string endpoint_url = {};
  std::string profile = {};  // default: AWS_PROFILE, "default"
  CredentialsChoice credentials = DefaultCredentials();
  RetryOptions retry = {};
  TimeoutOptions timeouts = {};
  /// PEM file of the authorities that may sign the server's certificate. Default: AWS_CA_BUNDLE,
  /// the profile's ca_bundle, the system's. Certificates are always verified.
  std::string ca_file = {};
  /// Calls without a wait that may be on the way at a time, 1 or more: further ones queue up inside
  /// the client. Long polls do not count, each has a connection of its own.
  size_t max_connections = 64;
  /// Where callbacks run and coroutines resume. Empty: on the client's I/O thread; they must then
  /// be short and must not block.
  Executor executor = {};
  std::string user_agent = {};  // put before the library's own
};

/// One call's own choice.
struct CallOptions {
  /// When a stop is requested the call ends within milliseconds with ErrorKind::kCancelled; whether
  /// the server has carried it out is then unknown.
  std::stop_token stop = {};
  std::optional<std::chrono::milliseconds> attempt_timeout =
      {};                                                 // default: TimeoutOptions::attempt
  std::optional<std::chrono::milliseconds> timeout = {};  // default: TimeoutOptions::call
  std::optional<int> max_attempts = {};                   // default: RetryOptions
};

}  // namespace forebay::sqs
