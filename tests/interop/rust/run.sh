#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh RESULT_XML: the tests of this folder against the server at $FOREBAY_ENDPOINT, as JUnit.
# Ends as the tests do; with 77 when Rust is missing or too old.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

PATH="$PATH:$HOME/.cargo/bin" # where rustup puts it
command -v cargo >/dev/null || skip "cargo is not installed (https://rustup.rs)"
wanted="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)"
have="$(rustc --version | sed -n 's/^rustc \([0-9.]*\).*/\1/p')"
is_at_least "$have" "$wanted" || skip "rustc $have is older than $wanted (https://rustup.rs)"

log="$root/build/interop/rust/test.log"
status=0
cargo test --locked --color never -- --test-threads=4 >"$log" || status=$?
python3 "$root/tools/junit_from.py" cargo "$log" "$xml" || status=$((status == 0 ? 1 : status))
exit "$status"
