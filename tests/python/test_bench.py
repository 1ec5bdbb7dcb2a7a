# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of bench/: a figure that is computed wrongly looks like any other figure."""

from __future__ import annotations

import json
import random

import pytest

from backlog import sizes_up_to
from backlog_run import KINDS, Measure, Measures, note_measures
from backlog_table import show_kind
from load_run import Load, Target, command, read_report
from machine import DISK_BYTES_MAX, disk_refusal
from samples import (
    Latencies,
    Ratio,
    Span,
    emptying_spans,
    read_events,
    spans,
    split_windows,
    spread_percent,
)
from space_run import SLACK_BYTES, Sample, mix_figures

LOG = """\
2026-11-22T00:00:01.000Z info snapshot begun position=100 messages=5
not a line of the log
2026-11-22T00:00:02.500Z info snapshot committed position=100 bytes=7 ms=1500
2026-11-22T00:00:03.000Z info emptying a journal segment segment=4 live_bytes=9 disk_bytes=100
2026-11-22T00:00:04.000Z info snapshot begun position=200 messages=6
"""
LOG_STARTS_MS = 1_795_305_600_000


def report(**changes: object) -> str:
    """A run of one stage, as the load program prints it."""
    send = {
        "requests": 3,
        "messages": 30,
        "messages_per_second": 60.0,
        "latencies_us": [[100, 2], [900, 1]],
    }
    stage = {
        "stage": "send",
        "seconds": 0.5,
        "errors": 0,
        "first_error": "",
        "ran_dry": False,
        "send": send,
    }
    return json.dumps({"stages": [stage | changes]})


