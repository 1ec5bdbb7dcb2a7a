// SPDX-License-Identifier: Apache-2.0
// The answer of S3's ListObjectsV2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forebay::sqs::detail {

/// The keys that a listing has, in its order. What is no listing has none.
/// Thread: any.
std::vector<std::string> keys_of_listing(std::string_view xml);

}  // namespace forebay::sqs::detail
