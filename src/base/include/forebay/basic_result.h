// SPDX-License-Identifier: Apache-2.0
// `BasicResult<T, E>`: a value or an error of type E. `[[nodiscard]]`, so a dropped error warns.
//
// Inside the server it is `forebay::Result<T>` (base/result.h), in the client library
// `forebay::sqs::Result<T>` (forebay/sqs/error.h). Asking for the value of an error (or the
// reverse) is a bug and aborts.
// Thread: plain value.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include <forebay/check_failed.h>

namespace forebay {

template <class T, class E>
class [[nodiscard]] BasicResult {
 public:
  using Value = T;

  BasicResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  BasicResult(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return check(ok(), __LINE__), std::get<0>(state_); }
  const T& value() const& { return check(ok(), __LINE__), std::get<0>(state_); }
  T&& value() && { return check(ok(), __LINE__), std::get<0>(std::move(state_)); }
  const E& error() const& { return check(!ok(), __LINE__), std::get<1>(state_); }
  E&& error() && { return check(!ok(), __LINE__), std::get<1>(std::move(state_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  static void check(bool holds, int line) {
    if (!holds) check_failed("the result holds what is asked for", __FILE__, line);
  }

  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] BasicResult<void, E> {
 public:
  using Value = void;

  BasicResult() = default;
  BasicResult(E error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const E& error() const& { return check(), *error_; }
  E&& error() && { return check(), *std::move(error_); }

 private:
  void check() const {
    if (ok()) check_failed("the result holds what is asked for", __FILE__, __LINE__);
  }

  std::optional<E> error_;
};

}  // namespace forebay
