#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints the figures of bench/README.md for the release binary. Bounded: about a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 bench/figures.py "$@"
