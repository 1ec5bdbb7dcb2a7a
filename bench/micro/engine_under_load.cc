// SPDX-License-Identifier: Apache-2.0
#include "micro/engine_under_load.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::bench {
namespace {

constexpr uint64_t kGroups = 1000;
constexpr uint32_t kRecordBytes = 1100;

}  // namespace

EngineUnderLoad::EngineUnderLoad(QueueKind kind, uint64_t queued) : kind_(kind) {
  facts_.push_back(*engine_.decide_shard(Bytes16{7, 1, 3}));
  apply_all();
  const bool fifo = kind == QueueKind::kFifo;
  engine::CreateQueue create;
  create.address = {"us-east-1", "000000000000", fifo ? "jobs.fifo" : "jobs"};
  if (fifo) create.attributes.fifo_queue = true;
  CHECK(engine_.decide(create, now_, facts_).ok());
  apply_all();
  queue_ = *engine_.find(create.address);
  for (uint64_t i = 0; i < queued; ++i) send(next_entry());
}

engine::SendEntry EngineUnderLoad::next_entry() {
  const uint64_t number = sent_++;
  engine::SendEntry entry;
  entry.message_id = Bytes16{1};
  std::memcpy(entry.message_id.data(), &number, sizeof number);
  if (kind_ != QueueKind::kStandard) {  // as long as a UUID
    entry.message_group_id = fmt::format("customer-00000000-0000-4000-{:08}", number % kGroups);
  }
  if (kind_ == QueueKind::kFifo) entry.message_deduplication_id = fmt::format("order-{}", number);
  return entry;
}

void EngineUnderLoad::send(const engine::SendEntry& entry) {
  CHECK(engine_.decide_send(queue_, entry, false, now_, facts_).ok());
  apply_all();
}

void EngineUnderLoad::receive_ten(std::vector<std::string>& handles) {
  engine::ReceiveMessages request;
  request.max_number_of_messages = 10;
  Result<engine::ReceiveDecision> decided =
      engine_.decide_receive(queue_, request, false, now_, facts_);
  CHECK(decided.ok() && !decided->deliveries.empty());
  apply_all();
  for (engine::Delivery& delivery : decided->deliveries)
    handles.push_back(std::move(delivery.receipt_handle));
}

void EngineUnderLoad::change_visibility(const engine::ChangeVisibility::Entry& entry) {
  CHECK(engine_.decide_change(queue_, entry, now_, facts_).ok());
  apply_all();
}

void EngineUnderLoad::remove(const std::string& handle) {
  CHECK(engine_.decide_delete(queue_, handle, now_, facts_).ok());
  apply_all();
}

void EngineUnderLoad::apply_all() {
  for (const engine::Fact& fact : facts_) {
    engine_.apply(fact, now_, {position_, kRecordBytes});
    position_ = position_ + kRecordBytes;
  }
  facts_.clear();
  engine_.take_released();
  now_ = now_ + 1;
}

}  // namespace forebay::bench
