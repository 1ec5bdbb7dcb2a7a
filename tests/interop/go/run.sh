#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh RESULT_XML: the tests of this folder against the server at $FOREBAY_ENDPOINT, as JUnit.
# Ends as the tests do; with 77 when Go is missing or too old.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

PATH="$PATH:/usr/local/go/bin" # where go.dev's archive is unpacked
command -v go >/dev/null || skip "go is not installed (https://go.dev/dl)"
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly
wanted="$(sed -n 's/^go //p' go.mod)"
have="$(go version | sed -n 's/^go version go\([0-9.]*\).*/\1/p')"
is_at_least "$have" "$wanted" || skip "go $have is older than $wanted (https://go.dev/dl)"

log="$root/build/interop/go/test.json"
status=0
# Tests mostly wait for the server, so far more of them than cores run at a time.
go test -json -count=1 -parallel 16 -timeout 120s ./... >"$log" || status=$?
python3 "$root/tools/junit_from.py" gojson "$log" "$xml" || status=$((status == 0 ? 1 : status))
exit "$status"
