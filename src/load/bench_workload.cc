// SPDX-License-Identifier: Apache-2.0
#include "load/bench_workload.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "load/replies.h"

namespace forebay::load {
namespace {

/// Receives whose messages wait to be deleted; beyond it messages are left to their visibility
/// timeout, so that a mix that receives more than it deletes cannot fill the memory.
constexpr size_t kReceivedMax = 10'000;

uint32_t count_failed(std::string_view body, ErrorCounts& errors) {
  uint32_t count = 0;
  size_t at = 0;
  while (const auto failed = next_failed_entry(body, &at)) {
    errors.add(failed->code, failed->message);
    ++count;
  }
  return count;
}

}  // namespace

BenchWorkload::BenchWorkload(BenchWorkloadOptions options, const RequestForm& form,
                             const env::Clock& clock)
    : options_(std::move(options)),
      queue_count_(static_cast<uint32_t>(form.queue_urls.size())),
      requests_(form, clock),
      turns_(options_.mix.weights),
      lanes_(options_.lanes),
      next_message_(options_.first_message),
      queue_turn_(options_.first_message) {
  CHECK(queue_count_ > 0 && options_.batch >= 1 && options_.batch <= kBatchMax);
}

Action BenchWorkload::next(size_t index, std::string& out) {
  Lane& lane = lanes_[index];
  lane.action = choose(lane);
  switch (lane.action) {
    case Action::kSend:
      send(lane, out);
      break;
    case Action::kReceive:
      lane.messages = options_.batch;
      requests_.receive(lane.queue, lane.messages, out);
      break;
    case Action::kDelete:
      delete_held(lane, out);
      break;
  }
  return lane.action;
}

/// The next action, and lane.queue when it is another queue's.
Action BenchWorkload::choose(Lane& lane) {
  if (options_.mix.kind == Mix::Kind::kWeights) return choose_by_weight(lane);
  if (lane.held > 0) return Action::kDelete;
  if (lane.awaited > 0) return Action::kReceive;
  lane.queue = static_cast<uint32_t>(queue_turn_++ % queue_count_);
  return options_.mix.kind == Mix::Kind::kReceiveDelete ? Action::kReceive : Action::kSend;
}

Action BenchWorkload::choose_by_weight(Lane& lane) {
  Action action = turns_.next();
  while (action == Action::kDelete && received_count_ == 0) action = turns_.next();
  if (action == Action::kDelete) {
    take_kept(lane);
  } else {
    lane.queue = static_cast<uint32_t>(queue_turn_++ % queue_count_);
  }
  return action;
}

void BenchWorkload::send(Lane& lane, std::string& out) {
  lane.messages = options_.batch;
  requests_.send(lane.queue, next_message_, lane.messages, out);
  next_message_ += lane.messages;
}

void BenchWorkload::delete_held(Lane& lane, std::string& out) {
  lane.messages = std::exchange(lane.held, 0);
  requests_.delete_messages(lane.queue, std::span(lane.handles).first(lane.messages), out);
}

Reply BenchWorkload::replied(size_t index, const Response& response, ErrorCounts& errors) {
  Lane& lane = lanes_[index];
  Reply reply{.action = lane.action};
  if (response.status != 200) {
    std::string own_code;
    const ServiceError error = service_error(response, own_code);
    errors.add(error.code, error.message);
    reply.errors = 1;
    failed(index);
    return reply;
  }
  if (options_.any_200_is_success) {
    reply.messages = lane.messages;
  } else if (lane.action == Action::kReceive) {
    note_received(lane, response, reply);
  } else if (lane.messages > 1) {
    reply.errors = std::min(count_failed(response.body, errors), lane.messages);
    reply.messages = lane.messages - reply.errors;
  } else {
    reply.messages = lane.messages;
  }
  reply.answered = reply.messages > 0 || reply.errors == 0;
  if (lane.action == Action::kSend && options_.mix.kind == Mix::Kind::kRoundtrip) {
    lane.awaited = reply.messages;
  }
  return reply;
}

Action BenchWorkload::failed(size_t index) {
  Lane& lane = lanes_[index];
  // A receive that fails is not repeated for ever: the next round sends again.
  lane.awaited = 0;
  return lane.action;
}

void BenchWorkload::note_received(Lane& lane, const Response& response, Reply& reply) {
  lane.held = static_cast<uint32_t>(receipt_handles(response.body, lane.handles));
  reply.messages = lane.held;
  // An empty receive ends the wait too: another connection may have received what this one sent.
  lane.awaited = lane.held == 0 ? 0 : lane.awaited - std::min(lane.awaited, lane.held);
  if (options_.mix.kind == Mix::Kind::kWeights) keep_for_later(lane);
}

void BenchWorkload::keep_for_later(Lane& lane) {
  const uint32_t count = std::exchange(lane.held, 0);
  if (count == 0 || received_count_ == kReceivedMax) return;
  if (received_count_ == received_.size()) received_.emplace_back();
  Received& kept = received_[received_count_++];
  kept.queue = lane.queue;
  kept.count = count;
  kept.handles.swap(lane.handles);
}

void BenchWorkload::take_kept(Lane& lane) {
  CHECK(received_count_ > 0);
  Received& kept = received_[--received_count_];
  lane.queue = kept.queue;
  lane.held = kept.count;
  lane.handles.swap(kept.handles);
}

}  // namespace forebay::load
