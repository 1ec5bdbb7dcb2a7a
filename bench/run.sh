#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints figures of the release binary, see bench/README.md: nothing or flags for the short ones
# (about a minute), backlog, space, ceilings, peers, latency, toolkit, micro.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  backlog | space | ceilings | peers | latency | toolkit) exec python3 "bench/$1.py" "${@:2}" ;;
  micro) exec build/release/bench/micro/forebay_micro --benchmark_min_time=0.1 "${@:2}" ;;
  *) exec python3 bench/figures.py "$@" ;;
esac
