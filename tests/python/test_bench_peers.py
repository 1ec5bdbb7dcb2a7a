# SPDX-License-Identifier: Apache-2.0
"""What bench/ makes of other programs' output: their clients, their processes, their packages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

import peer_packages
from bench_command import Load, LoadFigures, Measured, command, read_figures
from ceilings_run import (
    DISK_GROUPS,
    FRONT_END,
    SERVER_LOADS,
    ceiling_of,
    disk_name,
    disk_row,
    merged,
    with_ratios,
)
from ceilings_table import show as show_ceilings
from child_process import (
    Child,
    ProcessStat,
    Unavailable,
    processes,
    read_stat,
    reason,
    run_to_end,
    tree,
)
from nginx import BODY, configuration
from peer_loads import FIGURES, perf_test_words, read_perf_test
from peer_packages import VERSIONS, Fetched, folder
from peer_servers import PEERS
from peers_run import forebay_rows, ratios
from peers_table import duration, header
from peers_table import show as show_peers
from picture import picture


def figures_text(**changes: object) -> str:
    """What `forebay bench --format json` prints."""
    send = {
        "requests": 1000,
        "messages": 10_000,
        "requests_per_second": 500.0,
        "messages_per_second": 5000.0,
        "errors": 0,
        "latency_us": {"p50": 100, "p90": 200, "p99": 300, "p999": 400, "max": 500},
    }
    report = {"actions": {"send": send}, "seconds": 2.0, "errors": {}, "load_cpu_seconds": 0.5}
    return json.dumps(report | changes)


def action(messages: int, p50: int) -> dict[str, object]:
    return {
        "requests": messages,
        "messages": messages,
        "requests_per_second": messages / 2,
        "messages_per_second": messages / 2,
        "errors": 0,
        "latency_us": {"p50": p50, "p90": 2, "p99": p50 * 10, "p999": 4, "max": 5},
    }


# Loads.


def test_a_row_has_the_sends_latency_and_costs_per_million_messages() -> None:
    row = Measured(read_figures(figures_text()), server_cpu_seconds=0.2).row()
    assert row["messages_per_second"] == 5000.0
    assert (row["p50_us"], row["p99_us"]) == (100, 300)
    assert row["server_cpu_seconds_per_million"] == pytest.approx(20.0)
    assert row["load_cpu_seconds_per_million"] == pytest.approx(50.0)


def test_a_round_trips_rate_is_that_of_its_deletes() -> None:
    # In any order: JSON objects have none.
    actions = {"delete": action(80, 7), "send": action(100, 5), "receive": action(90, 6)}
    figures = read_figures(figures_text(actions=actions))
    assert figures.first.p50_us == 5
    assert figures.last.messages == 80
    row = Measured(figures, 1.0).row()
    assert (row["messages_per_second"], row["p50_us"]) == (40.0, 5)


def test_failed_requests_are_no_figure() -> None:
    with pytest.raises(Unavailable, match="500 x3"):
        read_figures(figures_text(errors={"500": 3}))
    with pytest.raises(Unavailable, match="2 requests failed: send"):
        read_figures(figures_text(actions={"send": action(1, 1) | {"errors": 2}}))
    with pytest.raises(Unavailable, match="no request"):
        read_figures(figures_text(actions={"send": action(0, 0)}))


def test_the_bench_commands_words() -> None:
    words = command("http://127.0.0.1:1", Load("send", 10, 16, 1000), 4, "--raw-target", "/bench")
    assert words[1:] == (
        "bench --endpoint http://127.0.0.1:1 --mix send --batch 10 --body-bytes 1024"
        " --connections 16 --groups 1000 --duration 4s --warm-up 0s --format json"
        " --raw-target /bench"
    ).split(" ")


PERF_TEST = """\
id: test-1, starting consumer #0
id: test-1, time 1.000 s, sent: 100 msg/s, received: 10 msg/s, confirmed: 90 msg/s, nacked: 0 \
msg/s, min/median/75th/95th/99th consumer latency: 1/2/3/4/5 µs, confirm latency: 1/2/3/4/5 µs
id: test-1, time 2.000 s, sent: 100 msg/s, received: 20 msg/s, confirmed: 90 msg/s, nacked: 0 \
msg/s, min/median/75th/95th/99th consumer latency: 1/2/3/4/5 µs, confirm latency: 1/2/3/4/5 µs
id: test-1, time 3.000 s, sent: 700 msg/s, received: 600 msg/s, confirmed: 700 msg/s, nacked: 0 \
msg/s, min/median/75th/95th/99th consumer latency: 9/9/9/9/9 µs, confirm latency: 10/20/30/40/50 µs
id: test-1, time 4.000 s, sent: 1,900 msg/s, received: 800 msg/s, confirmed: 900 msg/s, nacked: 0 \
msg/s, min/median/75th/95th/99th consumer latency: 9/9/9/9/9 ms, confirm latency: 1/2/3/4/5 ms
test stopped (Reached time limit)
id: test-1, sending rate avg: 700 msg/s
id: test-1, confirm latency min/median/75th/95th/99th 1/2/3/4/5 µs
"""


def test_perf_tests_first_seconds_are_messages_but_no_rate() -> None:
    figures = read_perf_test(PERF_TEST, round_trip=False)
    send = figures.actions["send"]
    assert list(figures.actions) == ["send"]
    assert send.messages_per_second == 800
    assert send.messages == 90 + 90 + 700 + 900
    assert (send.p50_us, send.p99_us) == ((20 + 2000) // 2, (50 + 5000) // 2)


def test_a_round_trip_of_perf_test_counts_what_was_received() -> None:
    figures = read_perf_test(PERF_TEST, round_trip=True)
    assert figures.last.messages_per_second == 700
    assert figures.last.messages == 10 + 20 + 600 + 800


def test_perf_test_without_confirms_is_no_figure() -> None:
    for text in ("", "id: test-1, time 1.000 s, sent: 1 msg/s, confirmed: 0 msg/s\n" * 5):
        with pytest.raises(Unavailable):
            read_perf_test(text, round_trip=False)


def test_perf_test_has_as_many_connections_as_the_others() -> None:
    for load in FIGURES.values():
        words = perf_test_words(1, load, 4)
        given = {flag: words[words.index(flag) + 1] for flag in ("--producers", "--consumers")}
        assert sum(map(int, given.values())) == load.connections
        assert words[words.index("--confirm") + 1] == str(load.batch)


# Processes.


def test_a_processs_name_may_look_like_fields() -> None:
    fields = "S 7 8 9 0 -1 0 0 0 0 0 100 50 0 0 20 0 1 0 5 1000 3".split(" ")
    stat = read_stat(f"42 (a) S 1 (b) {' '.join(fields)}\n")
    ticks = os.sysconf("SC_CLK_TCK")
    assert stat == ProcessStat(7, 9, 150 / ticks, 3 * os.sysconf("SC_PAGE_SIZE"))
    assert read_stat(f"42 (a) Z {' '.join(fields[1:])}\n") is None


def test_a_tree_has_children_at_any_depth_and_the_whole_session() -> None:
    def stat(parent: int, session: int) -> ProcessStat:
        return ProcessStat(parent, session, 0.0, 0)

    known = {
        1: stat(0, 1),
        10: stat(1, 10),  # the leader
        11: stat(10, 10),
        12: stat(11, 12),  # a grandchild with a session of its own
        13: stat(12, 12),
        14: stat(1, 10),  # its parent ended
        20: stat(1, 20),
    }
    assert tree(10, known) == [10, 11, 12, 13, 14]


def test_stopping_ends_everything_that_was_started(tmp_path: Path) -> None:
    script = "sleep 600 & setsid sleep 601 & trap '' TERM; echo started; wait; wait"
    child = Child(["/bin/sh", "-c", script], tmp_path)
    with child:
        child.wait_ready(lambda: "started" in child.log.read_text(), 20)
        while len(everyone := tree(child.pid, processes())) < 3:
            time.sleep(0.01)  # only the table of processes tells when the shell has started all
        child.stop(seconds=0.1)
    running = processes()
    assert not [pid for pid in everyone if pid in running]


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    with Child(["/bin/sh", "-c", "echo no such disk; echo; exit 3"], tmp_path) as child:
        with pytest.raises(Unavailable, match="ended with 3: no such disk"):
            child.wait_ready(lambda: False, 20)


def test_a_program_that_fails_or_hangs_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="sh: it is full"):
        run_to_end(["/bin/sh", "-c", "echo it is full >&2; exit 1"], 20)
    with pytest.raises(Unavailable, match="not done within"):
        run_to_end(["/bin/sh", "-c", "sleep 600"], 0.1)
    assert run_to_end(["/bin/sh", "-c", "echo done"], 20) == "done\n"


def test_the_reason_is_the_line_that_names_an_error() -> None:
    lines = ["downloading", "go: reading https://h.example/list: 403 Forbidden", "see the log"]
    assert reason(lines) == "go: reading (an address) 403 Forbidden"
    assert reason(["a", "b"]) == "b"
    assert len(reason(["error: " + "x" * 1000 + " in the end"])) < 130
    assert reason(["error: " + "x" * 1000 + " in the end"]).endswith("in the end")


# Packages.


def test_every_peer_has_a_version_and_a_way_to_know_its_durability() -> None:
    for name, peer in PEERS.items():
        assert name in VERSIONS and peer.name == name
        assert peer.title.lower().startswith(name)
        assert re.match(r"its (documentation|manual): [-\w]", peer.known_from)


def test_versions_are_exact() -> None:
    for name, pinned in VERSIONS.items():
        if pinned.registry == "Debian":
            continue
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", pinned.version), name
        assert pinned.registry in ("PyPI", "npm", "Maven Central", "Go module proxy")


def test_another_version_is_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = folder("moto")
    newer = peer_packages.Pinned("PyPI", "moto[server]", "99.0.0")
    monkeypatch.setitem(VERSIONS, "moto", newer)
    assert folder("moto") != before


def test_what_was_fetched_by_half_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(peer_packages, "PEERS", tmp_path)
    with pytest.raises(Unavailable):
        with Fetched("fauxqs") as place:
            (place / "file").touch()
            raise Unavailable("the registry is gone")
    assert not folder("fauxqs").exists()
    assert not any((tmp_path / "fauxqs").iterdir())
    with Fetched("fauxqs") as place:
        (place / "file").touch()
    assert (folder("fauxqs") / "file").exists()


def test_without_apt_only_what_the_system_has_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import debian

    monkeypatch.setattr(debian, "PEERS", tmp_path)
    monkeypatch.setenv("FOREBAY_NO_INSTALL", "1")
    debs = debian.Debs("x", ["no-such-package"])
    with pytest.raises(Unavailable, match="FOREBAY_NO_INSTALL"):
        debs.program("usr/bin/no-such-program-anywhere")
    assert debs.program("usr/bin/env") == Path("/usr/bin/env")
    (tmp_path / "x/debs/root/usr/bin").mkdir(parents=True)
    (tmp_path / "x/debs/root/usr/bin/env").touch()
    assert debs.program("usr/bin/env") == tmp_path / "x/debs/root/usr/bin/env"


def test_nginx_listens_on_loopback_only() -> None:
    text = configuration(Path("/tmp/x"), 1234)
    assert re.findall(r"listen ([^;]*);", text) == ["127.0.0.1:1234"]
    assert f"return 200 '{BODY}';" in text
    assert text.count("{") == text.count("}")


# Arithmetic and tables.


def row(rate: float, per_message: int = 1) -> dict[str, float]:
    return {
        "requests_per_second": rate / per_message,
        "messages_per_second": rate,
        "p50_us": 100.0,
        "p99_us": 2000.0,
        "server_cpu_seconds_per_million": 20.0,
        "load_cpu_seconds_per_million": 10.0,
    }


def test_a_row_is_compared_with_the_front_end_of_its_connections_and_round() -> None:
    assert {ceiling_of(name) for name in SERVER_LOADS} == set(FRONT_END.values())
    rows = with_ratios({"front end, 64": row(100), "send, 64": row(80), "send, 1": row(5)})
    assert rows["send, 64"]["ratio"] == pytest.approx(0.8)
    assert "ratio" not in rows["send, 1"]
    assert "ratio" not in rows["front end, 64"]


def test_batches_are_compared_by_requests() -> None:
    rows = with_ratios({"front end, 64": row(100), "send in tens": row(500, per_message=10)})
    assert rows["send in tens"]["ratio"] == pytest.approx(0.5)


def test_rounds_are_merged_by_medians() -> None:
    rounds = [{"send, 1": row(90)}, {"send, 1": row(100)}, {"send, 1": row(130), "x": row(1)}]
    figures = merged(rounds)
    assert figures["send, 1"]["messages_per_second"] == 100
    assert figures["send, 1"]["spread_percent"] == pytest.approx(20)
    assert (figures["send, 1"]["rounds"], figures["x"]["rounds"]) == (3, 1)


def test_the_ceilings_table_has_every_figure() -> None:
    disk = disk_row('{"syncs_per_second": 7000.5, "records_per_second": 1, "p50_us":1,"p99_us":2}')
    rows = with_ratios({name: row(100) for name in (*FRONT_END.values(), *SERVER_LOADS)})
    rows |= {disk_name(*group): disk for group in DISK_GROUPS}
    text = show_ceilings({"figures": merged([rows]), "unavailable": {"nginx, 64": "no apt here"}})
    for name in (*FRONT_END.values(), *SERVER_LOADS, "disk, 64 x 4 KiB"):
        assert re.search(rf"^{re.escape(name)} .*\d", text, re.MULTILINE), name
    assert "1.00 of front end, 16" in text
    assert "nginx, 64            no apt here" in text
    assert "7,000" in text


def peer_figures() -> dict[str, object]:
    ours = {"send": [row(1000), row(3000)], "round trip": [row(10), row(10)]}
    theirs = {"send": [row(100), row(100)], "round trip": []}
    return {
        "title": "Slow, but safe",
        "durable": True,
        "known_from": "its manual: so",
        "version": "1.2",
        "figures": merged([{"send": each} for each in theirs["send"]]),
        "missing": {"round trip": "the protocol has none"},
        "ratios": ratios(ours, theirs),
        "ready_ms": 1234.0,
        "rss_bytes": 50 << 20,
        "rounds": theirs,
        "forebay": {"rounds": ours, "ready_ms": 9.0, "rss_bytes": 20 << 20},
    }


def test_each_round_is_compared_with_its_neighbour_and_only_where_there_is_one() -> None:
    found = peer_figures()["ratios"]
    assert found == {"send": {"median": 20.0, "low": 10.0, "high": 30.0}}


def test_the_peers_table_shows_who_is_missing_and_why() -> None:
    gone = {"durable": False, "known_from": "its documentation: memory", "unavailable": "403"}
    peers = {"beanstalkd": peer_figures(), "goaws": gone}
    text = show_peers({"forebay": forebay_rows(peers), "peers": peers})
    lines = text.splitlines()
    assert [line.split(" ")[0] for line in lines[2:5]] == ["forebay", "beanstalkd", "goaws"]
    assert "not measured: 403" in lines[4]
    assert "20.00 (10.00-30.00)" in text
    assert "no figure for round trip: the protocol has none" in text
    assert all(len(line) <= len(header()[1]) for line in lines[2:4])
    assert " 2,000 " in lines[2]  # the median of this server's rounds


def test_without_any_peer_there_is_nothing_of_ours_either() -> None:
    assert forebay_rows({"goaws": {"durable": False, "unavailable": "403"}}) == {}


def test_latencies_are_milliseconds() -> None:
    assert [duration(us) for us in (0, 140, 99_900, 123_456)] == ["-", "0.1", "99.9", "123"]


def test_the_commands_say_what_they_take() -> None:
    bench = Path(peer_packages.__file__).parent
    for name in ("ceilings.py", "peers.py"):
        done = subprocess.run(
            [sys.executable, str(bench / name), "--help"], capture_output=True, text=True
        )
        assert done.returncode == 0 and "--seconds" in done.stdout
    done = subprocess.run(
        [sys.executable, str(bench / "peers.py"), "--only", "kafka"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "no peer kafka" in done.stderr


def test_figures_have_no_hidden_state() -> None:
    first = read_figures(figures_text())
    assert isinstance(first, LoadFigures) and first == read_figures(figures_text())


# The picture.


def pictured() -> str:
    machine = {"when": "2026-01-02T03:04:05+00:00", "cpus": 2, "cpu": "A & B <fast>"}
    ceilings = {
        "machine": machine,
        "note": "shared",
        "figures": {"front end, 64": row(2000), "send, 64": row(1000), "send, 1": row(10)},
    }
    gone = {"durable": False, "known_from": "its documentation: memory", "unavailable": "403"}
    slow = peer_figures() | {"durable": False}
    peers = {"slow": slow, "goaws": gone}
    result = {"machine": machine, "note": "shared", "forebay": forebay_rows(peers), "peers": peers}
    return picture(ceilings, result)


def test_bars_are_as_long_as_their_rates() -> None:
    root = ElementTree.fromstring(pictured())
    space = "{http://www.w3.org/2000/svg}"
    widths = [
        float(each.attrib["width"])
        for each in root.iter(f"{space}rect")
        if each.attrib["class"].startswith("rate")
    ]
    # The ceilings' panel: front end and send; the peers': this server and the one that is slow.
    assert widths == pytest.approx([330, 165, 330, 16.5])
    assert [each.text for each in root.iter(f"{space}text") if each.text == "1,000"] == ["1,000"]


def test_the_picture_tells_memory_from_disk_and_leaves_out_the_missing() -> None:
    root = ElementTree.fromstring(pictured())
    classes = [each.attrib.get("class") for each in root.iter()]
    assert classes.count("rate memory") == 1 and classes.count("rate") == 3
    words = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "goaws" not in words and "Forebay" in words and "Slow, but safe" in words
    assert words.count("shared") == 1
    assert any("A & B <fast>" in each for each in words)


def test_the_picture_follows_dark_and_light() -> None:
    assert "prefers-color-scheme: dark" in pictured()
