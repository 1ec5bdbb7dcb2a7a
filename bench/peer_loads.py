# SPDX-License-Identifier: Apache-2.0
"""The load of each protocol: what is run, and what its output says."""

from __future__ import annotations

import pathlib
import re
import resource
import statistics
import time

from bench_command import BODY_BYTES, ActionFigures, Load, LoadFigures, read_figures
from child_process import Unavailable, run_to_end
from peer_packages import go_build, maven, need_program
from server_process import ROOT

BUILT = ROOT / "build" / "release" / "bench"
EXTRA_SECONDS_MAX = 90.0
# PerfTest's first seconds are those of its JVM.
PERF_TEST_WARM_UP_SECONDS = 2
QUEUE_MS = 90_000  # longer than any run: sends do not count as use

FIGURES = {
    "send": Load("send"),
    "send in tens": Load("send", batch=10),
    "round trip": Load("roundtrip"),
    "round trip in tens": Load("roundtrip", batch=10),
}


def beanstalk_load(port: int, load: Load, seconds: int) -> LoadFigures:
    mix = "put" if load.mix == "send" else "roundtrip"
    if mix == "roundtrip" and load.batch > 1:
        raise Unavailable("the protocol has no batches")
    words = [str(BUILT / "beanstalk_load"), str(port), mix, str(load.batch)]
    words += [str(load.connections), str(seconds)]
    return read_figures(run_to_end(words, seconds + EXTRA_SECONDS_MAX))


def nats_load(port: int, load: Load, seconds: int) -> LoadFigures:
    program = go_build(pathlib.Path(__file__).parent / "peers" / "nats_load", "nats_load")
    words = [str(program), str(port), load.mix, str(load.batch), str(load.connections)]
    return read_figures(run_to_end([*words, str(seconds)], seconds + EXTRA_SECONDS_MAX))


def perf_test_words(port: int, load: Load, seconds: int) -> list[str]:
    """A window of a batch's size on each connection; half of the connections consume in a round
    trip. Each run has a queue of its own, which goes when it has not been used for a while."""
    round_trip = load.mix == "roundtrip"
    producers = load.connections // 2 if round_trip else load.connections
    words = [
        *("--uri", f"amqp://guest:guest@127.0.0.1:{port}", "--quorum-queue"),
        *("--queue", f"bench-{time.time_ns()}", "--queue-args", f"x-expires={QUEUE_MS}"),
        *("--flag", "persistent", "--size", str(BODY_BYTES)),
        *("--producers", str(producers), "--consumers", str(producers if round_trip else 0)),
        *("--confirm", str(load.batch), "--time", str(seconds + PERF_TEST_WARM_UP_SECONDS)),
    ]
    if round_trip:
        words += ["--qos", str(load.batch), "--multi-ack-every", str(load.batch)]
    return words


def read_perf_test(text: str, round_trip: bool) -> LoadFigures:
    """Rates and latencies are medians of the seconds after the warm-up, messages those of all.

    Lines look like: "id: t, time 3.000 s, sent: 10 msg/s, confirmed: 9 msg/s, ..., min/median/75th/
    95th/99th confirm latency: 1/2/3/4/5 µs".
    """
    seconds = [line for line in text.splitlines() if re.search(r"time [\d.]+ ?s?,", line)]
    confirmed = [per_second(line, "confirmed") for line in seconds]
    received = [per_second(line, "received") for line in seconds]
    steady = slice(PERF_TEST_WARM_UP_SECONDS, None)
    if not confirmed[steady] or statistics.median(confirmed[steady]) <= 0:
        raise Unavailable("PerfTest confirmed nothing")
    p50, p99 = confirm_latency(seconds[steady])
    actions = {"send": action_figures(confirmed, p50, p99)}
    if round_trip:
        actions["delete"] = action_figures(received, 0, 0)
    return LoadFigures(actions, float(len(seconds)), 0.0)


def action_figures(rates: list[float], p50_us: int, p99_us: int) -> ActionFigures:
    rate = statistics.median(rates[PERF_TEST_WARM_UP_SECONDS:])
    total = round(sum(rates))
    return ActionFigures(total, total, rate, rate, p50_us, p99_us)


def per_second(line: str, what: str) -> float:
    found = re.search(rf"{what}: ([\d,.]+) msg/s", line)
    return float(found[1].replace(",", "")) if found else 0.0


def confirm_latency(lines: list[str]) -> tuple[int, int]:
    """Microseconds: the medians of the seconds' 50th and 99th percentiles."""
    medians, highs = [], []
    for line in lines:
        match = re.search(r"confirm latency: ([\d/]+) (µs|ms)", line)
        if match:
            factor = 1000 if match[2] == "ms" else 1
            values = [int(value) * factor for value in match[1].split("/")]
            medians.append(values[1])
            highs.append(values[4])
    if not medians:
        raise Unavailable("PerfTest told no latency")
    return round(statistics.median(medians)), round(statistics.median(highs))


def perf_test(port: int, load: Load, seconds: int) -> LoadFigures:
    java = need_program("java", "default-jre-headless")
    command = [java, "-cp", maven("perf-test"), "com.rabbitmq.perf.PerfTest"]
    command += perf_test_words(port, load, seconds)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = run_to_end(command, seconds + PERF_TEST_WARM_UP_SECONDS + EXTRA_SECONDS_MAX)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = read_perf_test(text, load.mix == "roundtrip")
    return LoadFigures(figures.actions, figures.seconds, used)
