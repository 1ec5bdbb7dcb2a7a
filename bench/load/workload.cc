// SPDX-License-Identifier: Apache-2.0
#include "bench/load/workload.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "env/clock.h"
#include "load/replies.h"

namespace forebay::load {
namespace {

/// Receives in a row, for each connection, that may find nothing before a stage gives up.
constexpr uint64_t kEmptyReceivesMax = 100;

std::vector<std::string> handles_in(std::string_view body) {
  std::vector<std::string> handles(kBatchMax);
  handles.resize(receipt_handles(body, handles));
  return handles;
}

uint64_t failed_entries(std::string_view body) {
  uint64_t failed = 0;
  for (size_t at = 0; next_failed_entry(body, &at);) ++failed;
  return failed;
}

}  // namespace

Workload::Workload(const Options& options)
    : options_(options),
      requests_(options.form, env::system_clock()),
      lanes_(options.connections),
      next_message_(options.start) {}

void Workload::begin(const Stage& stage) {
  stage_ = stage;
  queue_turn_ = options_.start / options_.batch;
  unclaimed_ = stage.count > 0 ? stage.count : std::numeric_limits<uint64_t>::max();
  empty_receives_ = 0;
  ended_ = false;
  ran_dry_ = false;
  for (Lane& lane : lanes_) {
    lane.has_sent = false;
    lane.owed = options_.batch;
  }
}

bool Workload::next(size_t index, std::string& out) {
  Lane& lane = lanes_.at(index);
  switch (stage_.kind) {
    case StageKind::kSend:
      return next_send(lane, out);
    case StageKind::kReceive:
      return next_receive(lane, out);
    case StageKind::kDelete:
      return next_delete(lane, out);
    case StageKind::kConsume:
      return lane.handles.empty() ? next_receive(lane, out) : delete_handles(lane, out);
    case StageKind::kLevel:
      return next_level(lane, out);
  }
  return false;
}

bool Workload::next_send(Lane& lane, std::string& out) {
  const uint32_t count = claim(options_.batch);
  if (count == 0) return false;
  lane.queue = next_queue();
  return send(lane, count, out);
}

bool Workload::next_receive(Lane& lane, std::string& out) {
  const uint32_t count = claim(options_.batch);
  if (count == 0) return false;
  lane.queue = next_queue();
  return receive(lane, count, out);
}

bool Workload::next_delete(Lane& lane, std::string& out) {
  if (received_.empty()) return false;
  const uint32_t count = claim(options_.batch);
  if (count == 0) return false;
  Received& last = received_.back();
  lane.queue = last.queue;
  const size_t taken = std::min<size_t>(count, last.handles.size());
  unclaimed_ += count - taken;
  lane.handles.assign(last.handles.end() - static_cast<ptrdiff_t>(taken), last.handles.end());
  last.handles.resize(last.handles.size() - taken);
  if (last.handles.empty()) received_.pop_back();
  return delete_handles(lane, out);
}

bool Workload::next_level(Lane& lane, std::string& out) {
  if (!lane.handles.empty()) return delete_handles(lane, out);
  if (std::exchange(lane.has_sent, false)) return receive(lane, options_.batch, out);
  const uint32_t count = claim(lane.owed > 0 ? lane.owed : options_.batch);
  if (count == 0) return false;
  lane.queue = next_queue();
  if (lane.owed == 0) return receive(lane, count, out);
  lane.has_sent = true;
  return send(lane, count, out);
}

uint32_t Workload::claim(uint32_t wanted) {
  if (ended_ || ran_dry_) return 0;
  const uint64_t count = std::min<uint64_t>(wanted, unclaimed_);
  unclaimed_ -= count;
  return static_cast<uint32_t>(count);
}

uint32_t Workload::next_queue() {
  return static_cast<uint32_t>(queue_turn_++ % options_.queues);
}

bool Workload::send(Lane& lane, uint32_t count, std::string& out) {
  lane.action = Action::kSend;
  lane.messages = count;
  requests_.send(lane.queue, next_message_, count, out);
  next_message_ += count;
  return true;
}

bool Workload::receive(Lane& lane, uint32_t count, std::string& out) {
  lane.action = Action::kReceive;
  lane.messages = count;
  requests_.receive(lane.queue, count, out);
  return true;
}

bool Workload::delete_handles(Lane& lane, std::string& out) {
  lane.action = Action::kDelete;
  lane.messages = static_cast<uint32_t>(lane.handles.size());
  requests_.delete_messages(lane.queue, lane.handles, out);
  lane.handles.clear();
  return true;
}

Outcome Workload::replied(size_t index, const Response& response) {
  Lane& lane = lanes_.at(index);
  Outcome outcome{.action = lane.action, .messages = 0, .errors = 0};
  std::vector<std::string> handles;
  if (response.status != 200) {
    outcome.errors = 1;
  } else if (lane.action == Action::kReceive) {
    handles = handles_in(response.body);
    outcome.messages = handles.size();
  } else {
    outcome.errors = failed_entries(response.body);
    CHECK(outcome.errors <= lane.messages);
    outcome.messages = lane.messages - outcome.errors;
  }
  if (lane.action == Action::kReceive) keep_handles(lane, std::move(handles));
  return outcome;
}

void Workload::keep_handles(Lane& lane, std::vector<std::string> handles) {
  empty_receives_ = handles.empty() ? empty_receives_ + 1 : 0;
  if (empty_receives_ > kEmptyReceivesMax * lanes_.size()) ran_dry_ = true;
  CHECK(handles.size() <= lane.messages);
  lane.owed = static_cast<uint32_t>(handles.size());
  // A level counts whole sequences; elsewhere what was asked for and not found is still wanted.
  if (stage_.kind != StageKind::kLevel) unclaimed_ += lane.messages - handles.size();
  handles.resize(handles.size() - std::min<size_t>(handles.size(), options_.keep));
  if (stage_.kind != StageKind::kReceive) {
    lane.handles = std::move(handles);
  } else if (!handles.empty()) {
    received_.push_back({lane.queue, std::move(handles)});
  }
}

}  // namespace forebay::load
