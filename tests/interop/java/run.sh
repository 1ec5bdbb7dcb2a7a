#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh RESULT.xml: runs the tests against the server at $FOREBAY_ENDPOINT, writes JUnit XML.
# Exit status: that of the tests; 77 when this machine cannot run them; 2 for a wrong call.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
build="$(realpath -m "$here/../../../build/interop/java")"
JAVA_MIN=17
MAVEN_MIN=3.8

skip() {
  printf 'interop/java: %s; skipped\n' "$*" >&2
  exit 77
}

[[ $# -eq 1 ]] || { printf 'usage: run.sh RESULT.xml\n' >&2; exit 2; }
result="$(realpath -m "$1")"

type -P java javac mvn >/dev/null || skip "java, javac or mvn is not installed"
type -P python3 >/dev/null || skip "python3 is not installed"
# Maven's own word: JAVA_HOME may choose another Java than the one on PATH.
versions="$(mvn --version 2>/dev/null)" || skip "mvn does not run"
java_version="$(sed -n 's/^Java version: \([0-9]*\).*/\1/p' <<<"$versions")"
[[ "${java_version:-0}" -ge $JAVA_MIN ]] || skip "needs a JDK $JAVA_MIN or newer"
maven_version="$(sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p' <<<"$versions")"
[[ "$(printf '%s\n' "$MAVEN_MIN" "${maven_version:-0}" | sort -V | head -n 1)" == "$MAVEN_MIN" ]] ||
  skip "needs Maven $MAVEN_MIN or newer"
[[ -n "${FOREBAY_ENDPOINT:-}" ]] || { printf 'FOREBAY_ENDPOINT is not set\n' >&2; exit 2; }

# Reports of an earlier run, or of classes that are gone, must not count.
rm -rf "$build/surefire-reports" "$build/test-classes" "$build/maven-status" "$result"
mkdir -p "$build" "$(dirname "$result")"

status=0
# Every version is pinned: once downloaded, nothing asks the network again.
mvn -q -B -f "$here/pom.xml" -Dstyle.color=never "-Dforebay.build=$build" test </dev/null ||
  status=$?
python3 "$here/merge_reports.py" "$build/surefire-reports" "$result" || status=1
exit "$status"
