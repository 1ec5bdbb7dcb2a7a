// SPDX-License-Identifier: Apache-2.0
// What a message is about, as its body says.
#pragma once

#include <string>
#include <string_view>

namespace forebay::sqs::detail {

/// The string member `field` at the top level of a JSON object, into `type`; empty when the body is
/// no JSON object, or has no such member, or one that is no string.
/// Thread: any. Cost: the body's size.
void read_event_type(std::string_view body, std::string_view field, std::string& type);

}  // namespace forebay::sqs::detail
