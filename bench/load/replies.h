// SPDX-License-Identifier: Apache-2.0
// What the load program wants to know from a reply of the API, found by scanning.
//
// A JSON parser would cost the machine that is being measured more than the server's own work. The
// scan relies on the server's spelling: no blanks, and no escapes in receipt handles.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace forebay::load {

/// The receipt handles in a reply to ReceiveMessage, in its order.
std::vector<std::string> receipt_handles(std::string_view body);

/// How many entries of a batch the reply says have failed.
uint64_t failed_entries(std::string_view body);

}  // namespace forebay::load
