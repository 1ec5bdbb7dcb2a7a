// SPDX-License-Identifier: Apache-2.0
// `Result<T>`: a value or an `Error`. `[[nodiscard]]`, so a dropped error warns.
//
//   Result<int> parse(std::string_view);
//   Result<void> use(std::string_view text) {
//     TRY_ASSIGN(int n, parse(text));   // returns the error to our caller
//     TRY(check(n));
//     return {};
//   }
//
// Asking for the value of an error (or the reverse) is a bug and aborts.
#pragma once

#include <utility>

#include <forebay/basic_result.h>

#include "base/check.h"
#include "base/error.h"

namespace forebay {

template <class T>
using Result = BasicResult<T, Error>;

}  // namespace forebay

#define FOREBAY_CONCAT_(a, b) a##b
#define FOREBAY_CONCAT(a, b) FOREBAY_CONCAT_(a, b)

/// Evaluates a Result<void> (or any Result whose value is not needed); returns its error to the
/// caller.
#define TRY(expression)                                     \
  do {                                                      \
    if (auto try_result = (expression); !try_result.ok()) { \
      return std::move(try_result).error();                 \
    }                                                       \
  } while (false)

/// Declares `target` from a Result's value; returns its error to the caller.
#define TRY_ASSIGN(target, expression) \
  TRY_ASSIGN_(FOREBAY_CONCAT(try_result_, __LINE__), target, expression)
#define TRY_ASSIGN_(result, target, expression)       \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result).error(); \
  target = std::move(result).value()
