# SPDX-License-Identifier: Apache-2.0
"""`forebay journal ...` as an operator uses it: on the data of a real server, whole, damaged, and
while the server runs."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Set

import pytest

import journal_files
from forebay_server import ForebayServer, ServerFailed, binary, wait_until
from sqs_clients import bodies, counts, drain, receive, sqs_client

NewServer = Callable[..., ForebayServer]
ORDERS = [f"order-{number}-{'x' * 50}" for number in range(10)]
# Three segments, and less than the 16 MiB after which a server takes its first snapshot.
BULK = [f"bulk-{number:02}-".ljust(700_000, "b") for number in range(23)]
SEGMENT_FLAGS = ("--segment-mb", "8")


def tool(*arguments: Any, code: int = 0) -> str:
    """Runs `forebay journal ...`; what it printed."""
    done = subprocess.run(
        [str(binary()), "journal", *map(str, arguments)], capture_output=True, text=True, timeout=60
    )
    output = done.stdout + done.stderr
    assert done.returncode == code, output
    return output


def fill(sqs: Any) -> None:
    """Some of everything: sent, received, deleted, purged."""
    orders = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for body in ORDERS:
        sqs.send_message(QueueUrl=orders, MessageBody=body)
    first, second = receive(sqs, orders, 2)
    sqs.delete_message(QueueUrl=orders, ReceiptHandle=first["ReceiptHandle"])
    sqs.change_message_visibility(
        QueueUrl=orders, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=43_000
    )
    purged = sqs.create_queue(QueueName="purged")["QueueUrl"]
    sqs.send_message(QueueUrl=purged, MessageBody="nobody will read this")
    sqs.purge_queue(QueueUrl=purged)


def made_data(directory: Path, bulk: bool) -> Path:
    """The data directory of a server that was filled and stopped."""
    with ForebayServer(directory, *SEGMENT_FLAGS) as server:
        sqs = sqs_client(server.endpoint)
        fill(sqs)
        if bulk:
            url = sqs.create_queue(QueueName="bulk")["QueueUrl"]
            for body in BULK:
                sqs.send_message(QueueUrl=url, MessageBody=body)
        assert server.stop() == 0
    return directory / "data"


@pytest.fixture(scope="module")
def small_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_data(tmp_path_factory.mktemp("small"), bulk=False)


@pytest.fixture(scope="module")
def large_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several segments, no snapshot."""
    data = made_data(tmp_path_factory.mktemp("large"), bulk=True)
    assert len(journal_files.segments(data / "journal")) >= 3
    assert not journal_files.snapshots(data / "journal")
    return data


@pytest.fixture(scope="module")
def snapshotted_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several segments, then a snapshot, then some facts more."""
    directory = tmp_path_factory.mktemp("snapshotted")
    with ForebayServer(directory, *SEGMENT_FLAGS) as server:
        sqs = sqs_client(server.endpoint)
        url = sqs.create_queue(QueueName="bulk")["QueueUrl"]
        for body in BULK:
            sqs.send_message(QueueUrl=url, MessageBody=body)

        def grown_until_snapshot() -> bool:
            extra = sqs.create_queue(QueueName="extra")["QueueUrl"]
            sqs.send_message(QueueUrl=extra, MessageBody="e" * 900_000)
            return bool(journal_files.snapshots(server.data / "journal"))

        wait_until(grown_until_snapshot, 60, "a snapshot", pause=0.1)
        fill(sqs)
        assert server.stop() == 0
    return server.data


@pytest.fixture
def small(small_original: Path, tmp_path: Path) -> Path:
    """A data directory to do harm to, in the place where a server of this test would look."""
    return Path(shutil.copytree(small_original, tmp_path / "server" / "data"))


@pytest.fixture
def large(large_original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(large_original, tmp_path / "server" / "data"))


@pytest.fixture
def snapshotted(snapshotted_original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(snapshotted_original, tmp_path / "server" / "data"))


def digest(data: Path) -> Dict[str, str]:
    """Every file but the lock, which any look for an owner touches."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((data / "journal").iterdir())
        if path.name != "LOCK"
    }


def refusal_of_server(data: Path) -> str:
    """What `serve` says when it does not start on `data`."""
    server = ForebayServer(data.parent, *SEGMENT_FLAGS)
    with pytest.raises(ServerFailed) as caught:
        server.start()
    return str(caught.value)


# Verify.


