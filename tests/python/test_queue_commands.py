# SPDX-License-Identifier: Apache-2.0
"""`forebay queue`, `dlq` and `move-task` as a user types them, against the real server."""

from __future__ import annotations

import http.server
import json
import os
import pty
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, List, Tuple

import pytest

from command_line import SECONDS_MAX, Commands, environment
from forebay_server import ForebayServer, binary, wait_until
from sqs_clients import arn_of, attributes_of, counts, receive, sqs_client

NewServer = Callable[..., ForebayServer]


@pytest.fixture
def server(new_server: NewServer) -> ForebayServer:
    return new_server(memory=True).start()


@pytest.fixture
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


@pytest.fixture
def commands(server: ForebayServer) -> Commands:
    return Commands(server.endpoint)


def names(sqs: Any) -> List[str]:
    return [url.rsplit("/", 1)[1] for url in sqs.list_queues().get("QueueUrls", [])]


def test_create_list_show_delete(commands: Commands, sqs: Any) -> None:
    made = commands.json("queue", "create", "orders", "-a", "VisibilityTimeout=77", "-t", "team=x")
    url = made["queues"][0]["queue_url"]
    assert made == {
        "queues": [
            {
                "queue_name": "orders",
                "queue_url": url,
                "created": True,
                "dry_run": False,
                "changes": [
                    {"kind": "attribute", "name": "VisibilityTimeout", "new": "77"},
                    {"kind": "tag", "name": "team", "new": "x"},
                ],
            }
        ]
    }
    assert attributes_of(sqs, url)["VisibilityTimeout"] == "77"
    assert commands.json("queue", "list") == {
        "queues": [{"queue_name": "orders", "queue_url": url}]
    }
    shown = commands.json("queue", "show", "orders")
    assert shown["attributes"] == attributes_of(sqs, url) and shown["tags"] == {"team": "x"}
    assert (shown["queue_name"], shown["queue_url"]) == ("orders", url)
    assert commands.json("queue", "delete", "orders") == {"deleted": [url]}
    assert names(sqs) == []


def test_text_is_the_default(commands: Commands, sqs: Any) -> None:
    text = commands.output("queue", "create", "orders", "--preset", "standard")
    assert text.startswith("orders-dlq: created\n") and "\norders: created\n" in text
    assert commands.output("queue", "list") == "orders\norders-dlq\n"
    assert commands.output("queue", "list", "orders-") == "orders-dlq\n"
    sqs.send_message(
        QueueUrl=commands.json("queue", "show", "orders")["queue_url"], MessageBody="x"
    )
    assert commands.output("queue", "list", "--counts") == (
        "queue       visible  in flight  delayed\n"
        "orders            1          0        0\n"
        "orders-dlq        0          0        0\n"
    )
    assert "\nVisibilityTimeout " in commands.output("queue", "show", "orders")
    assert commands.run("queue", "list", "nothing").stderr == "forebay: There are no such queues.\n"


def test_create_does_not_change_what_is_there(commands: Commands, sqs: Any) -> None:
    commands.run("queue", "create", "orders", "-a", "DelaySeconds=5")
    commands.run("queue", "create", "orders", "-a", "DelaySeconds=5")
    refused = commands.error("queue", "create", "orders", "-a", "DelaySeconds=6", code=6)
    assert refused["kind"] == "conflict" and "queue ensure" in refused["message"]
    assert commands.json("queue", "show", "orders")["attributes"]["DelaySeconds"] == "5"


def test_ensure_says_what_changes(commands: Commands, sqs: Any) -> None:
    first = commands.json("queue", "ensure", "orders", "--preset", "standard")
    assert [queue["created"] for queue in first["queues"]] == [True, True]
    again = commands.json("queue", "ensure", "orders", "--preset", "standard")
    assert [queue["changes"] for queue in again["queues"]] == [[], []]
    change = ("queue", "ensure", "orders", "-a", "VisibilityTimeout=9", "-t", "a=1")
    assert commands.output(*change, "--dry-run") == (
        "orders: would be changed\n  VisibilityTimeout: 300 -> 9\n  tag a: (none) -> 1\n"
    )
    assert commands.json("queue", "show", "orders")["attributes"]["VisibilityTimeout"] == "300"
    assert commands.json(*change)["queues"][0]["changes"] == [
        {"kind": "attribute", "name": "VisibilityTimeout", "old": "300", "new": "9"},
        {"kind": "tag", "name": "a", "new": "1"},
    ]
    assert commands.output(*change) == "orders: is as it should be\n"


