# SPDX-License-Identifier: Apache-2.0
"""What each thread of a process has used, and how many connections each io thread has."""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SWITCHES = re.compile(r"voluntary_ctxt_switches:\s+(\d+)")  # of both kinds


@dataclass(frozen=True)
class Use:
    """Of a thread, or of several together."""

    cpu_seconds: float = 0.0
    switches: int = 0  # context switches, wanted and unwanted

    def since(self, before: Use) -> Use:
        return Use(self.cpu_seconds - before.cpu_seconds, self.switches - before.switches)


def summed(uses: Sequence[Use]) -> Use:
    return Use(sum(use.cpu_seconds for use in uses), sum(use.switches for use in uses))


def read_use(schedstat: str, status: str) -> Use:
    """From a thread's two files. The first counts nanoseconds; its `stat` only ticks of ten
    milliseconds, a hundredth of what is to be measured."""
    return Use(int(schedstat.split()[0]) / 1e9, sum(map(int, SWITCHES.findall(status))))


def uses(pid: int) -> dict[int, Use]:
    """Of each thread, by its id: in the order they were made."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            found[int(task.name)] = read_use(
                (task / "schedstat").read_text(), (task / "status").read_text()
            )
        except (FileNotFoundError, ProcessLookupError):
            pass  # it ended while we looked
    return dict(sorted(found.items()))


class ThreadMeter:
    """What a process's threads use from here on."""

    def __init__(self, pid: int) -> None:
        self._pid, self._before = pid, uses(pid)

    def used(self) -> dict[int, Use]:
        return {
            thread: use.since(self._before.get(thread, Use()))
            for thread, use in uses(self._pid).items()
        }


@dataclass(frozen=True)
class Roles:
    """A server's threads by what they do."""

    shard: Use  # the first thread: the shard, and its share of the connections
    journal: Use  # the worker that writes and syncs
    io: Sequence[Use]  # the io threads beyond the first
    others: Use

    def all(self) -> Use:
        return summed([self.shard, self.journal, *self.io, self.others])


def roles(pid: int, used: Mapping[int, Use], io_threads: int) -> Roles:
    """The first thread is the process's own, the io threads beyond it are made last; of the
    workers between them the journal's is the one that was busy."""
    ids = sorted(thread for thread in used if thread != pid)
    first_io = len(ids) - (io_threads - 1)
    workers = [used[thread] for thread in ids[:first_io]]
    journal = max(workers, key=lambda use: use.cpu_seconds)
    others = [use for use in workers if use is not journal]
    return Roles(used[pid], journal, [used[each] for each in ids[first_io:]], summed(others))


TARGET = re.compile(r"^tfd:\s+(\d+)", re.MULTILINE)


def socket_counts(links: Mapping[int, str], watched: Mapping[int, str]) -> list[int]:
    """Connections of each epoll, by descriptor. `links`: what each descriptor is, as /proc/<pid>/fd
    names it; `watched`: the epolls' fdinfo. One socket of each is its listener."""
    counts = []
    for epoll in sorted(watched):
        targets = map(int, TARGET.findall(watched[epoll]))
        sockets = sum(links.get(target, "").startswith("socket:") for target in targets)
        if sockets:
            counts.append(sockets - 1)
    return counts


def connection_counts(pid: int) -> list[int]:
    """Connections of each io thread: each has an epoll of its own, made in their order."""
    links, watched = {}, {}
    for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            links[int(path.name)] = os.readlink(path)
            if "eventpoll" in links[int(path.name)]:
                info = pathlib.Path(f"/proc/{pid}/fdinfo/{path.name}")
                watched[int(path.name)] = info.read_text()
        except FileNotFoundError:
            pass  # closed while we looked
    return socket_counts(links, watched)


def pin(pid: int, cpus: Sequence[int]) -> None:
    """All threads that the process has."""
    for thread in uses(pid):
        os.sched_setaffinity(thread, cpus)
