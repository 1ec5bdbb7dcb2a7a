# SPDX-License-Identifier: Apache-2.0
# The workers of `./dev soak`, which sources this: SOAK is their folder, JOBS their number.

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