def test_presets(commands: Commands, sqs: Any) -> None:
    commands.run("queue", "ensure", "work", "--preset", "priority")
    commands.run("queue", "ensure", "steps", "--preset", "fifo")
    assert names(sqs) == [
        "steps-dlq.fifo",
        "steps.fifo",
        "work-dlq",
        "work-high-priority",
        "work-low-priority",
        "work-normal-priority",
    ]


def test_set_and_tags(commands: Commands) -> None:
    commands.run("queue", "create", "orders")
    assert commands.json("queue", "set", "orders", "DelaySeconds=3")["set"] == {"DelaySeconds": "3"}
    assert commands.json("queue", "tag", "orders", "a=1", "ключ=значение")["tagged"] == {
        "a": "1",
        "ключ": "значение",
    }
    assert commands.json("queue", "untag", "orders", "a")["untagged"] == ["a"]
    shown = commands.json("queue", "show", "orders")
    assert shown["attributes"]["DelaySeconds"] == "3" and shown["tags"] == {"ключ": "значение"}
    refused = commands.error("queue", "set", "orders", "DelaySeconds=901", code=1)
    assert refused["code"] == "InvalidAttributeValue"


def test_purge(commands: Commands, sqs: Any) -> None:
    commands.run("queue", "create", "orders")
    commands.run("send", "orders", "a", "b")
    url = commands.json("queue", "purge", "orders")["purged"][0]
    assert counts(sqs, url) == (0, 0, 0)
    assert commands.error("queue", "purge", "orders", code=6)["kind"] == "conflict"


def test_a_queue_is_a_name_a_url_or_an_arn(commands: Commands, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for queue in ("orders", url, arn_of(sqs, url)):
        assert commands.json("queue", "show", queue)["queue_url"] == url


def test_a_wrong_name_is_told_with_the_right_one(commands: Commands) -> None:
    commands.run("queue", "create", "orders")
    done = commands.run("send", "ordres", "x", code=3)
    assert done.stdout == ""
    assert done.stderr.startswith("forebay: There is no queue 'ordres' at http://127.0.0.1:")
    assert done.stderr.endswith("Did you mean 'orders'?\n") and done.stderr.count("\n") == 1
    assert "queue list" in commands.run("queue", "show", "zzz", code=3).stderr
    assert commands.error("receive", "ordres", code=3)["kind"] == "queue not found"


def test_several_queues_go_on_after_one_that_fails(commands: Commands, sqs: Any) -> None:
    commands.run("queue", "create", "a")
    commands.run("queue", "create", "b")
    done = commands.run("queue", "delete", "a", "absent", "b", code=3)
    assert done.stdout == "a: deleted\nb: deleted\n" and "'absent'" in done.stderr
    assert names(sqs) == []


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        commands = Commands(endpoint, AWS_MAX_ATTEMPTS="1")
        stderr = commands.run("queue", "list", code=5).stderr
        assert "Is the server running? --endpoint-url names another one." in stderr
        assert stderr.count("\n") == 1
        assert commands.error("queue", "list", code=5)["kind"] == "network failure"


class Denies(http.server.BaseHTTPRequestHandler):
    """Answers as AWS does to whom it does not let in."""

    def do_POST(self) -> None:  # noqa: N802
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(
            {
                "__type": "com.amazon.coral.service#AccessDeniedException",
                "message": "User: arn:aws:iam::1:user/x is not authorized to perform: sqs",
            }
        ).encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused: object) -> None:
        pass


def test_denied() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Denies) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            commands = Commands(f"http://127.0.0.1:{listening.server_address[1]}")
            error = commands.error("send", "orders", "x", code=4)
            text = commands.run("queue", "list", code=4).stderr
        finally:
            listening.shutdown()
            thread.join()
    assert error["kind"] == "not authorised" and error["code"] == "AccessDeniedException"
    assert "is not authorized" in text and "Check the credentials" in text


