#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the client library and the test kit from a build folder into an empty one, and uses them
# from there as others would: with GCC 12 and with Clang 19, found by CMake and by pkg-config, the
# client against a real server. Also compiles each public header alone.
#
#   tests/install/run.sh <build folder> <here>/use_forebay.cc <here>/use_testing.cc <examples>
set -euo pipefail

build="$(cd "$1" && pwd)"
programs="$(dirname "$2")"
examples="$4"
export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret
work="$(mktemp -d)"
server=""
worker=""
finish() {
  [[ -z "$server" ]] || kill "$server" 2>/dev/null || true
  [[ -z "$worker" ]] || kill "$worker" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '%s\n' "$*"; }

prefix="$work/installed"
cmake --install "$build" --component library --prefix "$prefix" >/dev/null
include="$prefix/include"
library="$(dirname "$(find "$prefix" -name libforebay.a)")"
warnings=(-std=c++20 -Wall -Wextra -Wpedantic -Werror)

headers=0
while IFS= read -r header; do
  for compiler in g++-12 clang++-19; do
    printf '#include <%s>\n' "${header#"$include/"}" |
      "$compiler" "${warnings[@]}" -fsyntax-only -I "$include" -x c++ -
  done
  headers=$((headers + 1))
done < <(find "$include" -name '*.h' | sort)
[[ $headers -gt 10 ]] || { say "only $headers public headers are installed"; exit 1; }
say "$headers headers compile alone"

mkfifo "$work/address"
"$build/forebay" serve --memory --listen 127.0.0.1:0 >"$work/address" 2>"$work/log" &
server=$!
exec 3<"$work/address"
IFS= read -r line <&3
endpoint="${line##* }"

# use <program> [argument]: what it does must work, not only link.
use() {
  [[ "$("$@")" == hello ]] || { say "$1 does not work"; exit 1; }
}

# by_pkg_config <compiler> <source> <program> <package>...
by_pkg_config() {
  local compiler="$1" source="$2" program="$3" flags
  shift 3
  flags="$(PKG_CONFIG_PATH="$library/pkgconfig" pkg-config --cflags --libs "$@")"
  # shellcheck disable=SC2086
  "$compiler" "${warnings[@]}" "$source" -o "$work/$program" $flags
}

# shellcheck source=tests/install/examples.sh
. "$(dirname "${BASH_SOURCE[0]}")/examples.sh"

for compiler in g++-12 clang++-19; do
  by_pkg_config "$compiler" "$programs/use_forebay.cc" use_forebay forebay
  use "$work/use_forebay" "$endpoint"
  by_pkg_config "$compiler" "$programs/use_testing.cc" use_testing forebay forebay-testing
  use "$work/use_testing"
  check_examples "$compiler"
  say "$compiler, pkg-config: builds and runs, the examples too"

  project="$work/project-$compiler"
  mkdir "$project"
  cp "$programs"/*.cc "$project"
  cp "$programs/CMakeLists.txt.in" "$project/CMakeLists.txt"
  cmake -S "$project" -B "$project/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
  cmake --build "$project/build" >/dev/null
  use "$project/build/use_forebay" "$endpoint"
  use "$project/build/use_testing"
  say "$compiler, find_package: builds and runs"
done
