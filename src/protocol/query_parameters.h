// SPDX-License-Identifier: Apache-2.0
// The parameters of an AWS Query request: the union of the URL's query string and the form body.
//
// Decoding is lenient as AWS's is (contract 1.1, 1.5.1): only `&`, the first `=` of a parameter,
// `+` and `%XX` are special; everything else, also a `%` without two digits, stands for itself.
// When a name repeats, the last one counts, and the body comes after the URL.
//
// Lists and maps are flat names with numbers in them: "Attribute.2.Name". `indexes("Attribute")`
// gives the numbers.
// Thread: immutable.
// Cost: parse O(n log n), look-ups O(log n), for n parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace forebay::protocol {

inline constexpr size_t kQueryParametersMax = 4096;
inline constexpr size_t kQueryNameBytesMax = 512;  // decoded

class QueryParameters {
 public:
  /// Copies what it needs; the arguments need not outlive the call.
  /// Errors: kSerialization: more than kQueryParametersMax parameters, a name longer than
  ///   kQueryNameBytesMax, or text that is not UTF-8 when decoded.
  static Result<std::shared_ptr<const QueryParameters>> parse(std::string_view url_query,
                                                              std::string_view form_body);

  QueryParameters(const QueryParameters&) = delete;
  QueryParameters& operator=(const QueryParameters&) = delete;

  /// The value of exactly `name`; nothing when it was not sent. Valid as long as this object.
  std::optional<std::string_view> find(std::string_view name) const;

  /// Every number N for which "<prefix>.N" or "<prefix>.N.<more>" was sent, ascending, each once.
  /// Gaps stay gaps. Numbers have no leading zeros and at most 9 digits; anything else is no index.
  std::vector<uint32_t> indexes(std::string_view prefix) const;

 private:
  struct Parameter {
    std::string_view name;
    std::string_view value;
  };

  QueryParameters() = default;
  Result<void> add(std::string_view encoded);
  std::string_view decode(std::string_view encoded);

  std::string text_;  // decoded names and values; never reallocated, the views point into it
  std::vector<Parameter> parameters_;  // sorted by name; equal names in the order sent
};

}  // namespace forebay::protocol
