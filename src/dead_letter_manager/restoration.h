// SPDX-License-Identifier: Apache-2.0
// An archive, read from its first file to its last, and sent again ten messages at a time.
// Thread: one owner; calls wait.
#pragma once

#include <string>
#include <vector>

#include <forebay/sqs/dead_letter_manager.h>

#include "dead_letter_manager/entry_calls.h"
#include "dead_letter_manager/target_queues.h"

namespace forebay::sqs::detail {

class Restoration {
 public:
  /// Borrows: all three.
  Restoration(Client& client, DeadLetterArchive& archive, const RestoreOptions& options);

  RestoreReport run();

 private:
  struct Letter {
    std::string name;
    ArchivedLetter archived;
    std::string target_url;
  };

  /// False when there is no more, or no use in going on.
  bool read_page(std::string& after);
  void take(const std::string& name);
  void send();
  void fail(DeadLetterFailure::Step step, const std::string& name, Error error);
  void trouble(const Error& error);

  DeadLetterArchive& archive_;
  const RestoreOptions& options_;
  EntryCalls calls_;
  TargetQueues targets_;
  RestoreReport report_;
  std::vector<Letter> letters_;  // read, and not sent yet: for one queue
  bool over_ = false;
};

}  // namespace forebay::sqs::detail
