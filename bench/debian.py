# SPDX-License-Identifier: Apache-2.0
"""Programs of Debian packages that only a measurement needs: fetched with apt and unpacked below
build/peers/, so that no service of the system is installed, started or touched."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
from collections.abc import Sequence

from child_process import Unavailable, run_to_end
from server_process import ROOT

PEERS = ROOT / "build" / "peers"
FETCH_SECONDS_MAX = 300.0


def may_install() -> bool:
    """As ./dev: FOREBAY_NO_INSTALL=1 leaves apt alone."""
    return not os.environ.get("FOREBAY_NO_INSTALL")


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Debs:
    """Some packages, unpacked into one folder. What they depend on is there, or among them."""

    def __init__(self, name: str, packages: Sequence[str]) -> None:
        self.name, self.packages = name, packages
        self.folder = PEERS / name / "debs"

    def root(self, path: str) -> pathlib.Path:
        """The folder below which the packages' `path` stands; without apt the system's own root.

        Unavailable: it is not there and cannot be fetched.
        """
        unpacked = self.folder / "root"
        if not (unpacked / path).exists():
            if not may_install():
                return self._system_root(path)
            self._fetch()
            self._unpack()
        if not (unpacked / path).exists():
            raise Unavailable(f"the package {self.packages[0]} has no {path}")
        return unpacked

    def program(self, path: str) -> pathlib.Path:
        return self.root(path) / path

    def version(self) -> str:
        """Of the first package; empty when it was not fetched."""
        for path in self.folder.glob(f"{self.packages[0]}_*.deb"):
            return path.name.split("_")[1].replace("%3a", ":")
        return ""

    def _system_root(self, path: str) -> pathlib.Path:
        if not pathlib.Path("/", path).exists():
            raise Unavailable(f"there is no /{path}, and FOREBAY_NO_INSTALL is set")
        return pathlib.Path("/")

    def _fetch(self) -> None:
        say(f"fetching for '{self.name}' with apt, into {self.folder}: {' '.join(self.packages)}")
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise Unavailable("no apt here")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        command = ["apt-get", "download", "-o", "APT::Sandbox::User=root", *self.packages]
        try:
            run_to_end(command, FETCH_SECONDS_MAX, self.folder)
        except Unavailable:
            say("refreshing apt's package lists first")
            as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
            run_to_end([*as_root, "apt-get", "update"], FETCH_SECONDS_MAX)
            run_to_end(command, FETCH_SECONDS_MAX, self.folder)

    def _unpack(self) -> None:
        for path in sorted(self.folder.glob("*.deb")):
            run_to_end(["dpkg-deb", "-x", str(path), str(self.folder / "root")], FETCH_SECONDS_MAX)
