#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh RESULT_XML: the tests of this folder against the server at $FOREBAY_ENDPOINT, as JUnit.
# Ends as the tests do; with 77 when Go is missing or too old.
set -euo pipefail

[[ $# -eq 1 && -n "${FOREBAY_ENDPOINT:-}" ]] || {
  echo "usage: FOREBAY_ENDPOINT=http://127.0.0.1:9324 $0 RESULT_XML" >&2
  exit 2
}
xml="$(realpath -m "$1")"
cd "$(dirname "${BASH_SOURCE[0]}")"
root="$(cd ../../.. && pwd)"
log="$root/build/interop/go/test.json"

skip() {
  echo "interop/go: $1 (https://go.dev/dl); skipped" >&2
  exit 77
}

PATH="$PATH:/usr/local/go/bin" # where go.dev's archive is unpacked
command -v go >/dev/null || skip "go is not installed"
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly
wanted="$(sed -n 's/^go //p' go.mod)"
have="$(go version | sed -n 's/^go version go\([0-9.]*\).*/\1/p')"
[[ "$(printf '%s\n' "$wanted" "$have" | sort -V | head -n 1)" == "$wanted" ]] ||
  skip "go $have is older than $wanted"

mkdir -p "$(dirname "$log")"
status=0
# Tests mostly wait for the server, so far more of them than cores run at a time.
go test -json -count=1 -parallel 16 -timeout 120s ./... >"$log" || status=$?
python3 "$root/tools/junit_from.py" gojson "$log" "$xml" || status=$((status == 0 ? 1 : status))
exit "$status"
