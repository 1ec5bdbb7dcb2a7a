// SPDX-License-Identifier: Apache-2.0
// What a load program asks a queue to do.
// Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace forebay::load {

enum class Action : uint8_t { kSend, kReceive, kDelete };
inline constexpr size_t kActionCount = 3;
inline constexpr std::array<std::string_view, kActionCount> kActionNames = {"send", "receive",
                                                                            "delete"};
/// Messages that one request may be about, at most.
inline constexpr uint32_t kBatchMax = 10;

inline std::string_view action_name(Action action) {
  return kActionNames[static_cast<size_t>(action)];
}

}  // namespace forebay::load
