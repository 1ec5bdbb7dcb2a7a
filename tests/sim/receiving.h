// SPDX-License-Identifier: Apache-2.0
// One answer to a receive on its way through the model's checks.
#pragma once

#include <vector>

#include "sim/model.h"

namespace forebay::sim {

struct Model::Receiving {
  const Issued& issued;
  const engine::ReceiveMessages& request;
  Span decided;
  Span now;
  int64_t visibility_ms;
  bool waits;
  std::vector<size_t> messages;  // delivered so far
  bool repeated = false;         // the message at hand comes again under its old handle
};

}  // namespace forebay::sim
