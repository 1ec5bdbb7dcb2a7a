// SPDX-License-Identifier: Apache-2.0
// Writes whole HTTP requests of the AWS JSON protocol, as an SDK would send them.
//
// All that does not differ from request to request is made once. The bytes are appended to the
// caller's buffer, which keeps its room from request to request.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "load/options.h"

namespace forebay::load {

class Requests {
 public:
  /// Borrows: `options`.
  explicit Requests(const Options& options);

  /// Messages `first` to `first + count - 1`; their numbers choose group and deduplication id.
  void send(uint32_t queue, uint64_t first, uint32_t count, std::string& out);
  void receive(uint32_t queue, uint32_t count, std::string& out);
  void delete_messages(uint32_t queue, std::span<const std::string> handles, std::string& out);

 private:
  void begin(uint32_t queue);
  void add_message(uint64_t number);
  void finish(std::string_view action, std::string& out);

  const Options& options_;
  std::string url_before_number_;
  std::string url_after_number_;
  std::string message_body_;
  std::string json_;  // of the request being made
};

}  // namespace forebay::load
