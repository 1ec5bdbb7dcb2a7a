// SPDX-License-Identifier: Apache-2.0
// Names for queue ids, as facts and snapshots mention them.
// Thread: one owner.
#pragma once

#include <map>
#include <string>

#include "base/ids.h"
#include "engine/facts.h"
#include "engine/queue_attributes.h"

namespace forebay::cli {

class QueueNames {
 public:
  /// A queue keeps its name for ever: ids are never used again.
  void learn(QueueId id, const engine::QueueAddress& address);
  /// Takes the name from a QueueCreated; other facts tell none.
  void learn(const engine::Fact& fact);

  /// "orders"; with region and account, "eu-west-1/111122223333/orders", when these are not the
  /// same for all queues; "queue#7" when nothing told the name.
  std::string text(QueueId id) const;
  /// Null when nothing told it.
  const engine::QueueAddress* address(QueueId id) const;

 private:
  std::map<QueueId, engine::QueueAddress> addresses_;
  bool one_scope_ = true;  // all have the same region and account
};

}  // namespace forebay::cli
