# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured beside this one: how each is installed, started, asked and loaded.

All listen on 127.0.0.1 and keep their files in a folder that is removed at the end.
"""

from __future__ import annotations

import http.client
import pathlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

import peer_loads
import peer_packages
from bench_command import Load, LoadFigures, run_bench
from child_process import Child, Unavailable, free_port
from peer_packages import BEANSTALKD, RABBITMQ, VERSIONS, need_program


@dataclass(frozen=True)
class Start:
    """What has to run: commands in order, each with its environment. The last one is the server."""

    commands: Sequence[Sequence[str]]
    env: dict[str, str] = field(default_factory=dict)


class Peer:
    """One server. `title` names it and how it is set up; `durable` is whether a send's answer
    means that the message is on the disk; `known_from` says how one knows."""

    name = ""
    title = ""
    durable = False
    known_from = ""
    ready_seconds_max = 60.0

    def version(self) -> str:
        return VERSIONS[self.name].version

    def start(self, directory: pathlib.Path, port: int) -> Start:
        """Installs what is missing and writes what the server reads."""
        raise NotImplementedError

    def is_ready(self, port: int) -> bool:
        raise NotImplementedError

    def load(self, port: int, load: Load, seconds: int) -> LoadFigures:
        raise NotImplementedError


class SqsPeer(Peer):
    def is_ready(self, port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "AmazonSQS.ListQueues",
            "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sqs/aws4_request,"
            " SignedHeaders=host, Signature=0",
        }
        try:
            connection.request("POST", "/", "{}", headers)
            return connection.getresponse().status == 200
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    def load(self, port: int, load: Load, seconds: int) -> LoadFigures:
        return run_bench(f"http://127.0.0.1:{port}", load, seconds)


class ElasticMq(SqsPeer):
    name = "elasticmq"
    title = "ElasticMQ"
    known_from = "its documentation: in memory unless H2 persistence is configured"

    CONFIG = """\
include classpath("application.conf")
node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}
rest-sqs {{ enabled = true, bind-port = {port}, bind-hostname = "127.0.0.1", sqs-limits = strict }}
rest-stats {{ enabled = false }}
"""

    def start(self, directory: pathlib.Path, port: int) -> Start:
        java = need_program("java", "default-jre-headless")
        classes = peer_packages.maven(self.name)
        config = directory / "elasticmq.conf"
        config.write_text(self.CONFIG.format(port=port))
        words = [java, f"-Dconfig.file={config}", "-cp", classes, "org.elasticmq.server.Main"]
        return Start([words])


class Moto(SqsPeer):
    name = "moto"
    title = "moto server"
    known_from = "its documentation: a mock that keeps everything in memory"

    def start(self, directory: pathlib.Path, port: int) -> Start:
        program = peer_packages.pip(self.name) / "moto_server"
        return Start([[str(program), "-H", "127.0.0.1", "-p", str(port)]])


class Fauxqs(SqsPeer):
    name = "fauxqs"
    title = "fauxqs"
    known_from = "its documentation: in memory unless FAUXQS_PERSISTENCE is set"

    def start(self, directory: pathlib.Path, port: int) -> Start:
        modules = peer_packages.npm(self.name, "fauxqs")
        hook = pathlib.Path(__file__).parent / "peers" / "loopback.mjs"
        program = modules / "fauxqs" / "dist" / "cli.js"
        words = [str(peer_packages.node()), "--import", str(hook), str(program)]
        return Start([words], {"FAUXQS_PORT": str(port), "FAUXQS_LOGGER": "false"})


class Goaws(SqsPeer):
    """Listens on every address of the machine: it has no setting for that."""

    name = "goaws"
    title = "goaws"
    known_from = "its documentation: in memory only"

    CONFIG = """\
Local:
  Host: 127.0.0.1
  Port: {port}
  Region: us-east-1
  AccountId: "000000000000"
  LogToFile: false
"""

    def start(self, directory: pathlib.Path, port: int) -> Start:
        program = peer_packages.go_install(self.name, "cmd")
        config = directory / "goaws.yaml"
        config.write_text(self.CONFIG.format(port=port))
        return Start([[str(program), "-config", str(config), "Local"]])


class RabbitMq(Peer):
    name = "rabbitmq"
    title = "RabbitMQ, quorum queue"
    durable = True
    known_from = "its documentation: a quorum queue confirms after the log is written and synced"

    # Debian's own `erl` knows only the place that the package installs it to.
    ERL = """\
