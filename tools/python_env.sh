#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes or updates the three Python environments of the tests: .venv/json (current boto3, AWS JSON),
# .venv/query (boto3 1.26, AWS Query) and .venv/consumers (Celery, Powertools, the AWS CLI). They
# cannot be one: a process has one botocore, and what only one suite needs must not hold the others
# back. Does nothing when the pinned lists are those of the last run. PYTHON names the interpreter
# (3.11 or newer), default python3.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
python="${PYTHON:-python3}"

make_env() {
  local name="$1" list="$root/tests/python/$2"
  local dir="$root/.venv/$name"
  local stamp="$dir/.stamp" wanted
  wanted="$("$python" --version) $(sha256sum <"$list")"
  if [[ -f "$stamp" && "$(cat "$stamp")" == "$wanted" ]]; then
    return
  fi
  echo "python_env: preparing $dir"
  rm -rf "$dir"
  if ! "$python" -m venv "$dir"; then
    echo "python_env: '$python -m venv' failed; on Debian: apt-get install python3-venv" >&2
    exit 1
  fi
  "$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$list"
  "$dir/bin/pip" check --disable-pip-version-check >/dev/null
  printf '%s' "$wanted" >"$stamp"
}

make_env json requirements.txt
make_env query requirements-query.txt
make_env consumers requirements-consumers.txt
