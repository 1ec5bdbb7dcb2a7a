// SPDX-License-Identifier: Apache-2.0
// Moments as servers write them.
// Thread: any.
#pragma once

#include <optional>
#include <string_view>

#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

/// "2026-01-02T03:04:05Z", or "+00:00" for the zone; fractions of a second ignored. Nothing for
/// anything else.
std::optional<Timestamp> read_iso_time(std::string_view text);

/// A Date header: "Fri, 02 Jan 2026 03:04:05 GMT". Nothing for anything else.
std::optional<Timestamp> read_http_date(std::string_view text);

}  // namespace forebay::sqs
