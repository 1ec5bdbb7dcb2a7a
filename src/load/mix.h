// SPDX-License-Identifier: Apache-2.0
// Which requests a load is made of: one of three sequences that every connection repeats, or
// weights.
// Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "load/action.h"

namespace forebay::load {

struct Mix {
  enum class Kind : uint8_t {
    kSend,
    kReceiveDelete,  // each connection: receive, delete what came
    kRoundtrip,      // each connection: send, receive, delete what came
    kWeights,        // each request for itself
  };
  Kind kind = Kind::kSend;
  std::array<uint32_t, kActionCount> weights = {};  // by Action; only of kWeights
  std::string name = "send";                        // as it was written

  bool receives() const {
    return kind == Kind::kWeights ? weights[static_cast<size_t>(Action::kReceive)] > 0
                                  : kind != Kind::kSend;
  }
};

/// "send", "receive-delete", "roundtrip", or "send=2,receive=1,delete=1".
/// Errors: kInvalidConfiguration.
Result<Mix> parse_mix(std::string_view text);

/// Takes turns in the proportion of the weights, as evenly as that goes.
class WeightedTurns {
 public:
  explicit WeightedTurns(const std::array<uint32_t, kActionCount>& weights) : weights_(weights) {}
  Action next();

 private:
  std::array<uint32_t, kActionCount> weights_;
  std::array<int64_t, kActionCount> due_ = {};
};

}  // namespace forebay::load
