// SPDX-License-Identifier: Apache-2.0
// Where a dead letter is sent again: URLs of queues by name, URL or ARN, each asked for once.
// Thread: one owner.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include <forebay/sqs/client.h>

namespace forebay::sqs::detail {

class TargetQueues {
 public:
  /// `dead_letter_queue_url` may be empty: there is none (an archive). Borrows: `client`.
  TargetQueues(Client& client, std::string dead_letter_queue_url, std::stop_token stop)
      : client_(client),
        dead_letter_queue_url_(std::move(dead_letter_queue_url)),
        call_{.stop = std::move(stop)} {}

  /// The URL of `queue` when that says something, else of where the message came from.
  /// Errors: kQueueNotFound; kInvalidRequest: several queues, or none, could be meant, or it is the
  /// dead-letter queue itself; what the client has.
  Result<std::string> find(const std::string& queue, const Message& message);

 private:
  Result<std::string> url_of(const std::string& queue);
  Result<std::string> only_source();

  Client& client_;
  const std::string dead_letter_queue_url_;
  const CallOptions call_;
  std::map<std::string, Result<std::string>> known_;  // what cannot be found is known, too
  std::optional<Result<std::string>> only_source_;
};

/// The queue's URL, given its name, URL or ARN. Errors: kQueueNotFound, and what the client has.
Result<std::string> find_queue_url(Client& client, const std::string& queue,
                                   const CallOptions& call);
/// Whether an error is about the way there, so that the next call would meet it too.
bool ends_everything(const Error& error);

}  // namespace forebay::sqs::detail
