#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the release binary: see bench/README.md."""

from __future__ import annotations

import argparse
import http.client
import json
import pathlib
import statistics
import tempfile
import time

from bench_command import Load, run_bench
from child_process import run_to_end
from load_run import need_programs
from server_process import BINARY, ROOT, Server

BENCH_PATH = "/bench"
DISK_SYNC = ROOT / "build" / "release" / "bench" / "disk_sync"


def load(port: int, connections: int, seconds: int, *flags: str) -> dict[str, float]:
    """Single sends, closed loop, after a second that does not count."""
    endpoint = f"http://127.0.0.1:{port}"
    run_bench(endpoint, Load("send", connections=connections), 1, *flags)
    send = run_bench(endpoint, Load("send", connections=connections), seconds, *flags).first
    return {"per_second": send.requests_per_second, "p50_us": send.p50_us, "p99_us": send.p99_us}


def measure_ready(rounds: int) -> float:
    times = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory:
            with Server(directory) as server:
                times.append(server.health_ms())
                server.stop()
    return statistics.median(times)


def measure_disk(seconds: int) -> dict[str, float]:
    """fdatasync after a 4 KiB write, in a file whose blocks were written before."""
    command = [str(DISK_SYNC), str(ROOT / "build"), "4096", "1", str(seconds)]
    report = json.loads(run_to_end(command, seconds + 60))
    return {
        "per_second": report["syncs_per_second"],
        "p50_us": report["p50_us"],
        "p99_us": report["p99_us"],
    }


def measure_memory(server: Server, count: int) -> float:
    queue = str(server.call("CreateQueue", {"QueueName": "memory"})["QueueUrl"])
    before = server.rss_kib()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    body = json.dumps(
        {
            "QueueUrl": queue,
            "Entries": [{"Id": str(i), "MessageBody": "x" * 1024} for i in range(10)],
        }
    )
    for _ in range(count // 10):
        connection.request(
            "POST",
            "/",
            body,
            {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "AmazonSQS.SendMessageBatch",
            },
        )
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    connection.close()
    return (server.rss_kib() - before) * 1024 / count


def measure(seconds: int) -> dict[str, object]:
    figures: dict[str, object] = {
        "ready_ms": measure_ready(20),
        "disk_fdatasync": measure_disk(2),
    }
    with (
        tempfile.TemporaryDirectory(dir=ROOT / "build") as directory,
        Server(directory, "--bench-path", BENCH_PATH) as server,
    ):
        server.health_ms()
        figures["idle_rss_mib"] = server.rss_kib() / 1024
        figures["bytes_per_queued_message"] = measure_memory(server, 100_000)
        for connections in (1, 64):
            figures[f"fixed_reply_{connections}"] = load(
                server.port, connections, seconds, "--raw-target", BENCH_PATH
            )
            figures[f"send_message_{connections}"] = load(server.port, connections, seconds)
        server.stop()
    return figures


def show(figures: dict[str, object]) -> None:
    print(f"ready on an empty directory      {figures['ready_ms']:.1f} ms (median of 20)")
    print(f"idle resident memory             {figures['idle_rss_mib']:.1f} MiB")
    print(f"memory per queued 1 KiB message  {figures['bytes_per_queued_message']:.0f} bytes")
    for name in (
        "disk_fdatasync",
        "fixed_reply_1",
        "send_message_1",
        "fixed_reply_64",
        "send_message_64",
    ):
        row = figures[name]
        assert isinstance(row, dict)
        print(
            f"{name:<32} {row['per_second']:>9.0f}/s"
            f"   p50 {row['p50_us']:>6.0f} us   p99 {row['p99_us']:>6.0f} us"
        )
    for connections in (1, 64):
        send, fixed = figures[f"send_message_{connections}"], figures[f"fixed_reply_{connections}"]
        assert isinstance(send, dict) and isinstance(fixed, dict)
        ratio = send["per_second"] / fixed["per_second"]
        print(f"send / fixed reply, {connections:>2} connections  {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measures the release binary (see bench/README.md)."
    )
    parser.add_argument("--seconds", type=int, default=5, help="length of one load run (default 5)")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    need_programs(BINARY, DISK_SYNC)
    figures = measure(arguments.seconds)
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