def test_verify_finds_a_good_directory_intact(small: Path) -> None:
    before = digest(small)
    for place in (small, small / "journal"):
        text = tool("verify", place, "--queues")
        assert "\nIntact.\n" in text
        rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.split()}
        assert rows["orders"] == ["9", "1", "0"]
        assert rows["purged"] == ["0", "0", "0"]
        assert rows["segments"][0] == "1"
        assert rows["live"] == ["messages", "9"] + rows["live"][2:]
    assert digest(small) == before


def test_verify_works_beside_a_running_server(new_server: NewServer) -> None:
    with new_server(*SEGMENT_FLAGS) as server:
        traffic = Traffic(server).start()
        for wanted in (50, 200, 400):
            traffic.wait_for_sends(wanted)
            assert "Intact." in tool("verify", server.data)
        traffic.stop()


def test_a_torn_tail_is_no_damage(small: Path) -> None:
    journal_files.append_torn_batch(small / "journal")
    text = tool("verify", small)
    assert "being written" in text and "Intact." in text
    with ForebayServer(small.parent, *SEGMENT_FLAGS) as server:
        assert "cut a torn batch" in server.run_log()


def test_verify_says_what_a_flipped_byte_in_a_body_costs(small: Path) -> None:
    record = journal_files.flip_in_content(small / "journal", ORDERS[4].encode())
    batch = journal_files.batch_of(small / "journal", record)
    sends = sum(1 for each in batch.records if each.type == journal_files.MESSAGE_SENT)
    text = tool("verify", small, code=1)
    assert str(record.path) in text and f"byte {batch.offset}" in text
    assert f"{sends} message" in text and "sent or moved there" in text
    assert "damaged bytes tell: 1 message to orders" in text
    refused = refusal_of_server(small)
    assert str(record.path) in refused and str(batch.offset) in refused


def test_verify_names_a_damaged_batch_header(small: Path) -> None:
    batch = journal_files.all_batches(small / "journal")[3]
    journal_files.flip_byte(batch.path, batch.offset + 8)
    text = tool("verify", small, code=1)
    assert str(batch.path) in text and f"byte {batch.offset}" in text
    assert str(batch.offset) in refusal_of_server(small)


def test_verify_names_a_damaged_segment_header(large: Path) -> None:
    path = journal_files.segments(large / "journal")[1]
    journal_files.flip_byte(path, 40)
    assert str(path) in tool("verify", large, code=1)
    assert str(path) in refusal_of_server(large)


def test_verify_names_a_truncated_segment(large: Path) -> None:
    path = journal_files.segments(large / "journal")[1]
    middle = journal_files.batches(path)[2]
    journal_files.truncate(path, middle.offset + 100)
    text = tool("verify", large, code=1)
    assert str(path) in text and "sent or moved there" in text
    assert str(path) in refusal_of_server(large)


def test_verify_names_a_missing_segment(large: Path) -> None:
    path = journal_files.segments(large / "journal")[1]
    lost = sum(
        1
        for batch in journal_files.batches(path)
        for record in batch.records
        if record.type == journal_files.MESSAGE_SENT
    )
    path.unlink()
    text = tool("verify", large, code=1)
    assert str(path) in text and f"{lost} messages were sent or moved there" in text
    assert str(path) in refusal_of_server(large)


def test_a_newer_format_is_refused_with_both_versions(small: Path) -> None:
    (path,) = journal_files.segments(small / "journal")
    journal_files.set_format_version(path, 9)
    for text in (refusal_of_server(small), tool("verify", small, code=1)):
        assert str(path) in text and "version 9" in text and "up to 1" in text
    tool("repair", small, "--yes", code=1)


def test_two_servers_on_one_directory(new_server: NewServer) -> None:
    with new_server(*SEGMENT_FLAGS) as server:
        done = subprocess.run(
            [str(binary()), "serve", "--listen", "127.0.0.1:0", "--data", str(server.data)],
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert done.returncode == 1
        assert "another process is using this directory" in done.stderr
        text = tool("repair", server.data, code=1)
        assert "another process is using this directory" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("verify", "/no/such/place"),
        ("verify", "/"),
        ("mend", "x"),
        ("dump", "x", "--from", "soon"),
    ],
)
def test_wrong_use_ends_with_2(arguments: List[str]) -> None:
    assert "forebay: " in tool(*arguments, code=2)


# With a snapshot.


def bulk_left(data: Path) -> List[str]:
    """Starts a server on `data` and takes what the queue holds."""
    with ForebayServer(data.parent, *SEGMENT_FLAGS) as server:
        sqs = sqs_client(server.endpoint)
        return sorted(bodies(drain(sqs, sqs.get_queue_url(QueueName="bulk")["QueueUrl"])))


