# SPDX-License-Identifier: Apache-2.0
"""`forebay consume` as a user types it, against the real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from command_line import SECONDS_MAX, Commands
from forebay_server import ForebayServer, wait_until
from sqs_clients import bodies, counts, receive, sqs_client

NewServer = Callable[..., ForebayServer]
# Writes what it got into $OUT, a file for each receive.
RECORD = 'cat > "$OUT/$FOREBAY_MESSAGE_ID-$FOREBAY_RECEIVE_COUNT"'


@pytest.fixture
def server(new_server: NewServer) -> ForebayServer:
    return new_server(memory=True).start()


@pytest.fixture
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where commands write."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def commands(server: ForebayServer, out: Path) -> Commands:
    return Commands(server.endpoint, OUT=str(out))


@pytest.fixture
def orders(sqs: Any) -> str:
    """The URL of a queue with a dead-letter queue."""
    sqs.create_queue(QueueName="orders-dlq")
    policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:orders-dlq"}
    policy["maxReceiveCount"] = "100"
    attributes = {"RedrivePolicy": json.dumps(policy)}
    return str(sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"])


@pytest.fixture
def running() -> Iterator[List["subprocess.Popen[str]"]]:
    """Processes that are ended with the test."""
    processes: List["subprocess.Popen[str]"] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def events(text: str) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def names(folder: Path) -> List[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_message_runs_the_command_once(
    commands: Commands, sqs: Any, orders: str, out: Path
) -> None:
    texts = [f"{number} größe" for number in range(100)]
    commands.run("send", "orders", given="\n".join(texts))
    done = commands.run("consume", "orders", "-e", RECORD, "-c", 8, "--until-empty")
    assert done.stdout == "" and done.stderr == "forebay: 100 done, 0 retried, 0 dead.\n"
    assert sorted(path.read_text() for path in out.iterdir()) == sorted(texts)
    assert counts(sqs, orders) == (0, 0, 0)


def test_a_program_without_a_shell_and_its_environment(commands: Commands, orders: str) -> None:
    attributes = ("-a", "tries=Number:3", "-a", "a.b=x y", "-a", "PATH=/nowhere")
    (message_id,) = commands.output("send", "orders", "body", *attributes).split()
    seen = commands.output("consume", "orders", "--until-empty", "--", "env").splitlines()
    ours = [line for line in seen if line.startswith("FOREBAY_") and "BINARY" not in line]
    variables = dict(line.split("=", 1) for line in ours)
    assert variables.pop("FOREBAY_SENT_TIMESTAMP").isdigit()
    assert variables == {
        "FOREBAY_MESSAGE_ID": message_id,
        "FOREBAY_RECEIVE_COUNT": "1",
        "FOREBAY_QUEUE_NAME": "orders",
        "FOREBAY_QUEUE_URL": orders,
        "FOREBAY_ATTRIBUTE_TRIES": "3",
        "FOREBAY_ATTRIBUTE_A_B": "x y",
        "FOREBAY_ATTRIBUTE_PATH": "/nowhere",
    }
    assert f"PATH={os.environ['PATH']}" in seen


def test_what_fails_comes_again_and_is_counted(commands: Commands, sqs: Any, orders: str) -> None:
    commands.run("send", "orders", "flaky")
    line = "test $FOREBAY_RECEIVE_COUNT -ge 3"
    done = commands.run(
        *("consume", "orders", "--exec", line, "--retry-after", 0, "--max-messages", 3, "--json"),
        code=1,
    )
    found = events(done.stdout)
    assert [(each.get("outcome"), each.get("exit_code")) for each in found[:3]] == [
        ("retried", 1),
        ("retried", 1),
        ("done", 0),
    ]
    assert [each["approximate_receive_count"] for each in found[:3]] == [1, 2, 3]
    assert (found[3]["event"], found[3]["done"], found[3]["retried"]) == ("end", 1, 2)
    assert counts(sqs, orders) == (0, 0, 0)


def test_a_failure_waits_for_its_backoff(commands: Commands, sqs: Any, orders: str) -> None:
    commands.run("send", "orders", "a")
    options = ("--until-empty", "--backoff", 600)
    done = commands.run("consume", "orders", "--exec", "exit 7", *options, code=1)
    assert "exit code 7; retried." in done.stderr and "0 done, 1 retried, 0 dead." in done.stderr
    assert counts(sqs, orders) == (0, 1, 0)
    commands.run("send", "orders", "b")
    quiet = commands.run("consume", "orders", "--exec", "exit 75", *options, code=1)
    assert quiet.stderr == "forebay: 0 done, 1 retried, 0 dead.\n"


def test_exit_code_100_goes_to_the_dead_letter_queue(
    commands: Commands, sqs: Any, orders: str
) -> None:
    commands.run("send", "orders", "hopeless")
    done = commands.run("consume", "orders", "--exec", "exit 100", "--until-empty", code=1)
    assert "0 done, 0 retried, 1 dead." in done.stderr
    (dead,) = receive(sqs, orders + "-dlq", MessageAttributeNames=["All"])
    assert dead["Body"] == "hopeless"
    reason = dead["MessageAttributes"]["forebay.dead_reason"]["StringValue"]
    assert reason == "the command ended with exit code 100"
    assert counts(sqs, orders) == (0, 0, 0)


def test_without_a_dead_letter_queue_the_dead_are_retried(commands: Commands, sqs: Any) -> None:
    sqs.create_queue(QueueName="alone")
    commands.run("send", "alone", "hopeless")
    done = commands.run("consume", "alone", "--exec", "exit 100", "--until-empty", code=1)
    assert "The queue has no dead-letter queue." in done.stderr
    assert "0 done, 1 retried, 0 dead." in done.stderr


def test_a_command_that_takes_too_long_is_killed_with_its_children(
    commands: Commands, orders: str, out: Path
) -> None:
    commands.run("send", "orders", "slow")
    line = "trap '' TERM; echo $$ > $OUT/pid; cat /dev/zero > /dev/null"
    done = commands.run(
        *("consume", "orders", "--exec", line, "--timeout", 1, "--kill-after", 0),
        *("--until-empty", "--backoff", 600, "--json"),
        code=1,
    )
    message = events(done.stdout)[0]
    assert (message["outcome"], message["timed_out"]) == ("retried", True)
    assert message["signal"] == signal.SIGKILL
    pid = (out / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


def test_a_stop_lets_commands_end_and_nobody_receives_twice(
    commands: Commands, sqs: Any, orders: str, out: Path, running: List[Any]
) -> None:
    for number in range(20):
        sqs.send_message(QueueUrl=orders, MessageBody=str(number))
    gate = out / "gate"
    os.mkfifo(gate)
    line = f'{RECORD} && : > "$OUT/begun-$FOREBAY_MESSAGE_ID" && read -r go < "$OUT/gate"'
    process = commands.start("consume", "orders", "--exec", line, "-c", 3, "--wait", 1)
    running.append(process)
    begun = wait_until(
        lambda: len(found := [n for n in names(out) if n.startswith("begun")]) == 3 and found,
        20,
        "three commands",
    )
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None and "Stopping" in process.stderr.readline()
    # Written only once all three have opened it: each takes a line, and none is begun any more.
    with open(gate, "w", encoding="utf-8") as writer:
        writer.write("go\n" * 3)
        writer.flush()
        _, stderr = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0 and stderr == "forebay: 3 done, 0 retried, 0 dead.\n"
    assert counts(sqs, orders) == (17, 0, 0)
    for name in begun:
        (out / name).unlink()
    gate.unlink()
    commands.run("consume", "orders", "--exec", RECORD, "--until-empty", "-c", 3)
    assert len(names(out)) == 20
    assert all(name.endswith("-1") for name in names(out))


def test_what_outlives_the_grace_is_ended_and_goes_back(
    commands: Commands, sqs: Any, orders: str, running: List[Any]
) -> None:
    commands.run("send", "orders", "slow")
    line = "echo up; exec cat /dev/zero > /dev/null"
    process = commands.start("consume", "orders", "--exec", line, "--grace", 0)
    running.append(process)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 1 and "0 done, 0 retried, 0 dead, 1 stopped." in stderr
    assert counts(sqs, orders) == (1, 0, 0)


def test_a_second_signal_kills(
    commands: Commands, sqs: Any, orders: str, out: Path, running: List[Any]
) -> None:
    commands.run("send", "orders", "slow")
    line = "trap '' TERM; echo $$; exec cat /dev/zero > /dev/null"
    process = commands.start("consume", "orders", "--exec", line)
    running.append(process)
    assert process.stdout is not None and process.stderr is not None
    pid = process.stdout.readline().strip()
    process.send_signal(signal.SIGINT)
    assert "Stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 130
    assert not Path(f"/proc/{pid}").exists()
    assert counts(sqs, orders) == (0, 1, 0)


def test_heartbeats_keep_the_message(
    commands: Commands, sqs: Any, orders: str, out: Path, running: List[Any]
) -> None:
    os.mkfifo(out / "gate")
    commands.run("send", "orders", "long")
    line = 'read -r go < "$OUT/gate"; echo "$FOREBAY_RECEIVE_COUNT"'
    process = commands.start("consume", "orders", "-e", line, "--visibility", 2, "-c", 2, "-m", 1)
    running.append(process)
    with open(out / "gate", "w", encoding="utf-8") as writer:
        # Nobody else gets it in twice its visibility timeout.
        assert receive(sqs, orders, wait=4) == []
        writer.write("go\n")
        writer.flush()
        stdout, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0 and stdout == "1\n"
    assert counts(sqs, orders) == (0, 0, 0)


def test_a_lost_lease_ends_the_command_and_deletes_nothing(
    commands: Commands, sqs: Any, orders: str
) -> None:
    commands.run("send", "orders", "long")
    line = "trap 'exit 0' TERM; cat /dev/zero > /dev/null & wait"
    done = commands.run(
        *("consume", "orders", "-e", line, "--max-lease", 2, "--visibility", 2, "-m", 1, "--json"),
        code=1,
    )
    message, end = events(done.stdout)
    assert (message["outcome"], end["leases_lost"]) == ("stopped", 1)
    assert bodies(receive(sqs, orders, wait=10)) == ["long"]


def test_a_fifo_group_is_in_order_and_a_failure_holds_up_its_group_only(
    commands: Commands, sqs: Any, out: Path
) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    sqs.create_queue(QueueName="steps.fifo", Attributes=attributes)
    for group in ("a", "b", "c"):
        texts = "\n".join(f"{group}{number}" for number in range(6))
        commands.run("send", "steps.fifo", "--group", group, given=texts)
    # The third of group b fails until it was received four times.
    line = (
        "read -r body; test $body != b2 || test $FOREBAY_RECEIVE_COUNT -ge 4 || exit 1; "
        'echo $body >> "$OUT/$FOREBAY_MESSAGE_GROUP_ID"'
    )
    options = ("-c", 6, "--retry-after", 0, "--until-empty")
    done = commands.run("consume", "steps.fifo", "--exec", line, *options, code=1)
    assert done.stderr.count("exit code 1; retried.") == 3
    for group in ("a", "b", "c"):
        lines = (out / group).read_text().split()
        assert lines == [f"{group}{number}" for number in range(6)]


def test_max_messages_receives_no_more(commands: Commands, sqs: Any, orders: str) -> None:
    commands.run("send", "orders", given="\n".join(str(number) for number in range(20)))
    commands.run("consume", "orders", "--exec", "true", "-c", 10, "--max-messages", 7)
    assert counts(sqs, orders) == (13, 0, 0)


def test_output_of_commands(commands: Commands, orders: str) -> None:
    line = 'printf "one\\ntwo"; echo bad >&2'
    (first,) = commands.output("send", "orders", "a").split()
    run = ("consume", "orders", "--exec", line, "--until-empty", "--quiet")
    done = commands.run(*run)
    assert (done.stdout, done.stderr) == ("one\ntwo", "bad\n")
    (second,) = commands.output("send", "orders", "a").split()
    done = commands.run(*run, "--output", "prefix")
    assert done.stdout == f"[{second}] one\n[{second}] two\n"
    assert done.stderr == f"[{second}] bad\n"
    commands.run("send", "orders", "a")
    done = commands.run(*run, "--output", "none")
    assert (done.stdout, done.stderr) == ("", "")
    commands.run("send", "orders", "a")
    done = commands.run(*run, "--json")
    assert len(events(done.stdout)) == 2 and "one\ntwo" in done.stderr
    assert first != second


def test_wrong_use(commands: Commands, orders: str) -> None:
    commands.run("send", "orders", "untouched")
    for words in (
        ("orders",),
        ("orders", "--exec", "true", "--", "true"),
        ("orders", "--", "no-such-program"),
        ("orders", "--", "/etc/passwd"),
        ("orders", "-e", "true", "--retry-after", 1, "--backoff", 1),
        ("orders", "-e", "true", "--output", "loud"),
    ):
        commands.run("consume", *words, code=2)
    assert commands.error("consume", "ordrs", "-e", "true", code=3)["advice"] == ""
    assert len(commands.lines("receive", "orders")) == 1


def test_a_queue_that_is_deleted_ends_it(
    commands: Commands, sqs: Any, orders: str, running: List[Any]
) -> None:
    commands.run("send", "orders", "a")
    process = commands.start("consume", "orders", "-e", "echo up", "--wait", 1)
    running.append(process)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    sqs.delete_queue(QueueUrl=orders)
    _, stderr = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 3 and "does not exist" in stderr


def test_a_server_that_is_away_for_a_moment_is_waited_for(
    new_server: NewServer, running: List[Any]
) -> None:
    server = new_server().start()
    sqs = sqs_client(server.endpoint)
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    commands = Commands(server.endpoint)
    process = commands.start("consume", "orders", "-e", "cat", "-m", 2, "--wait", 1)
    running.append(process)
    assert process.stdout is not None and process.stderr is not None
    sqs.send_message(QueueUrl=url, MessageBody="before\n")
    assert process.stdout.readline() == "before\n"
    wait_until(lambda: counts(sqs, url) == (0, 0, 0), 20, "the first message's end")
    server.kill()
    assert "poll" in process.stderr.readline()
    server.start()
    sqs.send_message(QueueUrl=url, MessageBody="after")
    stdout, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0 and stdout == "after"
