// SPDX-License-Identifier: Apache-2.0
// "Did you mean ...?"
// Thread: any.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace forebay::server {

/// The name that most likely was meant by `mistyped`; empty when none is near.
std::string nearest_name(std::string_view mistyped, std::span<const std::string> names);

}  // namespace forebay::server
