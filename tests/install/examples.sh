# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Builds and runs each of examples/cpp and checks what it prints and does. Sourced by run.sh, whose
# variables and functions it uses: build, examples, work, endpoint, worker, say, by_pkg_config.

: "${build:?}" "${examples:?}" "${work:?}" "${endpoint:?}"

# example <name> <argument>...: runs one, which must succeed; what it prints is in $work/out.
example() {
  local name="$1"
  shift
  timeout 60 "$work/$name" "$@" "$endpoint" >"$work/out" || wrong "$name fails"
}
wrong() {
  say "examples: $1; it printed:"
  cat "$work/out"
  exit 1
}
# prints <line>...: the last example has printed exactly these lines.
prints() { cmp -s "$work/out" <(printf '%s\n' "$@") || wrong "should have printed: $*"; }
# has <count> <pattern>: so many of its lines match.
has() { [[ "$(grep -cE "$2" "$work/out")" == "$1" ]] || wrong "should have $1 lines with $2"; }

cli() { "$build/forebay" "$@" --endpoint-url "$endpoint" --quiet; }
# takes_all <queue>: its messages, which are then gone; into $work/out, sorted.
takes_all() { cli receive "$1" --all --delete --body | sort >"$work/out"; }
url_of() { printf '%s/000000000000/%s' "$endpoint" "$1"; }

check_queue_setup() {
  example queue_setup "$1"
  has 11 ": created$"
  example queue_setup "$1"
  has 11 ": as it should be$"
  cli queue set "$1" VisibilityTimeout=77 >/dev/null
  example queue_setup "$1"
  has 1 "^$1: changed$"
  has 1 "^  VisibilityTimeout: 77 -> 300$"
}

check_order_events() {
  example order_events "$1"
  prints "$1: 2 sent, 0 failed" "$1-urgent: 1 sent, 0 failed" "$1-ledger.fifo: 3 sent, 0 failed"
  takes_all "$1-ledger.fifo"  # one of three was the same again
  prints '{"orderId":"o-3","totalAmount":10}' '{"orderId":"o-3","totalAmount":20}'
  takes_all "$1"  # the other one is delayed
  prints '{"orderId":"o-1","totalAmount":99.90}'
}

# A queue of queue_setup's, since what has no handler goes to its dead-letter queue.
check_order_worker() {
  cli send "$1-fast" -a eventType=OrderInvoiced invoice >/dev/null
  cli send "$1-fast" -a eventType=OrderCreated o-1 o-2 o-3 >/dev/null
  cli send "$1-fast" -a eventType=PageViewed home cart flaky >/dev/null
  cli send "$1-fast" -a eventType=Unheard 'who knows' >/dev/null
  example order_worker "$(url_of "$1-fast")" 7
  has 3 "^created: o-[123]$"
  has 1 "^invoiced: receive 1$"
  local viewed
  viewed="$(awk '/^viewed: / { sum += $2 } END { print sum }' "$work/out")"
  [[ "$viewed" == 4 ]] || wrong "should have viewed 4, the flaky one twice"
  takes_all "$1-fast-dlq"
  prints "who knows"
}

check_priority_worker() {
  local priority
  for priority in low normal high; do
    cli send "$1-$priority-priority" --delay 0 a b >/dev/null
  done
  example priority_worker "$1" 6
  prints "$1-high-priority" "$1-high-priority" "$1-normal-priority" "$1-normal-priority" \
    "$1-low-priority" "$1-low-priority"
}

check_high_throughput() {
  example high_throughput "$1-many" 3000
  prints "3000 sent, 0 failed, 3000 acked"
}

check_cost_saver() {
  example cost_saver "$1-cheap" 100
  has 1 "^100 messages, [1-4]?[0-9] calls$"
}

check_monitoring() {
  example monitoring "$1-watched"
  has 1 "^forebay_client_sent_messages_total\{queue=\"$1-watched\"\} 4$"
  has 1 "^forebay_client_acked_messages_total\{queue=\"$1-watched\"\} 3$"
  has 1 "^forebay_client_dead_messages_total\{queue=\"$1-watched\"\} 1$"
  has 1 "^forebay_client_handle_seconds_count\{queue=\"$1-watched\"\} 4$"
  has 1 "^ALARM $1-watched-dlq: 1 messages wait$"
}

check_async_worker() {
  cli queue create "$1-questions" >/dev/null
  cli queue create "$1-answers" >/dev/null
  seq 30 | cli send "$1-questions" >/dev/null
  example async_worker "$(url_of "$1-questions")" "$(url_of "$1-answers")" 30
  prints "30 handled"
  takes_all "$1-answers"
  cmp <(sort -V "$work/out") <(seq -f 'done: %.0f' 30)
}

check_producer() {
  cli queue create "$1-lines" >/dev/null
  seq 30 | example producer "$(url_of "$1-lines")"
  prints "30 sent, 0 failed"
  takes_all "$1-lines"
  cmp <(sort -n "$work/out") <(seq 30)
}

worker_lives() { kill -0 "$worker" 2>/dev/null || wrong "worker has ended"; }

# What a producer sends is what it prints, each line once; then a signal ends it.
check_worker() {
  local queue="$1-jobs"
  stdbuf -oL "$work/worker" "$queue" "$endpoint" >"$work/out" &
  worker=$!
  until cli queue show "$queue" >/dev/null 2>&1; do
    worker_lives
    sleep 0.05  # another process makes the queue
  done
  seq 1000 | cli send "$queue" >/dev/null
  while (($(wc -l <"$work/out") < 1000)); do
    worker_lives
    sleep 0.05  # another process prints
  done
  kill -TERM "$worker"
  # Its long poll would go on for 20 seconds; a message ends it.
  cli send "$queue" last >/dev/null
  wait "$worker" || wrong "worker did not end cleanly"
  worker=""
  cmp <(grep -v last "$work/out" | sort -n) <(seq 1000)
}

# Of two dead letters one is archived and one goes back.
check_dead_letters() {
  local place="$work/letters-$1"
  cli queue create "$1-mail" --dead-letter-queue "$1-mail-dlq" >/dev/null
  printf '{"eventType":"%s"}\n' UserDeleted OrderCreated | cli send "$1-mail-dlq" - >/dev/null
  example dead_letters "$(url_of "$1-mail-dlq")" "$place"
  has 2 "."
  has 1 "^archive: event type UserDeleted, 1$"
  has 1 "^requeue: no rule decided, 1$"
  [[ "$(cat "$place"/*.json)" == *UserDeleted* ]] || wrong "should have archived UserDeleted"
  cli queue show "$1-mail" --json >"$work/out"
  has 1 '"ApproximateNumberOfMessagesDelayed":"1"'
}

# In this order, since later ones use queues of the first.
all_examples=(queue_setup order_events order_worker priority_worker high_throughput cost_saver
  monitoring async_worker producer worker dead_letters)

# check_examples <compiler>: each program of the folder.
check_examples() {
  local name source
  for source in "$examples"/*.cc; do
    name="$(basename "$source" .cc)"
    [[ " ${all_examples[*]} " == *" $name "* ]] || { say "examples: nobody runs $name"; exit 1; }
  done
  for name in "${all_examples[@]}"; do
    by_pkg_config "$1" "$examples/$name.cc" "$name" forebay
    "check_$name" "shop-${1//+/x}"
  done
}
