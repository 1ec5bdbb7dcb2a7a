// SPDX-License-Identifier: Apache-2.0
// What of a message a ReceiveMessage shows (contract sections 4.6 and 4.7).
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "base/result.h"
#include "engine/operations.h"
#include "protocol/shapes.h"

namespace forebay::server {

/// The names a request asks for. Names that mean nothing select nothing.
class AttributeSelection {
 public:
  AttributeSelection(std::vector<std::string> system_names, std::vector<std::string> message_names)
      : system_names_(std::move(system_names)), message_names_(std::move(message_names)) {}

  bool has_any_system() const { return !system_names_.empty(); }
  /// By exact name or "All".
  bool has_system(std::string_view name) const;
  /// By exact name, "prefix.*" (a plain prefix), "All", ".*" or "*".
  bool has_message(std::string_view name) const;

 private:
  std::vector<std::string> system_names_;
  std::vector<std::string> message_names_;
};

/// `message` as the wire shows it; digests cover exactly what is shown. Body and handle are
/// views of `message`.
/// Errors: kStorageDamaged: its record is not a sent message.
Result<protocol::ReceivedMessage> show_message(const engine::ReceiveMessages::Message& message,
                                               const AttributeSelection& selection);
Result<protocol::ReceivedMessage> show_message(engine::ReceiveMessages::Message&&,
                                               const AttributeSelection&) = delete;

}  // namespace forebay::server
