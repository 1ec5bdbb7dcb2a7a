// SPDX-License-Identifier: Apache-2.0
// `HeldMessage`: a received message from its arrival until SQS has confirmed what became of it.
//
// Objects are used again for later messages.
// Thread: the consumer's own; while the phase is kRunning, what Delivery shows belongs to whoever
// handles it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <forebay/sqs/consumer_delivery.h>
#include <forebay/sqs/consumer_outcome.h>

#include "consumer/due_list.h"

namespace forebay::sqs::detail {

struct Route;

enum class Phase : uint8_t {
  kFree,
  kBlocked,   // behind another message of its group
  kReady,     // may begin when a slot is free
  kRunning,   // in a handler, or gathered for a batch
  kDying,     // on its way to the dead-letter queue
  kSettling,  // to be deleted or made visible
};

class HeldMessage final : public Delivery {
 public:
  HeldMessage(ConsumerCore& core, const std::string& queue_url) {
    core_ = &core;
    queue_url_ = &queue_url;
  }

  /// Fills a free object with another message.
  void reuse(Message message) {
    message_ = std::move(message);
    type_.clear();
    result_.clear();
    duplicate_ = false;
    stop_requested_ = false;
    stop_ = std::stop_source(std::nostopstate);
    in_free_list = false;
    route = nullptr;
    lease_lost = false;
    passed = 0;
    settle_attempts = 0;
    released = false;
  }

  std::string_view group() const {
    const auto& id = message_.attributes.message_group_id;
    return id ? std::string_view(*id) : std::string_view();
  }
  void set_type(std::string_view type) { type_.assign(type); }
  void set_time_limit(int64_t monotonic_ms) { time_limit_ms_ = monotonic_ms; }
  using Delivery::request_stop;

  Phase phase = Phase::kFree;
  bool lease_lost = false;
  Route* route = nullptr;
  size_t passed = 0;  // middlewares that have let it through; the handling thread's
  Outcome outcome;    // once told
  bool in_free_list = false;
  int pins = 0;  // calls under way that name it: not used again before they end

  int64_t begun_us = 0;  // of the handling, for figures; the handling thread's

  int64_t received_ms = 0;                    // monotonic
  int64_t lease_limit_ms = 0;                 // monotonic, by max_lease
  DueLink<HeldMessage> renewal;               // when to ask for more time
  DueLink<HeldMessage> expiry;                // when the lease is over
  DueLink<HeldMessage> deadline;              // of the handler
  std::chrono::seconds return_visibility{0};  // kSettling, to be returned: invisible for so long
  bool to_delete = false;                     // kSettling
  bool released = false;                      // kSettling: given back unhandled
  int settle_attempts = 0;
};

}  // namespace forebay::sqs::detail
