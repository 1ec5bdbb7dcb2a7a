#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh RESULT_XML: the tests of this folder against the server at $FOREBAY_ENDPOINT, as JUnit.
# Ends as the tests do; with 77 when Java or Maven is missing or too old.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

type -P java javac mvn >/dev/null || skip "java, javac or mvn is not installed"
# Maven's own word: JAVA_HOME may choose another Java than the one on PATH.
versions="$(mvn --version 2>/dev/null)" || skip "mvn does not run"
java_version="$(sed -n 's/^Java version: \([0-9.]*\).*/\1/p' <<<"$versions")"
is_at_least "${java_version:-0}" 17 || skip "needs a JDK 17 or newer"
maven_version="$(sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p' <<<"$versions")"
is_at_least "${maven_version:-0}" 3.8 || skip "needs Maven 3.8 or newer"

# Reports of an earlier run, or of classes that are gone, must not count.
build="$root/build/interop/java"
rm -rf "$build/surefire-reports" "$build/test-classes" "$build/maven-status" "$xml"
status=0
# Every version is pinned: once downloaded, nothing asks the network again.
mvn -q -B -Dstyle.color=never "-Dforebay.build=$build" test </dev/null || status=$?
python3 merge_reports.py "$build/surefire-reports" "$xml" || status=1
exit "$status"
