// SPDX-License-Identifier: Apache-2.0
// `QueueManager`: queues as they should be, whatever they are now.
//
//   QueueManager manager(client);
//   Result<std::vector<EnsuredQueue>> orders = manager.ensure_queue(standard_queue("orders"));
//   for (const QueueChange& change : orders->back().changes) log(change.name);
//
// ensure_queue() creates a queue or brings an existing one to its definition, and tells what it
// changed: run again, it changes nothing, so programs can call it at every start. Works against AWS
// and every server that speaks its API; uses SQS's own actions only. Calls wait.
// Thread: any; what two of them ensure at the same time both succeeds if both want the same.
// Errors: as the client's; kConflict when a queue exists and cannot become what is asked for (a
// standard queue never becomes FIFO, nor the reverse) or was deleted less than 60 s ago;
// kInvalidRequest when a definition contradicts itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/sqs/queue_presets.h>

namespace forebay::sqs {

/// One attribute or tag that was changed, or would be.
struct QueueChange {
  enum class Kind : uint8_t { kAttribute, kTag };
  Kind kind = Kind::kAttribute;
  std::string name = {};                      // SQS's: "VisibilityTimeout"; or the tag's key
  std::optional<std::string> old_value = {};  // absent: there was none
  std::optional<std::string> new_value = {};  // absent: it is taken away

  friend bool operator==(const QueueChange&, const QueueChange&) = default;
};

struct EnsuredQueue {
  std::string queue_name = {};
  std::string queue_url = {};  // empty: a dry run, and the queue does not exist
  bool created = false;        // `changes` are then all that it was created with
  std::vector<QueueChange> changes = {};

  bool changed() const { return created || !changes.empty(); }

  friend bool operator==(const EnsuredQueue&, const EnsuredQueue&) = default;
};

struct EnsureOptions {
  bool dry_run = false;  // nothing is written; the answer tells what would be done
  std::stop_token stop = {};
};

struct MessageCounts {
  int64_t visible = 0;
  int64_t not_visible = 0;  // received, and neither deleted nor visible again
  int64_t delayed = 0;

  int64_t total() const { return visible + not_visible + delayed; }
};

/// What became of each queue of a set that was to be deleted.
struct DeletedQueue {
  std::string queue_name = {};
  bool existed = false;
  std::optional<Error> error = {};  // set: it is still there
};

class QueueManager {
 public:
  /// Borrows: `client`, which must live longer.
  explicit QueueManager(Client& client) : client_(client) {}

  /// One queue, after its dead-letter queue when it has one. The last of the answer is the queue
  /// itself, the one before it (if any) the dead-letter queue. On AWS it takes up to 60 s until a
  /// change is seen everywhere.
  Result<std::vector<EnsuredQueue>> ensure_queue(const QueueDefinition& definition,
                                                 const EnsureOptions& options = {});
  /// Several, one after the other; each dead-letter queue is told once. Ends at the first error;
  /// what was done by then stays.
  Result<std::vector<EnsuredQueue>> ensure_queues(std::span<const QueueDefinition> definitions,
                                                  const EnsureOptions& options = {});

  /// Gives an existing queue a dead-letter queue; the rest of it stays as it is. The answer as of
  /// ensure_queue(). Errors: kQueueNotFound.
  Result<std::vector<EnsuredQueue>> setup_dead_letter_queue(const std::string& queue_name,
                                                            const DeadLetterDefinition& dead_letter,
                                                            const EnsureOptions& options = {});

  /// Deletes each of them with its messages, and goes on when one fails. One that does not exist is
  /// no error. The answer has one entry for each name, in their order.
  std::vector<DeletedQueue> delete_queues(std::span<const std::string> queue_names,
                                          std::stop_token stop = {});

  /// Approximate, as SQS counts. Errors: kQueueNotFound.
  Result<MessageCounts> message_counts(const std::string& queue_url, std::stop_token stop = {});

  /// URLs of all queues whose names begin with `prefix`, page by page.
  Result<std::vector<std::string>> list_queues(const std::string& prefix = {},
                                               const std::stop_token& stop = {});

 private:
  Client& client_;
};

/// The last part of a queue's URL or ARN: its name.
std::string queue_name_of(std::string_view queue_url_or_arn);

}  // namespace forebay::sqs