#!/bin/sh
export ROOTDIR={erlang} BINDIR={programs} EMU=beam PROGNAME=erl
exec "$BINDIR/erlexec" "$@"
"""

    def version(self) -> str:
        return f"{RABBITMQ.version()}, PerfTest {VERSIONS['perf-test'].version}"

    def start(self, directory: pathlib.Path, port: int) -> Start:
        """Its own epmd, so that none stays behind and no other node is met."""
        root = RABBITMQ.root("usr/lib/rabbitmq/bin/rabbitmq-server")
        server = next(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
        programs = next(root.glob("usr/lib/erlang/erts-*/bin"))
        names = free_port()
        (directory / "home").mkdir()
        (directory / "bin").mkdir()
        erl = directory / "bin" / "erl"
        erl.write_text(self.ERL.format(erlang=root / "usr/lib/erlang", programs=programs))
        erl.chmod(0o755)
        (directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{port}\nlog.console = true\nlog.file = false\n"
            "disk_free_limit.absolute = 1GB\n"
        )
        (directory / "enabled_plugins").write_text("[].\n")
        env = {
            "PATH": f"{directory}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(directory / "home"),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_HOME": str(server.parents[1]),
            "RABBITMQ_NODENAME": f"bench{port}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(directory / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "logs"),
            "RABBITMQ_PID_FILE": str(directory / "pid"),
        }
        listen = [str(programs / "epmd"), "-address", "127.0.0.1", "-port", str(names)]
        return Start([listen, ["/bin/sh", str(server)]], env)

    def is_ready(self, port: int) -> bool:
        """It answers a protocol header with its first frame."""
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(5)
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"

    def load(self, port: int, load: Load, seconds: int) -> LoadFigures:
        return peer_loads.perf_test(port, load, seconds)


class Nats(Peer):
    name = "nats"
    title = "NATS JetStream, synced"
    durable = True
    known_from = "its documentation: sync_interval always syncs before it acknowledges a message"

    CONFIG = """\
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{directory}/data", sync_interval: always }}
"""

    def start(self, directory: pathlib.Path, port: int) -> Start:
        program = peer_packages.go_install(self.name, "nats-server")
        config = directory / "nats.conf"
        config.write_text(self.CONFIG.format(port=port, directory=directory))
        return Start([[str(program), "-c", str(config)]])

    def is_ready(self, port: int) -> bool:
        """It greets with what it can do."""
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(5)
            return b'"jetstream":true' in connection.recv(4096)

    def load(self, port: int, load: Load, seconds: int) -> LoadFigures:
        return peer_loads.nats_load(port, load, seconds)


class Beanstalkd(Peer):
    name = "beanstalkd"
    title = "beanstalkd -f0"
    durable = True
    known_from = "its manual: -f0 calls fsync each time it writes to the disk"

    def version(self) -> str:
        return BEANSTALKD.version()

    def start(self, directory: pathlib.Path, port: int) -> Start:
        program = BEANSTALKD.program("usr/bin/beanstalkd")
        (directory / "data").mkdir()
        words = [str(program), "-l", "127.0.0.1", "-p", str(port)]
        return Start([[*words, "-b", str(directory / "data"), "-f0"]])

    def is_ready(self, port: int) -> bool:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(5)
            connection.sendall(b"list-tubes\r\n")
            return connection.recv(2) == b"OK"

    def load(self, port: int, load: Load, seconds: int) -> LoadFigures:
        return peer_loads.beanstalk_load(port, load, seconds)


PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (ElasticMq(), Moto(), Fauxqs(), Goaws(), RabbitMq(), Nats(), Beanstalkd())
}


class RunningPeer:
    """A started peer. Stopped at the end of its `with` block, with everything it started."""

    def __init__(self, peer: Peer, directory: pathlib.Path) -> None:
        directory.mkdir(parents=True)
        self.peer, self.port = peer, free_port()
        self._children: list[Child] = []
        start = peer.start(directory, self.port)
        try:
            for number, command in enumerate(start.commands):
                self._children.append(Child(command, directory / f"run-{number}", start.env))
            self.ready_ms = self.server.wait_ready(
                lambda: peer.is_ready(self.port), peer.ready_seconds_max
            )
        except BaseException:
            self._stop()
            raise

    @property
    def server(self) -> Child:
        return self._children[-1]

    def __enter__(self) -> RunningPeer:
        return self

    def __exit__(self, *unused: object) -> None:
        self._stop()

    def _stop(self) -> None:
        for child in reversed(self._children):
            child.stop()

    def load(self, load: Load, seconds: int) -> LoadFigures:
        figures = self.peer.load(self.port, load, seconds)
        if self.server.process.poll() is not None:
            raise Unavailable(f"the server ended: {self.server.last_words()}")
        return figures
