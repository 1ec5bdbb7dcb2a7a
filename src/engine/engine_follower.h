// SPDX-License-Identifier: Apache-2.0
// For tests: a second engine that gets the same facts and is asked the same questions, and must
// come to the same decisions. Only the slot of a new message may differ: which of the free ones it
// takes is not part of the state.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/engine.h"

namespace forebay::engine {

class Follower {
 public:
  explicit Follower(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  Engine& engine() { return *engine_; }
  std::unique_ptr<Engine> take() { return std::move(engine_); }
  /// The first decision that was not the same; empty: none.
  const std::string& difference() const { return difference_; }

  /// Decides as the engine did, who came to `facts` and `result`.
  template <class Decide, class Answer>
  void decide(Decide&& decide, WallMs now, const Facts& facts, const Answer& answer) {
    Facts own;
    const Answer own_answer = decide(*engine_, own);
    const std::string theirs = text(facts, facts, now) + text(answer);
    const std::string ours = text(own, facts, now) + text(own_answer);
    if (difference_.empty() && theirs != ours) {
      difference_ = "engine: " + theirs + "\nfollower: " + ours;
    }
  }

 private:
  /// `like`: facts from which new messages have their slots.
  static std::string text(const Facts& facts, const Facts& like, WallMs now) {
    std::string out;
    for (size_t i = 0; i < facts.size(); ++i) {
      Fact fact = facts[i];
      auto* sent = std::get_if<MessageSent>(&fact);
      const auto* other = i < like.size() ? std::get_if<MessageSent>(&like[i]) : nullptr;
      if (sent != nullptr && other != nullptr) sent->message.slot = other->message.slot;
      std::string bytes;
      encode_fact(fact, now, bytes);
      for (const char byte : bytes) out += std::to_string(static_cast<uint8_t>(byte)) + " ";
      out += "| ";
    }
    return out;
  }
  static std::string text(const ReceiveDecision& decision) {
    std::string out = decision.more_work ? "more work" : "";
    for (const Delivery& each : decision.deliveries) {
      out += std::to_string(each.message.number.value) + " at " +
             std::to_string(each.place.position.value) + " count " +
             std::to_string(each.receive_count) + " sent " + std::to_string(each.sent.value) +
             " from " + each.dead_letter_source_arn + " moves " + std::to_string(each.move_count) +
             " handle " + each.receipt_handle + "; ";
    }
    return out;
  }
  static std::string text(const SentMessage& sent) { return std::to_string(sent.number.value); }
  static std::string text(const DescribeQueue::Reply& reply) {
    return std::to_string(reply.visible_count) + " visible, " +
           std::to_string(reply.not_visible_count) + " in flight, " +
           std::to_string(reply.delayed_count) + " delayed";
  }
  /// Of other replies the facts say enough, or the dump does.
  template <class Reply>
  static std::string text(const Reply&) {
    return {};
  }
  template <class Reply>
  static std::string text(const Result<Reply>& result) {
    return result.ok() ? text(*result) : result.error().message;
  }
  static std::string text(const Result<void>& result) {
    return result.ok() ? std::string() : result.error().message;
  }

  std::unique_ptr<Engine> engine_;
  std::string difference_;
};

}  // namespace forebay::engine