def test_options_beat_the_environment(commands: Commands, server: ForebayServer) -> None:
    elsewhere = Commands("http://127.0.0.1:1")
    listed = elsewhere.json("queue", "list", "--endpoint-url", server.endpoint)
    assert listed == {"queues": []}
    made = commands.json("queue", "create", "far", "--region", "eu-west-1")
    assert commands.json("queue", "list")["queues"] == []
    found = commands.json("queue", "list", "--region", "eu-west-1")["queues"]
    assert found[0]["queue_url"] == made["queues"][0]["queue_url"]


def test_a_profile(server: ForebayServer, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile mine]\nregion = eu-west-3\nendpoint_url = {server.endpoint}\n"
        "aws_access_key_id = 111122223333\naws_secret_access_key = x\n"
    )
    done = subprocess.run(
        [str(binary()), "queue", "create", "q", "--profile", "mine", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(AWS_CONFIG_FILE=str(config)),
    )
    assert json.loads(done.stdout)["queues"][0]["queue_url"].endswith("/111122223333/q")
    absent = Commands(server.endpoint).run("queue", "list", "--profile", "absent", code=2)
    assert "absent" in absent.stderr


@pytest.mark.parametrize(
    "words, text",
    [
        (("queue", "lst"), "did you mean 'queue list'?"),
        (("queue",), "'forebay queue --help'"),
        (("send",), "forebay send QUEUE"),
        (("send", "q", "--delay", "901"), "from 0 to 900"),
        (("queue", "ensure", "q", "-a", "VisibilityTimeout"), "NAME=VALUE"),
        (("queue", "create", "http://x/q"), "by its name"),
        (("move-task", "cancel"), "--task-handle"),
        (("completions", "tcsh"), "bash, zsh and fish"),
        (("queue", "list", "--endpoint-url", "nonsense"), "http"),
    ],
)
def test_wrong_use(commands: Commands, words: Tuple[str, ...], text: str) -> None:
    done = commands.run(*words, code=2)
    assert text in done.stderr and done.stdout == "" and done.stderr.startswith("forebay: ")


def test_help(commands: Commands) -> None:
    text = commands.output("send", "--help")
    assert text.startswith("Usage:\n  forebay send QUEUE") and "--endpoint-url" in text
    assert commands.output("help", "send") == text
    assert "forebay queue create" in commands.output("queue", "--help")
    assert "forebay queue --help" in commands.output("--help")


def test_the_manual_page_and_completions_are_well_formed(commands: Commands) -> None:
    manual = commands.output("man")
    assert manual.startswith(".TH FOREBAY 1") and "\n.SS forebay queue create QUEUE\n" in manual
    script = commands.output("completions", "bash")
    asked = script + (
        'forebay() { command "$FOREBAY" "$@"; }\n'
        'ask() { COMP_WORDS=(forebay "$@"); COMP_CWORD=$#; _forebay; echo ${COMPREPLY[@]}; }\n'
        "ask que; ask queue cr; ask send --json-l; ask send ord\n"
        "ask journal ver; ask serve --durab\n"
    )
    commands.run("queue", "create", "orders")
    done = subprocess.run(
        ["bash", "--norc", "-c", asked],
        capture_output=True,
        text=True,
        timeout=60,
        env=commands.environment | {"FOREBAY": str(binary())},
    )
    assert done.stderr == ""
    assert done.stdout.split("\n") == [
        "queue",
        "create",
        "--json-lines",
        "orders",
        "verify",
        "--durability",
        "",
    ]


@pytest.fixture
def dead_letters(commands: Commands, sqs: Any) -> str:
    """orders, whose three messages are all in orders-dlq; the URL of the latter."""
    options = ("--dead-letter-queue", "orders-dlq", "--max-receive-count", 1)
    commands.run("queue", "create", "orders", *options, "-a", "VisibilityTimeout=0")
    commands.run("send", "orders", "a", "b", "c")
    url = commands.json("queue", "show", "orders")["queue_url"]
    dead = commands.json("queue", "show", "orders-dlq")["queue_url"]

    def moved() -> bool:
        receive(sqs, url)
        return counts(sqs, dead) == (3, 0, 0)

    wait_until(moved, 20, "the messages to be dead letters")
    return str(dead)


def test_dlq_list(commands: Commands, dead_letters: str) -> None:
    assert commands.json("dlq", "list") == {
        "dead_letter_queues": [
            {
                "queue_name": "orders-dlq",
                "queue_arn": "arn:aws:sqs:us-east-1:000000000000:orders-dlq",
                "exists": True,
                "visible": 3,
                "not_visible": 0,
                "sources": [{"queue_name": "orders", "max_receive_count": 1}],
            }
        ]
    }
    assert commands.output("dlq", "list") == (
        "dead-letter queue  messages  in flight  of\n"
        "orders-dlq                3          0  orders (1 receive)\n"
    )


def test_dlq_show_leaves_them_there(commands: Commands, sqs: Any, dead_letters: str) -> None:
    for queue in ("orders-dlq", "orders"):
        done = commands.run("dlq", "show", queue, "--body")
        assert sorted(done.stdout.split()) == ["a", "b", "c"]
        assert counts(sqs, dead_letters) == (3, 0, 0)
    assert len(commands.lines("dlq", "show", "orders-dlq", "--max", 2)) == 2
    found = commands.lines("dlq", "show", "orders-dlq")[0]
    assert found["dead_letter_queue_source_arn"].endswith(":orders")


def test_redrive(commands: Commands, sqs: Any, dead_letters: str) -> None:
    sqs.create_queue(QueueName="orders-elsewhere")
    text = commands.output("dlq", "redrive", "orders-dlq", "--to", "orders-elsewhere", "--follow")
    assert text == "orders-dlq: COMPLETED, moved 3 of 3\n"
    assert counts(sqs, dead_letters) == (0, 0, 0)
    listed = commands.json("move-task", "list", "orders-dlq")["tasks"]
    assert [(task["status"], task["moved"], task["to_move"]) for task in listed] == [
        ("COMPLETED", 3, 3)
    ]
    assert listed[0]["destination_arn"].endswith(":orders-elsewhere")
    assert "COMPLETED" in commands.output("move-task", "list", "orders-dlq")


def test_a_move_task_can_be_cancelled(commands: Commands, sqs: Any, dead_letters: str) -> None:
    lines = "".join(f"{number}\n" for number in range(500))
    commands.run("send", "orders-dlq", given=lines)
    arguments = ("--to", "orders", "--rate", 1)
    started = commands.json("move-task", "start", "orders-dlq", *arguments)
    assert started["source_arn"].endswith(":orders-dlq") and started["task_handle"]
    running = commands.json("move-task", "list", "orders-dlq")["tasks"][0]
    assert (running["status"], running["max_messages_per_second"]) == ("RUNNING", 1)
    cancelled = commands.json("move-task", "cancel", "orders-dlq")
    assert cancelled["task_handle"] == started["task_handle"] and cancelled["moved"] < 500
    refused = commands.error("move-task", "cancel", "orders-dlq", code=3)
    assert "No move task" in refused["message"]


def test_what_has_no_dead_letter_queue_cannot_be_redriven(commands: Commands) -> None:
    commands.run("queue", "create", "orders")
    assert commands.run("dlq", "redrive", "orders", code=1).stderr.startswith("forebay: ")
    assert commands.run("dlq", "list").stderr == "forebay: No queue has a dead-letter queue.\n"


@pytest.mark.parametrize("verb", ["delete", "purge"])
def test_somebody_at_a_terminal_is_asked_first(commands: Commands, sqs: Any, verb: str) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="precious")

    def at_terminal(typed: str, *options: str) -> Tuple[int, str]:
        ours, theirs = pty.openpty()
        process = commands.start("queue", verb, "orders", *options, stdin=theirs)
        os.close(theirs)
        os.write(ours, typed.encode())
        _, stderr = process.communicate(timeout=SECONDS_MAX)
        os.close(ours)
        return process.returncode, str(stderr)

    for typed in ("n\n", "\n", "yess\n"):
        code, stderr = at_terminal(typed)
        assert code == 1 and "all messages" in stderr and "orders" in stderr
        assert "[y/N] forebay: Nothing was done." in stderr
    assert counts(sqs, url) == (1, 0, 0)
    if verb == "purge":
        assert at_terminal("y\n")[0] == 0
        assert counts(sqs, url) == (0, 0, 0)
    else:
        assert at_terminal("", "--yes") == (0, "")
        assert sqs.list_queues().get("QueueUrls", []) == []
