// SPDX-License-Identifier: Apache-2.0
// How far a long piece of work has come: a bar on a terminal, a plain line every few seconds
// elsewhere.
//
//   Progress progress({.style = style, .title = "Verifying"}, clock, write_to_stderr);
//   while (...) progress.update(bytes_done, bytes_all);
//   progress.finish();
//
// Thread: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "env/clock.h"

namespace forebay::commands {

enum class ProgressStyle : uint8_t {
  kNone,   // prints nothing
  kBar,    // one line, drawn over again and again; gone after finish()
  kLines,  // a line every kProgressLineMs
};

/// Between two drawings of a bar.
inline constexpr int64_t kProgressBarMs = 100;
/// Between two lines; work that is done sooner prints none.
inline constexpr int64_t kProgressLineMs = 3000;

/// "1.5 GiB of 4.0 GiB, 38 %, 210.0 MiB/s, 12 s left"; the rate and the time left only once
/// something can be said about them.
std::string progress_text(uint64_t done, uint64_t all, int64_t elapsed_ms);

/// "[#####---------------]", `width` columns inside the brackets.
std::string progress_bar(uint64_t done, uint64_t all, size_t width);

class Progress {
 public:
  struct Options {
    ProgressStyle style = ProgressStyle::kNone;
    std::string title;  // "Verifying"
  };
  using Write = std::function<void(std::string_view text)>;

  Progress(Options options, const env::Clock& clock, Write write);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// As finish().
  ~Progress();

  /// `done` of `all` bytes; `all` may change when the work turns out to be larger.
  void update(uint64_t done, uint64_t all);

  /// Takes the bar away. Nothing is drawn any more.
  void finish();

 private:
  const Options options_;
  const env::Clock& clock_;
  const Write write_;
  const MonotonicMs began_;
  MonotonicMs drawn_;
  size_t columns_ = 0;  // of the bar on the terminal
  bool finished_ = false;
};

}  // namespace forebay::commands
