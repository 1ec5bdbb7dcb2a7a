# SPDX-License-Identifier: Apache-2.0
"""`forebay send`, `receive` and `tail` as a user types them, against the real server."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest

from command_line import SECONDS_MAX, Commands
from forebay_server import ForebayServer, binary, wait_until
from sqs_clients import bodies, counts, receive, sqs_client

NewServer = Callable[..., ForebayServer]
UNICODE = 'größe € 漢字 \U0001f98a "quoted" \\ back\ttab'


@pytest.fixture
def server(new_server: NewServer) -> ForebayServer:
    return new_server(memory=True).start()


@pytest.fixture
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


@pytest.fixture
def commands(server: ForebayServer) -> Commands:
    return Commands(server.endpoint)


@pytest.fixture
def orders(sqs: Any) -> str:
    """The URL of a queue."""
    return str(sqs.create_queue(QueueName="orders")["QueueUrl"])


@pytest.fixture
def steps(sqs: Any) -> str:
    """The URL of a FIFO queue."""
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    return str(sqs.create_queue(QueueName="steps.fifo", Attributes=attributes)["QueueUrl"])


def test_bodies_as_arguments(commands: Commands, sqs: Any, orders: str) -> None:
    options = ("-a", "tries=Number:3", "-a", "key=Binary:AAH/", "-a", "note=x:y", "--delay", 0)
    ids = commands.output("send", "orders", UNICODE, "second", *options).split()
    found = receive(sqs, orders, MessageAttributeNames=["All"])
    assert bodies(found) == [UNICODE, "second"]
    assert [message["MessageId"] for message in found] == ids
    assert found[0]["MessageAttributes"] == {
        "tries": {"DataType": "Number", "StringValue": "3"},
        "key": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
        "note": {"DataType": "String", "StringValue": "x:y"},
    }


def test_json_of_what_was_sent(commands: Commands, steps: str) -> None:
    first, second = commands.lines("send", "steps.fifo", "a", "b", "--group", "g")
    assert sorted(first) == ["line", "message_id", "sequence_number"]
    assert (first["line"], second["line"]) == (1, 2)
    assert int(first["sequence_number"]) < int(second["sequence_number"])


def test_ten_thousand_lines_of_standard_input(commands: Commands, sqs: Any, orders: str) -> None:
    lines = [f"{number} {UNICODE}" for number in range(10_000)]
    done = commands.run("send", "orders", "-", given="\n".join(lines) + "\n\n")
    assert done.stdout == "" and done.stderr.startswith("forebay: Sent 10,000 messages in ")
    assert "1 empty line left out" in done.stderr
    assert counts(sqs, orders) == (10_000, 0, 0)
    taken = commands.output("receive", "orders", "--all", "--delete", "--body")
    assert sorted(taken.splitlines()) == sorted(lines)
    assert counts(sqs, orders) == (0, 0, 0)


def test_fifo_order_of_ten_thousand_lines(commands: Commands, sqs: Any, steps: str) -> None:
    lines = [str(number) for number in range(10_000)]
    sent = commands.lines("send", "steps.fifo", "--group", "g", given="\n".join(lines))
    assert [each["line"] for each in sent] == list(range(1, 10_001))
    taken = commands.output("receive", "steps.fifo", "--all", "--delete", "--body")
    assert taken.splitlines() == lines


def test_a_file_and_a_whole_input(
    commands: Commands, sqs: Any, orders: str, tmp_path: Path
) -> None:
    path = tmp_path / "lines"
    path.write_bytes("eins\r\nzwei ö".encode())
    commands.run("send", "orders", "--file", path)
    commands.run("send", "orders", "--whole", given="all\nof it\n")
    assert bodies(receive(sqs, orders)) == ["eins", "zwei ö", "all\nof it\n"]
    stderr = commands.run("send", "orders", "--file", "/nonexistent/file", code=1).stderr
    assert stderr == ("forebay: Input: cannot open /nonexistent/file: No such file or directory.\n")


def test_json_lines_both_ways(commands: Commands, sqs: Any, orders: str, steps: str) -> None:
    given = [
        {"body": UNICODE, "message_attributes": {"n": 3.5, "t": "x"}},
        {"body": "late", "delay_seconds": 900},
        {
            "body": "b",
            "message_attributes": {
                "b": {"data_type": "Binary", "binary_value": base64.b64encode(b"\0").decode()}
            },
        },
    ]
    commands.run("send", "orders", "--json-lines", given="\n".join(map(json.dumps, given)))
    assert counts(sqs, orders) == (2, 0, 1)
    first, second = commands.lines("receive", "orders", "--all", "--delete")
    assert first["body"] == UNICODE and second["body"] == "b"
    assert first["message_attributes"] == {
        "n": {"data_type": "Number", "string_value": "3.5"},
        "t": {"data_type": "String", "string_value": "x"},
    }
    assert second["message_attributes"] == {"b": {"data_type": "Binary", "binary_value": "AA=="}}
    assert first["approximate_receive_count"] == 1 and first["sent_timestamp"] > 1_600_000_000_000
    # What was received goes to another queue as it is.
    commands.run("send", "orders", "--json-lines", given=json.dumps(first))
    assert commands.lines("receive", "orders")[0]["message_attributes"] == (
        first["message_attributes"]
    )
    entry = {"body": "s", "message_group_id": "g", "message_deduplication_id": "d"}
    commands.run("send", "steps.fifo", "--json-lines", given=json.dumps(entry))
    found = commands.lines("receive", "steps.fifo")[0]
    assert found.items() >= entry.items() and found["sequence_number"]


def test_lines_that_cannot_be_sent_are_named(commands: Commands, sqs: Any, orders: str) -> None:
    given = b"good\n\xff\xfe\n" + b"x" * (1 << 20) + b"y\n\x01\nalso good\n"
    done = commands.run("send", "orders", given=given, code=1)
    lines = done.stderr.splitlines()
    assert lines[0] == "forebay: line 2 was not sent: it is not UTF-8"
    assert "line 3 was not sent: body and attributes are larger than 1 MiB" in lines[1]
    assert "line 4 was not sent" in lines[2]
    assert lines[3].startswith("forebay: Sent 2 messages in ") and "3 not sent" in lines[3]
    assert sorted(bodies(receive(sqs, orders))) == ["also good", "good"]
    done = commands.run("send", "orders", "--json-lines", "--json", given="{}\n", code=1)
    assert json.loads(done.stdout) == {
        "line": 1,
        "error": {"code": "", "message": "it has no body"},
    }


def test_on_a_fifo_queue_nothing_follows_a_line_that_fails(
    commands: Commands, sqs: Any, steps: str
) -> None:
    given = b"1\n2\n\xff\n4\n" + b"5\n" * 50
    stderr = commands.run("send", "steps.fifo", "-g", "g", given=given, code=1).stderr
    assert "line 3 was not sent" in stderr and "FIFO order" in stderr
    assert bodies(receive(sqs, steps)) == ["1", "2"]


def test_what_the_server_refuses_ends_it(commands: Commands, orders: str, steps: str) -> None:
    stderr = commands.run("send", "steps.fifo", "no group", code=1).stderr
    assert "MessageGroupId" in stderr
    stderr = commands.run("send", "steps.fifo", "-g", "g", "--dedup", "d", "a", "b", code=2).stderr
    assert "--dedup is for one message" in stderr


def test_lines_that_come_slowly_go_out_at_once(commands: Commands, sqs: Any, orders: str) -> None:
    process = commands.start("send", "orders", stdin=subprocess.PIPE)
    try:
        assert process.stdin is not None
        for number in range(1, 4):
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
            wait_until(lambda: counts(sqs, orders)[0] == number, 20, f"message {number}")
        process.send_signal(signal.SIGINT)
        # Its input stays open: communicate() would end it.
        process.wait(SECONDS_MAX)
        assert process.stdout is not None and process.stderr is not None
        stdout, stderr = process.stdout.read(), process.stderr.read()
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130 and stdout == ""
    assert "Sent 3 messages" in stderr and "interrupted" in stderr


def test_a_server_that_goes_away_is_told_with_the_count(
    server: ForebayServer, sqs: Any, orders: str
) -> None:
    commands = Commands(server.endpoint, AWS_MAX_ATTEMPTS="1")
    process = commands.start("send", "orders", stdin=subprocess.PIPE)
    try:
        assert process.stdin is not None
        process.stdin.write("one\n")
        process.stdin.flush()
        wait_until(lambda: counts(sqs, orders)[0] == 1, 20, "the first message")
        server.kill()
        stdout, stderr = process.communicate("two\n", timeout=SECONDS_MAX)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 5
    assert "Before that, 1 message was sent." in stderr and "Is the server running?" in stderr


def test_a_terminal_shows_how_far_a_file_is(
    commands: Commands, sqs: Any, orders: str, tmp_path: Path
) -> None:
    path = tmp_path / "lines"
    path.write_text(("x" * 100_000 + "\n") * 600)
    terminal, stderr = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as shown:
        process = subprocess.Popen(
            [str(binary()), "send", "orders", "--file", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=commands.environment,
        )
        os.close(stderr)
        text = b""
        try:
            while part := shown.read(4096):
                text += part
        except OSError:  # what a terminal's end looks like
            pass
        assert process.wait(SECONDS_MAX) == 0
    assert b"Sending [" in text and b"Sent 600 messages" in text


def test_receive_as_text(commands: Commands, sqs: Any, orders: str) -> None:
    assert commands.run("receive", "orders").stderr == (
        "forebay: There was no message to receive.\n"
    )
    commands.run("send", "orders", "a \x9b2J\x7f\nb", "-a", "n=Number:1")
    done = commands.run("receive", "orders", "--visibility", 0)
    assert done.stdout.endswith("\n\na \\x9b2J\\x7f\nb\n\n")
    assert "attribute n=Number:1\n" in done.stdout
    assert "--delete" in done.stderr
    assert counts(sqs, orders) == (1, 0, 0)
    assert commands.run("receive", "orders", "--delete", "-q").stderr == ""
    assert counts(sqs, orders) == (0, 0, 0)


def test_receive_takes_as_many_as_asked_for(commands: Commands, sqs: Any, orders: str) -> None:
    commands.run("send", "orders", given="\n".join(map(str, range(40))))
    assert len(commands.lines("receive", "orders", "--max", 25, "--delete")) == 25
    assert len(commands.lines("receive", "orders")) == 1
    assert commands.run("receive", "orders", "--max", 1, "--all", code=2).stdout == ""


def test_receive_waits_and_can_be_interrupted(
    commands: Commands, server: ForebayServer, sqs: Any, orders: str
) -> None:
    process = commands.start("receive", "orders", "--wait", 20, "--body")
    sqs.send_message(QueueUrl=orders, MessageBody="came")
    assert process.communicate(timeout=SECONDS_MAX)[0] == "came\n"
    sqs.send_message(QueueUrl=orders, MessageBody="first")
    process = commands.start("receive", "orders", "--wait", 20, "--all", "--body")
    try:
        # It has the first message, so what is left for it is to wait.
        assert process.stdout is not None and process.stdout.readline() == "first\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130


def test_what_is_not_printed_is_not_deleted(commands: Commands, sqs: Any, orders: str) -> None:
    commands.run("send", "orders", "precious")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [str(binary()), "receive", "orders", "--delete", "--visibility", "0"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=SECONDS_MAX,
            env=commands.environment,
        )
    assert done.returncode == 1 and b"Standard output cannot be written" in done.stderr
    assert bodies(receive(sqs, orders)) == ["precious"]


def test_tail_shows_each_message_once_and_leaves_it(
    commands: Commands, sqs: Any, orders: str
) -> None:
    commands.run("send", "orders", "a", "b")
    process = commands.start("tail", "orders", "--body")
    try:
        assert process.stdout is not None
        assert {process.stdout.readline(), process.stdout.readline()} == {"a\n", "b\n"}
        sqs.send_message(QueueUrl=orders, MessageBody="c")
        assert process.stdout.readline() == "c\n"
        process.send_signal(signal.SIGINT)
        rest, stderr = process.communicate(timeout=SECONDS_MAX)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, rest) == (0, "")
    assert "it counts as received" in stderr
    assert counts(sqs, orders) == (3, 0, 0)


def test_tail_refuses_where_looking_does_harm(commands: Commands, sqs: Any) -> None:
    commands.run("queue", "create", "jobs", "--preset", "standard")
    commands.run("send", "jobs", "a")
    stderr = commands.run("tail", "jobs", code=2).stderr
    assert "jobs-dlq after 3 receives" in stderr and "--count-receives" in stderr
    url = commands.json("queue", "show", "jobs")["queue_url"]
    assert counts(sqs, url) == (1, 0, 0)
    shown = commands.lines("tail", "jobs", "--count-receives", "--max", 1)
    assert [message["body"] for message in shown] == ["a"]
    assert counts(sqs, url) == (1, 0, 0)
    assert commands.output("tail", "jobs", "--delete", "--max", 1, "--body") == "a\n"
    assert counts(sqs, url) == (0, 0, 0)
