# SPDX-License-Identifier: Apache-2.0
"""The other servers and their load programs: which version, from which registry, and how each comes
below build/peers/. Nothing of them is part of this tree."""

from __future__ import annotations

import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from child_process import Unavailable, run_to_end
from debian import PEERS, Debs, say
from server_process import ROOT

INSTALL_SECONDS_MAX = 900.0
FAUXQS_NODE_MIN = (22, 5)  # it uses node:sqlite


@dataclass(frozen=True)
class Pinned:
    """A package of a registry, in one version. Debian's come in the version that apt has, which the
    result tells: an older one is not to be had there."""

    registry: str
    package: str
    version: str


VERSIONS = {
    "elasticmq": Pinned("Maven Central", "org.elasticmq:elasticmq-server_2.13", "1.6.12"),
    "moto": Pinned("PyPI", "moto[server]", "5.2.5"),
    "fauxqs": Pinned("npm", "fauxqs", "2.4.1"),
    "node": Pinned("npm", "node-linux-{arch}", "22.23.3"),  # for fauxqs, where there is none
    "goaws": Pinned("Go module proxy", "github.com/Admiral-Piett/goaws/app/cmd", "v0.5.4"),
    "rabbitmq": Pinned("Debian", "rabbitmq-server", "of Debian"),
    "perf-test": Pinned("Maven Central", "com.rabbitmq:perf-test", "2.22.1"),
    "nats": Pinned("Go module proxy", "github.com/nats-io/nats-server/v2", "v2.15.2"),
    "beanstalkd": Pinned("Debian", "beanstalkd", "of Debian"),
}

RABBITMQ = Debs(
    "rabbitmq",
    ["rabbitmq-server", "erlang-base"]
    + [
        f"erlang-{name}"
        for name in (
            *("asn1", "crypto", "eldap", "ftp", "inets", "mnesia", "os-mon", "parsetools"),
            *("public-key", "runtime-tools", "snmp", "ssl", "syntax-tools", "tftp", "tools"),
            "xmerl",
        )
    ],
)
BEANSTALKD = Debs("beanstalkd", ["beanstalkd"])

POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bench</groupId><artifactId>{name}</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>
  </dependency></dependencies>
</project>
"""


def folder(name: str) -> pathlib.Path:
    """Where this version is, or will be: another version is another folder."""
    return PEERS / name / re.sub(r"[^\w.]", "-", VERSIONS[name].version)


def need_program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"needs {name} on PATH (Debian: {package})")
    return found


class Fetched:
    """A folder that is complete or not there: what is fetched comes into one beside it first."""

    def __init__(self, name: str) -> None:
        self.name, self.path = name, folder(name)
        self._partial = self.path.with_name(self.path.name + ".partial")

    def __enter__(self) -> pathlib.Path:
        pinned = VERSIONS[self.name]
        say(f"fetching {pinned.package} {pinned.version} from {pinned.registry}, to {self.path}")
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)
        return self._partial

    def __exit__(self, kind: type[BaseException] | None, *unused: object) -> None:
        if kind is None:
            self._partial.rename(self.path)
        else:
            shutil.rmtree(self._partial, ignore_errors=True)


def maven(name: str) -> str:
    """The class path of a package and all that it needs."""
    if not folder(name).exists():
        pinned = VERSIONS[name]
        group, artifact = pinned.package.split(":")
        program = need_program("mvn", "maven")
        with Fetched(name) as place:
            pom = POM.format(name=name, group=group, artifact=artifact, version=pinned.version)
            (place / "pom.xml").write_text(pom)
            words = [
                "-q",
                "-B",
                "-Dstyle.color=never",
                "dependency:copy-dependencies",
                "-DincludeScope=runtime",
            ]
            run_to_end([program, *words, f"-DoutputDirectory={place}"], INSTALL_SECONDS_MAX, place)
    return f"{folder(name)}/*"


def pip(name: str) -> pathlib.Path:
    """The folder of the programs of a virtual environment. Its programs name their folder, so it
    is made where it stays, and marked when it is complete."""
    complete = folder(name) / "complete"
    if not complete.exists():
        pinned = VERSIONS[name]
        with Fetched(name):
            pass
        run_to_end([sys.executable, "-m", "venv", str(folder(name))], INSTALL_SECONDS_MAX)
        wanted = pinned.package.replace("]", "]==") + pinned.version
        command = [str(folder(name) / "bin" / "pip"), "install", "-q", wanted]
        run_to_end(command, INSTALL_SECONDS_MAX)
        complete.touch()
    return folder(name) / "bin"


def npm(name: str, package: str) -> pathlib.Path:
    """The folder node_modules with a package and all that it needs."""
    if not folder(name).exists():
        program = need_program("npm", "npm")
        with Fetched(name) as place:
            words = ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(place)]
            wanted = f"{package}@{VERSIONS[name].version}"
            # A newer Node.js than the one that npm runs on is fetched for it.
            run_to_end([program, *words, "--engine-strict=false", wanted], INSTALL_SECONDS_MAX)
    return folder(name) / "node_modules"


def node() -> pathlib.Path:
    """A Node.js new enough for fauxqs: the one on PATH, or npm's package of it."""
    if found := shutil.which("node"):
        text = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
        version = re.match(r"v(\d+)\.(\d+)", text)
        if version and (int(version[1]), int(version[2])) >= FAUXQS_NODE_MIN:
            return pathlib.Path(found)
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = VERSIONS["node"].package.format(arch=arch)
    return npm("node", package) / package / "bin" / "node"


def go_install(name: str, program: str) -> pathlib.Path:
    """The program, compiled from the module that the Go proxy has."""
    if not folder(name).exists():
        pinned = VERSIONS[name]
        go = need_program("go", "golang, 1.24 or newer")
        with Fetched(name) as place:
            wanted = f"{pinned.package}@{pinned.version}"
            os.environ["GOBIN"] = str(place)
            try:
                run_to_end([go, "install", wanted], INSTALL_SECONDS_MAX)
            finally:
                del os.environ["GOBIN"]
    return folder(name) / program


def go_build(source: pathlib.Path, program: str) -> pathlib.Path:
    """A program of our own whose modules the Go proxy has (named in go.mod, checked by go.sum)."""
    target = PEERS / program / program
    newest = max(path.stat().st_mtime for path in source.iterdir())
    if not target.exists() or target.stat().st_mtime < newest:
        go = need_program("go", "golang, 1.24 or newer")
        say(f"compiling {source.relative_to(ROOT)}, with modules from the Go module proxy")
        target.parent.mkdir(parents=True, exist_ok=True)
        run_to_end([go, "build", "-o", str(target), "."], INSTALL_SECONDS_MAX, source)
    return target
