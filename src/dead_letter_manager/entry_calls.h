// SPDX-License-Identifier: Apache-2.0
// SQS's batch calls for any number of messages, with an answer for each: what a server failed to
// carry out is tried again, what it refused is told.
// Thread: one owner; calls wait.
#pragma once

#include <chrono>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/sqs/producer_message.h>

namespace forebay::sqs::detail {

/// Waits; false: a stop was requested.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop);

class EntryCalls {
 public:
  static constexpr int kAttemptsMax = 3;

  /// Borrows: `client`.
  EntryCalls(Client& client, std::chrono::milliseconds retry_pause, std::stop_token stop)
      : client_(client), retry_pause_(retry_pause), stop_(std::move(stop)) {}

  /// In their order, one answer each. A stop is looked for between calls: a call that is under way
  /// is finished, since nobody would know what became of it. On a FIFO queue a message that fails
  /// holds back those behind it in its group, for the life of this object.
  std::vector<Result<void>> send(const std::string& queue_url,
                                 std::vector<OutgoingMessage> messages);

  /// The next two do not stop early: what is safe elsewhere must go, what is held must be let go.
  std::vector<Result<void>> remove(const std::string& queue_url,
                                   const std::vector<std::string>& receipt_handles);
  std::vector<Result<void>> change_visibility(const std::string& queue_url,
                                              const std::vector<std::string>& receipt_handles,
                                              std::chrono::seconds visibility_timeout);

 private:
  struct Sending;

  std::vector<size_t> next_batch(Sending& sending);
  void send_batch(Sending& sending, const std::vector<size_t>& batch);
  void fail(Sending& sending, size_t index, Error error);
  template <class Request, class Call>
  std::vector<Result<void>> on_handles(const Request& like, const std::vector<std::string>& handles,
                                       Call call);

  Client& client_;
  const std::chrono::milliseconds retry_pause_;
  const std::stop_token stop_;
  std::set<std::string> stopped_groups_;  // "<queue URL> <group>"
};

}  // namespace forebay::sqs::detail