def test_percentiles_are_those_of_the_sorted_values() -> None:
    source = random.Random(7)
    values = [source.randrange(1, 500) for _ in range(37)]
    latencies = Latencies()
    for value in values:
        latencies.add([(value, 1)])
    values.sort()
    for permille in (1, 500, 900, 990, 999, 1000):
        assert latencies.percentile(permille) == values[-(-len(values) * permille // 1000) - 1]
    assert latencies.percentile(0) == values[0]


def test_histograms_add_up_where_percentiles_would_not() -> None:
    slow, fast = Latencies([(1000, 10)]), Latencies([(1, 990)])
    fast.add(slow.counts.items())
    assert fast.percentile(990) == 1
    assert fast.percentile(991) == 1000
    assert fast.figures() == {"requests": 1000, "p50_us": 1, "p99_us": 1, "max_us": 1000}


def test_no_requests_have_no_latency() -> None:
    assert Latencies().figures() == {"requests": 0, "p50_us": 0, "p99_us": 0, "max_us": 0}


def test_a_round_is_compared_with_its_own_neighbour() -> None:
    # The second round ran while the machine was busy; both queues were slow, the ratio is not.
    ratio = Ratio.of_pairs([100, 10, 90], [100, 10, 100])
    assert ratio == Ratio(1.0, 0.9, 1.0)
    assert ratio.text() == "1.00 (0.90-1.00)"


def test_rounds_without_neighbours_are_refused() -> None:
    for measured, baseline in (([1.0], []), ([], []), ([1.0], [1.0, 2.0])):
        with pytest.raises(ValueError):
            Ratio.of_pairs(measured, baseline)


def test_spread_is_half_the_range_in_percent_of_the_median() -> None:
    assert spread_percent([90, 100, 110]) == pytest.approx(10)
    assert spread_percent([5]) == 0


def test_log_lines_are_moments() -> None:
    events = read_events(LOG)
    assert [event.at_ms - LOG_STARTS_MS for event in events] == [1000, 2500, 3000, 4000]
    assert events[0].text == "snapshot begun position=100 messages=5"


def test_spans_last_until_their_end_or_until_now() -> None:
    found = spans(
        read_events(LOG), "snapshot begun", "snapshot committed", until_ms=LOG_STARTS_MS + 9000
    )
    assert found == [
        Span(LOG_STARTS_MS + 1000, LOG_STARTS_MS + 2500),
        Span(LOG_STARTS_MS + 4000, LOG_STARTS_MS + 9000),
    ]
    assert spans([], "snapshot begun", "snapshot committed", 0) == []


def test_a_segment_is_emptied_until_its_file_is_gone() -> None:
    events, begin = read_events(LOG), LOG_STARTS_MS + 3000
    assert emptying_spans(events, {4: begin + 70}, begin + 500) == [Span(begin, begin + 70)]
    assert emptying_spans(events, {3: begin + 70}, begin + 500) == [Span(begin, begin + 500)]


def test_windows_that_touch_a_span_are_inside() -> None:
    windows = [{"start_ms": at, "latencies_us": [[at, 1]]} for at in (0, 100, 200, 300)]
    inside, outside = split_windows(windows, 100, [Span(199, 200)])
    assert sorted(inside.counts) == [100, 200]
    assert sorted(outside.counts) == [0, 300]
    inside, outside = split_windows(windows, 100, [])
    assert len(inside) == 0 and len(outside) == 4


def test_a_report_becomes_figures() -> None:
    stages = read_report(report())
    assert stages[0].stage == "send" and stages[0].seconds == 0.5
    send = stages[0].actions["send"]
    assert (send.requests, send.messages, send.messages_per_second) == (3, 30, 60.0)
    assert send.latencies.percentile(1000) == 900
    assert list(stages[0].actions) == ["send"]


def test_failed_requests_are_never_a_figure() -> None:
    with pytest.raises(SystemExit, match="2 requests failed, first: no space"):
        read_report(report(errors=2, first_error="no space"))
    with pytest.raises(SystemExit, match="receives found nothing"):
        read_report(report(ran_dry=True))
    assert read_report(report(ran_dry=True), allow_dry=True)


def test_the_load_programs_words() -> None:
    target = Target("http://127.0.0.1:1/0/q-{}", queues=5, groups=3)
    words = command(target, Load(16, 10, ("send=100", "delete"), ("--start", "7")))[1:]
    assert words == (
        "--queue-url http://127.0.0.1:1/0/q-{} --queues 5 --groups 3"
        " --connections 16 --batch 10 --start 7 send=100 delete"
    ).split(" ")


def test_measures_are_named_after_stage_action_and_batch() -> None:
    measures = Measures(Measure)
    stages = read_report(report()) + read_report(report(stage="level"))
    note_measures(measures, 10, stages)
    note_measures(measures, 10, stages)
    assert set(measures) == {"send x10", "level: send x10"}
    assert measures["send x10"].rates == [60.0, 60.0]
    assert len(measures["send x10"].latencies) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_slices_take_out_what_they_put_in(kind: str) -> None:
    put, taken = 0, 0
    for load in KINDS[kind].loads():
        for stage, _, amount in (stage.partition("=") for stage in load.stages):
            put += int(amount) if stage == "send" else 0
            taken += int(amount) if stage in ("receive", "consume") else 0
            # Two consumers of one group would only take turns at finding nothing.
            assert KINDS[kind].groups != 1 or stage == "send" or load.connections == 1
    assert put == taken > 0


def test_sizes_are_powers_of_ten_and_the_largest_asked_for() -> None:
    assert sizes_up_to(100_000) == [1000, 10_000, 100_000]
    assert sizes_up_to(25_000) == [1000, 10_000, 25_000]
    assert sizes_up_to(10) == [10]


def test_steps_beyond_the_disk_are_refused() -> None:
    assert "are the limit" in disk_refusal(DISK_BYTES_MAX, 1)
    assert "are free" in disk_refusal(-(1 << 60), 1 << 60)


def test_excess_is_what_is_above_twice_live_and_the_slack() -> None:
    calm = Sample(0.0, 1000, 2000 + SLACK_BYTES)
    over = Sample(1.0, 1000, 2010 + SLACK_BYTES)
    later = Sample(4.0, 1000, 2001 + SLACK_BYTES)
    figures = mix_figures("purge", [calm, over, later, calm], last_request=0.5)
    assert figures["excess_bytes_most"] == 10
    assert figures["excess_share"] == pytest.approx(1 / 2)
    assert figures["settled_seconds"] == pytest.approx(3.5)
    assert mix_figures("purge", [calm], 0.5)["settled_seconds"] == 0.0
    assert mix_figures("purge", [over], 0.5)["settled_seconds"] is None


def test_the_table_shows_lost_messages() -> None:
    measure = Measure([100.0, 200.0], Latencies([(5, 9)])).figures()
    restart = {"ms": 12.0, "rss_bytes": 1 << 20, "messages_expected": 1000, "messages": 999}
    step = {
        "messages": 1000,
        "fill_per_second": 5000.0,
        "rss_bytes": 3 << 20,
        "rss_bytes_per_message": 90.5,
        "disk_bytes": 4 << 20,
        "disk_to_live": 1.5,
        "measures": {
            "send x1": {
                "full": measure,
                "empty": measure,
                "ratio": Ratio(1.0, 0.9, 1.1).figures(),
            }
        },
    }
    text = show_kind(
        "standard",
        {
            "rss_empty_bytes": 2 << 20,
            "empty_at_start": {"send x1": measure},
            "steps": [step],
            "snapshot": {"seen": 0},
            "restart": {"warm": restart},
        },
    )
    assert "1 FEWER THAN THERE WERE" in text
    assert "1.00 (0.90-1.10)" in text
    assert "90.5" in text
