// SPDX-License-Identifier: Apache-2.0
// What tags may look like (contract section 2.18). How many a queue may have is the engine's to
// check.
// Thread: any.
#pragma once

#include "base/result.h"
#include "engine/queue_attributes.h"
#include "protocol/shapes.h"

namespace forebay::server {

/// The tags of a CreateQueue or TagQueue; of two equal keys the later wins.
/// Errors: kInvalidParameterValue: a key outside 1..128 characters, a value over 256, characters
/// other than
///   letters, digits, blank and `_.:/=+-@`, a key beginning with "aws:" in any case.
Result<engine::Tags> parse_tags(const protocol::StringPairs& tags);

}  // namespace forebay::server
