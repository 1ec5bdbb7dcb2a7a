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

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace forebay {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return CHECK(ok()), std::get<0>(state_); }
  const T& value() const& { return CHECK(ok()), std::get<0>(state_); }
  T&& value() && { return CHECK(ok()), std::get<0>(std::move(state_)); }
  const Error& error() const& { return CHECK(!ok()), std::get<1>(state_); }
  Error&& error() && { return CHECK(!ok()), std::get<1>(std::move(state_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return CHECK(!ok()), *error_; }
  Error&& error() && { return CHECK(!ok()), *std::move(error_); }

 private:
  std::optional<Error> error_;
};

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
