#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh RESULT_XML: the tests of this folder against the server at $FOREBAY_ENDPOINT, as JUnit.
# Ends as the tests do; with 77 when Rust is missing or too old.
set -euo pipefail

[[ $# -eq 1 && -n "${FOREBAY_ENDPOINT:-}" ]] || {
  echo "usage: FOREBAY_ENDPOINT=http://127.0.0.1:9324 $0 RESULT_XML" >&2
  exit 2
}
xml="$(realpath -m "$1")"
cd "$(dirname "${BASH_SOURCE[0]}")"
root="$(cd ../../.. && pwd)"
log="$root/build/interop/rust/test.log"

skip() {
  echo "interop/rust: $1 (https://rustup.rs); skipped" >&2
  exit 77
}

PATH="$PATH:$HOME/.cargo/bin" # where rustup puts it
command -v cargo >/dev/null || skip "cargo is not installed"
wanted="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)"
have="$(rustc --version | sed -n 's/^rustc \([0-9.]*\).*/\1/p')"
[[ "$(printf '%s\n' "$wanted" "$have" | sort -V | head -n 1)" == "$wanted" ]] ||
  skip "rustc $have is older than $wanted"

mkdir -p "$(dirname "$log")"
status=0
cargo test --locked --color never -- --test-threads=4 >"$log" || status=$?
python3 "$root/tools/junit_from.py" cargo "$log" "$xml" || status=$((status == 0 ? 1 : status))
exit "$status"
