// SPDX-License-Identifier: Apache-2.0
// Writes whole HTTP requests of the AWS JSON protocol, as an SDK would send them.
//
// All that does not differ from request to request is made once. The bytes are appended to the
// caller's buffer, which keeps its room from request to request.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/sigv4.h"
#include "env/clock.h"
#include "load/action.h"

namespace forebay::load {

/// What all requests of a run have in common.
struct RequestForm {
  std::string host_header = {};  // "127.0.0.1:9324"
  std::string path = "/";
  /// As they stand in JSON, escapes included.
  std::vector<std::string> queue_urls = {};
  uint32_t groups = 0;  // message groups, taken in turn; 0: messages without a group
  uint32_t body_bytes = 1024;
  uint32_t wait_s = 0;   // of receives
  std::string run = {};  // makes the deduplication ids of this run differ from another's
  /// Sent when there are no credentials: "Authorization: ..." and its line end, or nothing.
  std::string unsigned_header = {};
  std::optional<auth::Credentials> credentials = {};  // requests are signed with these
  std::string region = {};                            // that signatures name
};

class Requests {
 public:
  /// Borrows: both.
  Requests(const RequestForm& form, const env::Clock& clock);

  /// Messages `first` to `first + count - 1`; their numbers choose group and deduplication id.
  void send(uint32_t queue, uint64_t first, uint32_t count, std::string& out);
  void receive(uint32_t queue, uint32_t count, std::string& out);
  void delete_messages(uint32_t queue, std::span<const std::string> handles, std::string& out);
  /// Any action of SQS, for example "CreateQueue".
  void call(std::string_view action, std::string_view json, std::string& out);

 private:
  void begin(uint32_t queue);
  void add_message(uint64_t number);
  void finish(std::string_view action, std::string& out);
  void add_signature(std::string_view target, std::string& out);

  const RequestForm& form_;
  const env::Clock& clock_;
  std::string head_;  // of each request, up to the action
  std::string message_body_;
  std::string json_;  // of the request being made
  std::optional<auth::Signer> signer_;
  int64_t date_s_ = -1;  // of date_
  std::string date_;     // as signatures have it
};

}  // namespace forebay::load
