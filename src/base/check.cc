// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace forebay {

void fatal(std::string_view text) {
  std::fflush(stdout);
  std::fprintf(stderr, "forebay: fatal: %.*s\n", static_cast<int>(text.size()), text.data());
  std::fflush(stderr);
  _exit(kFatalExitCode);
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "forebay: bug: CHECK(%s) failed at %s:%d\n", condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace forebay
