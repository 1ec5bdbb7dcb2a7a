// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a record: decoding it must neither fail a check nor read outside it, and what
// is accepted must encode to a record that decodes to the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/check.h"
#include "engine/facts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forebay;
  using namespace forebay::engine;
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  (void)holds_content(record);
  const Result<TimedFact> timed = decode_fact(record);
  if (!timed.ok()) return 0;
  std::string first;
  encode_fact(timed->fact, timed->now, first);
  const Result<TimedFact> again = decode_fact(first);
  CHECK(again.ok() && again->now == timed->now && again->fact.index() == timed->fact.index());
  std::string second;
  encode_fact(again->fact, again->now, second);
  CHECK(first == second);
  // The canonical form is the shortest, save for dropped facts: what stands there is not read.
  CHECK(first.size() <= record.size() || std::holds_alternative<FactsDropped>(timed->fact));
  return 0;
}