def test_verify_starts_from_the_snapshot(snapshotted: Path) -> None:
    text = tool("verify", snapshotted, "--queues")
    (snapshot,) = journal_files.snapshots(snapshotted / "journal")
    assert f"snapshot {int(snapshot.stem)} of position" in text and "Intact." in text
    assert any(line.split() == ["bulk", str(len(BULK)), "0", "0"] for line in text.splitlines())
    assert [f["queue"] for f in facts(snapshotted) if f["fact"] == "QueuePurged"] == ["purged"]


def test_a_damaged_snapshot_costs_nothing(snapshotted: Path) -> None:
    (path,) = journal_files.snapshots(snapshotted / "journal")
    journal_files.flip_byte(path, path.stat().st_size // 2)
    text = tool("verify", snapshotted, code=1)
    assert str(path) in text and "cannot be read" not in text and "sent or moved" not in text
    assert path.name in tool("repair", snapshotted, code=3)
    tool("repair", snapshotted, "--yes")
    assert not path.exists()
    assert "Intact." in tool("verify", snapshotted)
    assert bulk_left(snapshotted) == BULK


def test_a_content_damaged_before_the_snapshot_costs_one_message(snapshotted: Path) -> None:
    record = journal_files.flip_in_content(snapshotted / "journal", BULK[2][:20].encode())
    text = tool("verify", snapshotted, code=1)
    assert str(record.path) in text and "1 message of bulk cannot be read" in text
    assert "deleted messages may be back" not in text  # no facts are lost
    text = tool("repair", snapshotted, "--yes")
    assert "Messages whose content is lost" in text and "1 message whose content" in text
    assert "Intact." in tool("verify", snapshotted)
    assert bulk_left(snapshotted) == BULK[:2] + BULK[3:]


def test_a_missing_segment_before_the_snapshot_costs_its_messages(snapshotted: Path) -> None:
    path = journal_files.segments(snapshotted / "journal")[0]
    lost = [body for body in BULK if body[:20].encode() in path.read_bytes()]
    assert lost
    path.unlink()
    text = tool("verify", snapshotted, code=1)
    assert str(path) in text and f"{len(lost)} messages of bulk cannot be read" in text
    assert path.name in refusal_of_server(snapshotted)
    tool("repair", snapshotted, code=3)
    tool("repair", snapshotted, "--yes")
    assert "Intact." in tool("verify", snapshotted)
    assert bulk_left(snapshotted) == [body for body in BULK if body not in lost]


def test_a_backup_with_a_snapshot_is_restored(snapshotted: Path, tmp_path: Path) -> None:
    tool("backup", snapshotted, tmp_path / "copy")
    assert "1 snapshot" in tool("restore", tmp_path / "copy", tmp_path / "new" / "data")
    assert "Intact." in tool("verify", tmp_path / "new" / "data")
    assert bulk_left(tmp_path / "new" / "data") == BULK


# Dump.


def facts(data: Path, *flags: str, code: int = 0) -> List[Dict[str, Any]]:
    return [
        json.loads(line)
        for line in tool("dump", data, "--json", *flags, code=code).split("\n")[:-1]
    ]


def test_dump_shows_what_happened_in_order(small: Path) -> None:
    found = facts(small)
    assert [fact["position"] for fact in found] == sorted(fact["position"] for fact in found)
    sent = [f for f in found if f["fact"] == "MessageSent" and f["queue"] == "orders"]
    assert [fact["body"] for fact in sent] == [body[:60] for body in ORDERS]
    received = [f["message"] for f in found if f["fact"] == "MessageReceived"]
    assert received == [sent[0]["message"], sent[1]["message"]]
    deleted = [f for f in found if f["fact"] == "MessageDeleted"]
    assert [(f["queue"], f["message"]) for f in deleted] == [("orders", sent[0]["message"])]
    assert [f["queue"] for f in found if f["fact"] == "QueuePurged"] == ["purged"]
    assert "secret" not in json.dumps(found).lower()


def test_dump_is_readable(small: Path) -> None:
    lines = tool("dump", small).splitlines()
    assert any("QueueCreated" in line and "queue=orders" in line for line in lines)
    assert any("MessageSent" in line and "body=" + ORDERS[3] in line for line in lines)
    assert any("VisibilityChanged" in line and "visible_at=20" in line for line in lines)


def test_dump_takes_a_range_and_whole_bodies(large: Path) -> None:
    every = facts(large)
    some = facts(large, "--from", str(every[5]["position"]), "--to", str(every[9]["position"]))
    assert some == every[5:9]
    shown = [f["body"] for f in every if f.get("queue") == "bulk" and "body" in f]
    assert shown == [body[:60] + "..." for body in BULK]
    whole = [
        f["body"] for f in facts(large, "--bodies") if f.get("queue") == "bulk" and "body" in f
    ]
    assert whole == BULK


def test_dump_goes_on_behind_a_damage(small: Path) -> None:
    record = journal_files.flip_in_content(small / "journal", ORDERS[4].encode())
    found = facts(small, code=1)
    damage = [index for index, fact in enumerate(found) if fact["fact"] == "DAMAGED"]
    assert len(damage) == 1 and str(record.path) in found[damage[0]]["what"]
    assert any("body" in fact and ORDERS[3] in fact["body"] for fact in found[: damage[0]])
    assert any("body" in fact and ORDERS[5] in fact["body"] for fact in found[damage[0] :])


# Backup and restore.


class Traffic:
    """A client that sends and deletes until it is stopped, and writes down when."""

    def __init__(self, server: ForebayServer) -> None:
        self._sqs = sqs_client(server.endpoint)
        self.url = self._sqs.create_queue(QueueName="load", Attributes={"VisibilityTimeout": "1"})[
            "QueueUrl"
        ]
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._delete)]
        self.send_began: Dict[str, float] = {}
        self.send_ended: Dict[str, float] = {}
        self.delete_began: Dict[str, float] = {}
        self.delete_ended: Dict[str, float] = {}
        self.failure: Optional[BaseException] = None

    def start(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        assert self.failure is None, self.failure

    def wait_for_sends(self, count: int) -> None:
        wait_until(lambda: len(self.send_ended) >= count or self.failure, 60, f"{count} sends")

    def _send(self) -> None:
        self._until_stopped(self._send_batch)

    def _delete(self) -> None:
        self._until_stopped(self._delete_some)

    def _until_stopped(self, step: Callable[[], None]) -> None:
        try:
            while not self._stopped.is_set():
                step()
        except BaseException as error:  # told by stop()
            self.failure = error

    def _send_batch(self) -> None:
        batch = [f"m{len(self.send_began) + index}-{'y' * 20_000}" for index in range(5)]
        began = time.monotonic()
        self.send_began.update(dict.fromkeys(batch, began))
        reply = self._sqs.send_message_batch(
            QueueUrl=self.url,
            Entries=[{"Id": str(i), "MessageBody": body} for i, body in enumerate(batch)],
        )
        assert len(reply["Successful"]) == len(batch)
        self.send_ended.update(dict.fromkeys(batch, time.monotonic()))

    def _delete_some(self) -> None:
        for message in receive(self._sqs, self.url, 3, wait=1):
            self.delete_began.setdefault(message["Body"], time.monotonic())
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            self.delete_ended.setdefault(message["Body"], time.monotonic())


def check_is_a_moment(found: Set[str], traffic: Traffic, began: float, ended: float) -> None:
    """`found` is what was there at some moment between the two."""
    never = float("inf")
    for body, sent in traffic.send_ended.items():
        if sent < began and traffic.delete_began.get(body, never) > ended:
            assert body in found, f"{body[:20]} was acknowledged before the backup and is not in it"
    for body in found:
        assert traffic.send_began[body] < ended, f"{body[:20]} was sent after the backup"
        assert (
            traffic.delete_ended.get(body, never) > began
        ), f"{body[:20]} was deleted before the backup"


def test_a_backup_under_load_is_the_state_of_a_moment(
    new_server: NewServer, tmp_path: Path
) -> None:
    copy, restored = tmp_path / "copy", new_server(*SEGMENT_FLAGS)
    with new_server(*SEGMENT_FLAGS) as server:
        traffic = Traffic(server).start()
        traffic.wait_for_sends(600)  # more than a segment
        began = time.monotonic()
        text = tool("backup", server.data, copy)
        ended = time.monotonic()
        traffic.wait_for_sends(len(traffic.send_ended) + 50)
        traffic.stop()
    assert "segment" in text and not (tmp_path / "copy.unfinished").exists()
    assert "Intact." in tool("verify", copy)
    assert "checksum" in tool("restore", copy, restored.data)
    with restored:
        sqs = sqs_client(restored.endpoint)
        found = bodies(drain(sqs, sqs.get_queue_url(QueueName="load")["QueueUrl"]))
    assert len(found) == len(set(found)) > 100
    check_is_a_moment(set(found), traffic, began, ended)


def test_a_backup_is_not_changed_by_what_follows(new_server: NewServer, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with new_server(*SEGMENT_FLAGS) as server:
        traffic = Traffic(server).start()
        traffic.wait_for_sends(600)  # more than a segment: the first is linked
        tool("backup", server.data, copy)
        before = {path.name: path.read_bytes() for path in copy.iterdir()}
        traffic.wait_for_sends(len(traffic.send_ended) + 600)
        traffic.stop()
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_a_stopped_server_is_restored_as_it_was(large: Path, new_server: NewServer) -> None:
    copy, restored = large.parent / "copy", new_server(*SEGMENT_FLAGS)
    tool("backup", large, copy)
    tool("restore", copy, restored.data)
    with restored:
        sqs = sqs_client(restored.endpoint)
        orders = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
        assert counts(sqs, orders) == (8, 1, 0)
        bulk = sqs.get_queue_url(QueueName="bulk")["QueueUrl"]
        assert sorted(bodies(drain(sqs, bulk))) == BULK


def test_nothing_is_written_over(small: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "file").write_text("mine")
    assert "used" in tool("backup", small, used, code=2)
    copy = tmp_path / "copy"
    tool("backup", small, copy)
    assert "not empty" in tool("restore", copy, used, code=2)
    assert [path.name for path in used.iterdir()] == ["file"]


def test_a_damaged_backup_is_not_restored(large: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    tool("backup", large, copy)
    shutil.copytree(copy, tmp_path / "harmed")  # what is linked would be harmed in the original
    record = journal_files.flip_in_content(tmp_path / "harmed", BULK[3][:20].encode())
    text = tool("restore", tmp_path / "harmed", tmp_path / "new", code=1)
    assert str(record.path) in text
    assert not journal_files.segments(tmp_path / "new" / "journal")


# Repair.


def test_a_good_directory_needs_no_repair(small: Path) -> None:
    before = digest(small)
    assert "Nothing to repair." in tool("repair", small)
    assert "Nothing to repair." in tool("repair", small, "--yes")
    assert digest(small) == before


def orders_left(data: Path) -> List[str]:
    """Starts a server on `data` and receives what there is."""
    with ForebayServer(data.parent, *SEGMENT_FLAGS) as server:
        sqs = sqs_client(server.endpoint)
        return bodies(receive(sqs, sqs.get_queue_url(QueueName="orders")["QueueUrl"]))


def test_repair_shows_first_and_drops_only_then(small: Path) -> None:
    record = journal_files.flip_in_content(small / "journal", ORDERS[4].encode())
    batch = journal_files.batch_of(small / "journal", record)
    before = digest(small)
    text = tool("repair", small, code=3)
    assert str(record.path) in text and str(batch.size) in text and "--yes" in text
    assert "1 message was sent or moved there" in text
    assert digest(small) == before

    text = tool("repair", small, "--yes")
    assert "Repaired" in text
    (saved,) = (small / "journal").glob("repair-*.saved")
    assert ORDERS[4][5:].encode() in saved.read_bytes()
    assert "Intact." in tool("verify", small)
    assert sorted(orders_left(small)) == ORDERS[2:4] + ORDERS[5:]


def test_repair_of_a_missing_segment(large: Path, new_server: NewServer) -> None:
    path = journal_files.segments(large / "journal")[1]
    lost = [body for body in BULK if body[:20].encode() in path.read_bytes()]
    assert lost
    path.unlink()
    tool("repair", large, code=3)
    tool("repair", large, "--yes")
    assert "Intact." in tool("verify", large)
    assert len(orders_left(large)) == 8
    with ForebayServer(large.parent, *SEGMENT_FLAGS) as server:
        sqs = sqs_client(server.endpoint)
        left = bodies(drain(sqs, sqs.get_queue_url(QueueName="bulk")["QueueUrl"]))
        assert sorted(left) == [body for body in BULK if body not in lost]


def test_a_deletion_that_is_lost_brings_the_message_back(tmp_path: Path) -> None:
    with ForebayServer(tmp_path, *SEGMENT_FLAGS) as server:
        sqs = sqs_client(server.endpoint)
        url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "0"})[
            "QueueUrl"
        ]
        sqs.send_message(QueueUrl=url, MessageBody="again")
        (message,) = receive(sqs, url)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert server.stop() == 0
    (deleted,) = [
        batch
        for batch in journal_files.all_batches(server.data / "journal")
        if any(record.type == journal_files.MESSAGE_DELETED for record in batch.records)
    ]
    journal_files.flip_byte(deleted.path, deleted.offset + deleted.size - 1)
    text = tool("repair", server.data, code=3)
    assert "perhaps back after a repair: 1 message of orders" in text
    tool("repair", server.data, "--yes")
    assert orders_left(server.data) == ["again"]
