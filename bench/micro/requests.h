// SPDX-License-Identifier: Apache-2.0
// The requests that the micro benchmarks are about, as an AWS SDK sends them.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "http/server.h"
#include "protocol/envelope.h"

namespace forebay::bench {

inline constexpr size_t kBodyBytes = 1024;
inline constexpr int kBatchEntries = 10;
inline constexpr std::string_view kQueueName = "a-queue-of-jobs";
inline constexpr std::string_view kQueueUrl = "http://localhost:9324/000000000000/a-queue-of-jobs";

/// A request's body, and what of its head the protocol looks at.
struct Sample {
  std::string action;
  std::string body;
  protocol::Wire wire = protocol::Wire::kJson;

  protocol::HttpParts parts() const;
  http::HttpRequest http() const;
  /// What `amz_target` in the two above is a view of.
  std::string amz_target;
};

/// `body_bytes` of text like that of a JSON document: its quotes are escaped on every wire.
std::string message_body(size_t body_bytes);

Sample send_message(protocol::Wire wire);
/// With three message attributes.
Sample send_message_with_attributes(protocol::Wire wire);
Sample send_message_batch(protocol::Wire wire);
Sample receive_message(protocol::Wire wire);
Sample delete_message(protocol::Wire wire, std::string_view receipt_handle);
Sample create_queue();

/// Head and body as they come over the network.
std::string http_bytes(const Sample& sample);

}  // namespace forebay::bench
