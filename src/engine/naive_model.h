// SPDX-License-Identifier: Apache-2.0
// For tests: the queues of the contract as plainly as they can be written: vectors, and a scan for
// every question.
//
// It shares no code with the engine. Where the contract leaves an order open it states the
// engine's: a standard queue delivers by send time (after three receives by the moment a message
// became visible again), quiet tenants before noisy ones (contract 5.12; processing time is time in
// flight, in this minute and the one before); a FIFO group joins the rotation's tail in the
// order of the moments at which its first message becomes ready (at the same moment: timeouts
// before delays, then by number), expired messages leave when their queue is asked next.
// Cost: O(n)
// and more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/byte_codec.h"
#include "base/error.h"

namespace forebay::engine {

struct NaiveMessage {
  uint64_t number = 0;
  std::string content;
  std::string group;
  int64_t sent = 0;
  int64_t visible_at = 0;
  int64_t received = 0;
  int64_t first_received = 0;
  int count = 0;
  int count_at_arrival = 0;
  enum : uint8_t { kReady, kDelayed, kInFlight } state = kReady;
  std::string source;  // name of the queue it was moved from
};

struct NaiveHandle {
  int queue = 0;  // NaiveQueue::id
  uint64_t number = 0;
  int count = 0;

  friend bool operator==(const NaiveHandle&, const NaiveHandle&) = default;
};

struct NaiveQueue {
  int id = 0;
  std::string name;
  bool fifo = false;
  bool scope_by_group = false;
  bool content_based = false;
  int delay_s = 0;
  int retention_s = 345'600;
  int visibility_s = 30;
  std::string redrive_target;  // empty: none
  int max_receive_count = 0;

  std::vector<NaiveMessage> messages;  // by number
  std::vector<std::string> rotation;
  struct FirstSend {
    int64_t at;
    Bytes16 message_id;
    uint64_t number;
  };
  std::map<std::pair<std::string, std::string>, FirstSend> ids;
  struct Attempt {
    int64_t at;
    std::vector<std::tuple<uint64_t, int, int64_t>> items;  // number, count, visible_at
  };
  std::map<std::string, Attempt> attempts;
  int64_t purged = -1;

  /// Standard: a time one message spent in flight, or is spending.
  struct Flight {
    std::string group;  // empty also once its tenant has no messages any more
    uint64_t number;
    int64_t from;
    int64_t to;  // INT64_MAX: it still is
  };
  std::vector<Flight> flights;
  int64_t last_grouped_send = 0;
};

struct NaiveSend {
  Bytes16 message_id{};
  std::string content;
  std::optional<std::string> group;
  std::optional<std::string> id;
  std::optional<int> delay_s;
};

struct NaiveSent {
  std::optional<Error> error;
  Bytes16 message_id{};
  uint64_t number = 0;
};

struct NaiveDelivery {
  NaiveMessage message;
  NaiveHandle handle;
};

class NaiveShard {
 public:
  explicit NaiveShard(bool cooldowns) : cooldowns_(cooldowns) {}

  int64_t now = 0;

  /// Why a tenant with ready messages was noisy in a receive, so that a test can tell that it was.
  struct Noise {
    int by_in_flight_alone = 0;
    int by_processing_alone = 0;
    int by_both = 0;
    int several = 0;  // noisy tenants in one receive
  };
  Noise noise;

  NaiveQueue* find(const std::string& name);
  size_t message_count() const;
  std::vector<std::string> names() const;

  // ---- Queues ----

  /// Contract 2.1 and 3.4, as far as the tests' requests go.
  std::optional<Error> create(const NaiveQueue& wanted, std::optional<int> visibility_s,
                              bool& created);

  void erase(NaiveQueue& queue);

  std::optional<Error> purge(NaiveQueue& queue);

  std::optional<Error> check_redrive(const NaiveQueue& source, const std::string& target);

  /// What passing time did to the queue: call before every question about it.
  void touch(NaiveQueue& queue);

  int64_t count(const NaiveQueue& queue, int state) const;

  std::optional<int64_t> next_due(const NaiveQueue& queue) const;

  // ---- Messages ----

  NaiveSent send(NaiveQueue& queue, const NaiveSend& entry);

  std::vector<NaiveDelivery> receive(NaiveQueue& queue, int max, std::optional<int> visibility_s,
                                     const std::string& attempt_id);

  std::optional<Error> remove(NaiveQueue& queue, const NaiveHandle* handle,
                              const std::string& text);

  std::optional<Error> change(NaiveQueue& queue, const NaiveHandle* handle, const std::string& text,
                              int visibility_s);

 private:
  static int64_t due_at(const NaiveQueue& queue, const NaiveMessage& m);

  static NaiveMessage* message_of(NaiveQueue& queue, uint64_t number);

  /// Moments that have passed take effect one after the other.
  void settle(NaiveQueue& queue);

  /// Contract 5.8.2: a group is in the rotation while its first message is ready, and joins at the
  /// tail.
  static void rotate(NaiveQueue& queue, const std::string& group);

  void take_out(NaiveQueue& queue, uint64_t number);

  void hide(NaiveQueue& queue, NaiveMessage& message, int64_t visible_at);

  /// What a receive looks at, in order: contract 5.2 and 5.8.
  std::vector<uint64_t> candidates(const NaiveQueue& queue);
  std::vector<uint64_t> standard_candidates(const NaiveQueue& queue);

  // Contract 5.12; standard queues only.
  static std::pair<int64_t, uint64_t> turn(const NaiveMessage& message);
  static void take_off(NaiveQueue& queue, const NaiveMessage& message, int64_t at);
  static void land(NaiveQueue& queue, const NaiveMessage& message, int64_t at);
  static int64_t in_flight(const NaiveQueue& queue, const std::string* group);
  int64_t processing_ms(const NaiveQueue& queue, const std::string* group) const;
  std::vector<std::string> noisy_groups(const NaiveQueue& queue);

  NaiveDelivery deliver(NaiveQueue& queue, NaiveMessage& message, int64_t visible_at);

  void move(NaiveQueue& from, NaiveQueue& to, uint64_t number);

  bool repeat(NaiveQueue& queue, NaiveQueue::Attempt& attempt, int64_t visible_at,
              std::vector<NaiveDelivery>& deliveries);

  void remember(NaiveQueue::Attempt& attempt, const std::vector<NaiveDelivery>& deliveries) const;

  static bool current(const NaiveMessage& message, const NaiveHandle& handle);

  static Error bad_handle(const std::string& text, const std::string& reason);

  static std::optional<Error> check_handle(const NaiveQueue& queue, const NaiveHandle* handle,
                                           const std::string& text);

  static std::optional<Error> check_send(const NaiveQueue& queue, const NaiveSend& entry);

  const bool cooldowns_;
  std::vector<std::unique_ptr<NaiveQueue>> queues_;
  std::map<std::string, int64_t> deleted_;
  uint64_t last_number_ = 0;
  int ids_ = 0;
};

}  // namespace forebay::engine
