# SPDX-License-Identifier: Apache-2.0
"""The arithmetic and the table of `./dev bench toolkit`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit_run
from bench_command import Load, counted_command
from child_process import Unavailable
from latency_run import merged
from latency_table import text
from toolkit_run import library_row, overhead, raw_row, show_rows

LIBRARY = {"messages": 1000, "seconds": 0.5, "cpu_seconds": 0.02, "allocations": 1500}


def raw_report(errors: int = 0) -> str:
    action = {
        "requests": 100,
        "messages": 1000,
        "requests_per_second": 200.0,
        "messages_per_second": 2000.0,
        "errors": errors,
        "latency_us": {"p50": 10, "p99": 20},
    }
    report = {"actions": {"receive": action, "delete": action}, "errors": {}, "seconds": 0.5}
    return json.dumps(report | {"load_cpu_seconds": 0.005})


def test_a_messages_body_is_no_allocation_of_the_library() -> None:
    row = library_row(json.dumps(LIBRARY))
    assert row["allocations"] == pytest.approx(0.5)
    assert row["messages_per_second"] == pytest.approx(2000)
    assert row["messages_per_core_second"] == pytest.approx(50_000)
    assert row["cpu_us"] == pytest.approx(20)
    assert "p50_us" not in row


def test_what_the_library_adds_is_the_difference_of_neighbours() -> None:
    library = library_row(json.dumps(LIBRARY | {"p50_us": 25, "p99_us": 70}))
    raw = raw_row(raw_report(), latencies=True)
    more = overhead(library, raw)
    assert more["more_cpu_us"] == pytest.approx(15)
    assert (more["more_p50_us"], more["more_p99_us"]) == (15, 50)
    assert "more_p50_us" not in overhead(library_row(json.dumps(LIBRARY)), raw)


def test_failed_requests_are_no_figure() -> None:
    with pytest.raises(Unavailable, match="3 requests failed"):
        raw_row(raw_report(errors=3), latencies=False)


def test_the_table_has_a_line_for_each_use_and_for_the_same_without() -> None:
    call = library_row(json.dumps(LIBRARY | {"p50_us": 25, "p99_us": 70}))
    raw = raw_row(raw_report(), latencies=True)
    rows = {}
    for name in ("call", "calls", "producer", "consumer"):
        rows |= {name: call | overhead(call, raw), f"{name}, raw": raw}
    lines = show_rows(merged([rows]), text).splitlines()
    assert sum("the same without library" in line for line in lines) == 4
    assert any(line.startswith("Consumer") and line.endswith("0.50") for line in lines)
    assert any("25 us at p50 and 70 at p99, 15 and 50 more than without" in line for line in lines)
    assert all(len(line) <= 140 for line in lines)


def test_a_count_takes_the_place_of_a_time() -> None:
    words = counted_command("http://h:1", Load("receive-delete", batch=10), 70)
    assert words[words.index("--requests") + 1] == "70" and "--duration" not in words


def test_the_command_says_what_it_takes() -> None:
    for words, code, said in ((["--help"], 0, "--rounds"), (["--seconds", "0"], 2, "1 to 60")):
        program = Path(toolkit_run.__file__).parent / "toolkit.py"
        done = subprocess.run(
            [sys.executable, str(program), *words], capture_output=True, text=True
        )
        assert (done.returncode, said in done.stdout + done.stderr) == (code, True)
