# SPDX-License-Identifier: Apache-2.0
# `./dev soak`, which sources this.

SOAK="$ROOT/build/soak"
SOAK_BLOCK=100 # seeds that one start of the simulator runs; every tenth block enumerates faults

# soak_worker <number> <first seed> <until>: every JOBSth block, till somebody finds a violation.
soak_worker() {
  local worker="$1" seed="$2" until="$3" block log="$SOAK/$1.log" arguments started
  for ((block = worker; SECONDS < until; block += JOBS)); do
    ! compgen -G "$SOAK/violation.*" >/dev/null || return 0
    arguments=(--seeds "$((seed + block * SOAK_BLOCK))..$((seed + (block + 1) * SOAK_BLOCK - 1))")
    [[ $((block / JOBS % 10)) -ne 9 ]] ||
      arguments=(--enumerate --seed "$((seed + block * SOAK_BLOCK))")
    started=$SECONDS
    if ! build/dev/tests/sim/forebay_sim "${arguments[@]}" >"$log" 2>&1; then
      say "forebay_sim ${arguments[*]}" >>"$log"
      mv "$log" "$SOAK/violation.$worker"
      return 1
    fi
    say "$(awk 'END { print $1, ($2 == "fault" ? "points" : "seeds") }' "$log")" \
      "$((SECONDS - started))" >>"$SOAK/$worker.done"
  done
}

soak_sum() {
  cat "$SOAK"/*.done 2>/dev/null | awk -v jobs="$JOBS" '
    { count[$2] += $1; seconds[$2] += $3 }
    END {
      for (kind in count)
        printf "dev: %d %s, %d a minute\n", count[kind], kind,
          count[kind] * 60 * jobs / (seconds[kind] > 0 ? seconds[kind] : 1)
    }' | sort -r
}

# The sums, once a minute.
soak_report() {
  while sleep 60; do soak_sum; done
}

# soak_server [minutes]: the simulator over ever new seeds, on all cores, until the time is over or
# a promise is broken.
soak_server() {
  local minutes="${1:-480}" worker status=0 pids=()
  [[ $# -le 1 && "$minutes" =~ ^[1-9][0-9]*$ ]] || usage_error "soak takes a number of minutes"
  need "soak" "${TEST_PACKAGES[@]}"
  build dev forebay_sim
  rm -rf "$SOAK"
  mkdir -p "$SOAK"
  local first=$(($(date +%s) * 100000)) # no night repeats another one's seeds
  say "dev: soak for $minutes minutes on $JOBS cores, seeds from $first"
  for ((worker = 0; worker < JOBS; worker++)); do
    soak_worker "$worker" "$first" "$((SECONDS + minutes * 60))" &
    pids+=($!)
  done
  soak_report &
  local reporter=$!
  for worker in "${pids[@]}"; do wait "$worker" || status=1; done
  kill "$reporter" 2>/dev/null || true
  wait "$reporter" 2>/dev/null || true
  soak_sum
  [[ $status -eq 0 ]] || cat "$SOAK"/violation.*
  return $status
}

# soak_toolkit [minutes]: episodes of the C++ library beside a server that fails, under both kinds
# of sanitizers at a time, until the time is over or one of them finds something.
soak_toolkit() {
  local minutes="${1:-60}" preset worker status=0 pids=()
  [[ $# -le 1 && "$minutes" =~ ^[1-9][0-9]*$ ]] ||
    usage_error "soak toolkit takes a number of minutes"
  need "soak" "${TEST_PACKAGES[@]}"
  for preset in asan tsan; do build "$preset" toolkit_soak; done
  say "dev: the C++ library for $minutes minutes"
  sanitizer_options
  for preset in asan tsan; do
    "build/$preset/tests/soak/toolkit_soak" "$((minutes * 60))" "$(date +%s)" \
      > >(sed -u "s/^/$preset: /") 2>&1 &
    pids+=($!)
  done
  for worker in "${pids[@]}"; do wait "$worker" || status=1; done
  return $status
}
