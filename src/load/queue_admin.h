// SPDX-License-Identifier: Apache-2.0
// Creates and deletes the queues of a load, one request after the other.
// Thread: one at a time.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "load/connection.h"
#include "load/endpoint.h"
#include "load/requests.h"

namespace forebay::load {

class QueueAdmin {
 public:
  /// Borrows: `form`, `clock`.
  QueueAdmin(const SocketAddress& address, const RequestForm& form, const env::Clock& clock);

  /// The URL that the server gives the new queue, as it stands in JSON.
  /// Errors: kServiceUnavailable: what the server said, or that it does not speak this protocol.
  Result<std::string> create(std::string_view name, bool fifo);
  /// Errors: kServiceUnavailable.
  Result<void> remove(std::string_view queue_url);

 private:
  /// The body of the answer.
  Result<std::string> call(std::string_view action, std::string_view json);
  Result<Response> ask(std::string_view action, std::string_view json);

  const SocketAddress address_;
  Requests requests_;
  Connection connection_;
};

}  // namespace forebay::load
