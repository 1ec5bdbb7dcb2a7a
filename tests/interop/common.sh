# SPDX-License-Identifier: Apache-2.0
# What every run.sh begins with; sourced, with its arguments. Sets root (of the tree), language (the
# folder it is called in), xml (where JUnit is wanted), and the working directory: that folder.

[[ $# -eq 1 && -n "${FOREBAY_ENDPOINT:-}" ]] || {
  echo "usage: FOREBAY_ENDPOINT=http://127.0.0.1:9324 $0 RESULT_XML" >&2
  exit 2
}
xml="$(realpath -m "$1")"
cd "$(dirname "${BASH_SOURCE[1]}")"
root="$(cd ../../.. && pwd)"
language="$(basename "$PWD")"
mkdir -p "$root/build/interop/$language" "$(dirname "$xml")"

# skip <reason>: this machine cannot run the tests.
skip() {
  echo "interop/$language: $1; skipped" >&2
  exit 77
}

# is_at_least <version> <wanted version>
is_at_least() { [[ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]; }
