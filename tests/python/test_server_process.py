# SPDX-License-Identifier: Apache-2.0
"""The server as an operator meets it: starting, stopping, restarting, configuring, and refusing
nonsense."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from forebay_server import ACCOUNT, ForebayServer, binary, wait_until
from raw_http import FORM_TYPE, JSON_TYPE, RawHttp, Reply, exchange, first_reply
from sqs_clients import attributes_of, bodies, counts, receive, refused, sqs_client

NewServer = Callable[..., ForebayServer]


def run_to_the_end(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs the program where it is expected to refuse at once."""
    return subprocess.run(
        [str(binary()), "serve", *arguments], capture_output=True, text=True, timeout=20
    )


@pytest.fixture
def server(new_server: NewServer) -> ForebayServer:
    return new_server().start()


# Starting.


def test_start_up_says_where_what_and_how(server: ForebayServer) -> None:
    text = server.run_log()
    assert server.endpoint in text
    assert str(server.data) in text
    assert "durability" in text and "on disk" in text
    lines = [line.strip() for line in text.splitlines()]
    first = next(number for number, line in enumerate(lines) if line == "import boto3")
    assert server.endpoint in lines[first + 1]
    assert "sqs." in lines[first + 2]


def test_the_server_loads_no_library_that_only_commands_need(server: ForebayServer) -> None:
    loaded = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "libcrypto" in loaded
    assert "libcurl" not in loaded and "libsqlite" not in loaded


def test_the_printed_client_example_runs(
    server: ForebayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    lines = [line.strip() for line in server.run_log().splitlines()]
    first = next(number for number, line in enumerate(lines) if line == "import boto3")
    exec("\n".join(lines[first : first + 3]), {})  # the text a newcomer pastes


def test_delayed_syncs_are_named_everywhere(new_server: NewServer) -> None:
    server = new_server("--durability", "interval=50").start()
    assert (
        "durability  interval=50: a power failure may take back the last 50 ms" in server.run_log()
    )
    assert "durability=interval=50" in server.run_log()
    with urllib.request.urlopen(f"{server.endpoint}/health", timeout=5) as answer:
        assert json.load(answer)["durability"] == "interval=50"


def test_memory_mode_says_that_nothing_survives(new_server: NewServer) -> None:
    server = new_server(memory=True).start()
    assert "nothing survives" in server.run_log().lower()
    sqs = sqs_client(server.endpoint)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    assert bodies(receive(sqs, url)) == ["m"]
    server.restart()
    assert (
        refused(sqs.get_queue_url, QueueName="q").code == "AWS.SimpleQueueService.NonExistentQueue"
    )


def test_an_open_address_needs_consent(tmp_path: Path, new_server: NewServer) -> None:
    done = run_to_the_end("--listen", "0.0.0.0:0", "--data", str(tmp_path / "data"))
    assert done.returncode != 0
    assert "--allow-anonymous" in done.stdout + done.stderr


def test_an_unknown_flag_is_refused(tmp_path: Path) -> None:
    done = run_to_the_end("--no-such-flag", "--data", str(tmp_path / "data"))
    assert done.returncode != 0
    assert "no-such-flag" in done.stdout + done.stderr


def test_a_taken_port_is_refused_by_name(server: ForebayServer, tmp_path: Path) -> None:
    done = run_to_the_end("--listen", f"127.0.0.1:{server.port}", "--data", str(tmp_path / "other"))
    assert done.returncode != 0
    assert str(server.port) in done.stdout + done.stderr


def test_a_second_server_on_the_same_data_is_refused(server: ForebayServer) -> None:
    done = run_to_the_end("--listen", "127.0.0.1:0", "--data", str(server.data))
    assert done.returncode != 0
    assert str(server.data) in done.stdout + done.stderr
    assert server.health()["status"] == "ok"


def test_health(server: ForebayServer) -> None:
    reply = RawHttp(server.port).get("/health")
    assert reply.status == 200
    assert "json" in reply.headers["content-type"]
    assert reply.json()["status"] == "ok"


def test_the_log_can_be_json(new_server: NewServer) -> None:
    server = new_server("--log-format", "json").start()
    server.stop()
    records = [json.loads(line) for line in server.run_log().splitlines() if line.startswith("{")]
    assert records
    assert all(isinstance(record, dict) for record in records)


# Stopping.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_parked_polls_with_an_empty_result(
    server: ForebayServer, number: int
) -> None:
    raw = RawHttp(server.port)
    raw.json("CreateQueue", {"QueueName": "q"})
    replies: List[Reply] = []
    started = time.monotonic()
    poll = threading.Thread(
        target=lambda: replies.append(
            raw.json("ReceiveMessage", {"QueueUrl": "q", "WaitTimeSeconds": 20})
        )
    )
    poll.start()
    time.sleep(1)  # nothing outside tells that the poll is parked
    assert server.stop(number) == 0
    poll.join(timeout=10)
    assert [(reply.status, reply.text) for reply in replies] == [(200, "{}")]
    assert time.monotonic() - started < 15


def test_stopping_without_work_is_quick_and_clean(server: ForebayServer) -> None:
    assert server.stop() == 0


# Restarting.


def snapshot(sqs: Any) -> Dict[str, Any]:
    """All that a client can ask about queues."""
    found: Dict[str, Any] = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        found[url.rpartition("/")[2]] = (attributes_of(sqs, url), tags)
    return found


def test_a_restart_changes_nothing(server: ForebayServer) -> None:
    sqs = sqs_client(server.endpoint)
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "600"}, tags={"a": "1"})[
        "QueueUrl"
    ]
    fifo = sqs.create_queue(
        QueueName="q.fifo",
        Attributes={
            "FifoQueue": "true",
            "ContentBasedDeduplication": "true",
            "VisibilityTimeout": "600",
        },
    )["QueueUrl"]
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"DelaySeconds": "0", "MaximumMessageSize": "2048"}
    )
    for number in range(3):
        sqs.send_message(
            QueueUrl=url,
            MessageBody=f"m{number}",
            MessageAttributes={"n": {"DataType": "Number", "StringValue": str(number)}},
        )
    sqs.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=600)
    sent = sqs.send_message(QueueUrl=fifo, MessageBody="f", MessageGroupId="g")
    held = receive(sqs, url, max_messages=1)[0]
    before = snapshot(sqs)
    server.restart()
    assert snapshot(sqs) == before
    again = sqs.send_message(QueueUrl=fifo, MessageBody="f", MessageGroupId="g")
    assert again["MessageId"] == sent["MessageId"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    assert counts(sqs, url) == (2, 0, 1)
    found = receive(sqs, url, MessageAttributeNames=["All"])
    assert bodies(found) == ["m1", "m2"]
    assert [message["MessageAttributes"]["n"]["StringValue"] for message in found] == ["1", "2"]


def test_a_restart_keeps_deleted_messages_deleted(server: ForebayServer) -> None:
    sqs = sqs_client(server.endpoint)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for number in range(20):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    for message in receive(sqs, url):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    server.restart()
    assert counts(sqs, url) == (10, 0, 0)


def test_cooldowns_can_be_off(new_server: NewServer) -> None:
    sqs = sqs_client(new_server("--cooldowns=off").start().endpoint)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    sqs.purge_queue(QueueUrl=url)
    sqs.delete_queue(QueueUrl=url)
    assert sqs.create_queue(QueueName="q")["QueueUrl"] == url


# Queues of the configuration.

QUEUES = """
[[queue]]
name = "orders"
attributes = { VisibilityTimeout = "61" }
dead_letter_queue = "orders-dead"
max_receive_count = 4
tags = { team = "orders", stage = "test" }

[[queue]]
name = "orders-dead"

[[queue]]
name = "payments.fifo"
attributes = { FifoQueue = "true", ContentBasedDeduplication = "true" }
"""


@pytest.fixture
def configured(new_server: NewServer, tmp_path: Path) -> ForebayServer:
    path = tmp_path / "forebay.toml"
    path.write_text(QUEUES)
    return new_server("--config", str(path)).start()


def test_configured_queues_exist(configured: ForebayServer) -> None:
    sqs = sqs_client(configured.endpoint)
    found = snapshot(sqs)
    assert set(found) == {"orders", "orders-dead", "payments.fifo"}
    attributes, tags = found["orders"]
    assert attributes["VisibilityTimeout"] == "61"
    policy = json.loads(attributes["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == found["orders-dead"][0]["QueueArn"]
    assert int(policy["maxReceiveCount"]) == 4
    assert tags == {"team": "orders", "stage": "test"}
    assert found["payments.fifo"][0]["ContentBasedDeduplication"] == "true"


def test_configured_queues_are_left_alone_by_a_restart(configured: ForebayServer) -> None:
    sqs = sqs_client(configured.endpoint)
    sqs.send_message(QueueUrl=configured.queue_url("orders"), MessageBody="m")
    before = snapshot(sqs)
    configured.restart()
    assert snapshot(sqs) == before


def test_a_faulty_configuration_is_refused_by_file(tmp_path: Path) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text("[[queue]]\nname = \n")
    done = run_to_the_end("--config", str(path), "--memory", "--listen", "127.0.0.1:0")
    assert done.returncode != 0
    assert "faulty.toml" in done.stdout + done.stderr


# Nonsense. Whatever comes, the server answers 4xx or closes, and goes on serving others.


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with ForebayServer(tmp_path_factory.mktemp("target"), memory=True) as running:
        RawHttp(running.port).json("CreateQueue", {"QueueName": "q"})
        yield running
        assert running.running(), running.run_log()


@pytest.fixture
def raw(target: ForebayServer) -> Any:
    yield RawHttp(target.port)
    assert target.health()["status"] == "ok"


MALFORMED = [
    b"\r\n\r\n\r\n\r\n",
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: minus\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nno colon here\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@pytest.mark.parametrize("data", MALFORMED, ids=repr)
def test_malformed_http(target: ForebayServer, raw: RawHttp, data: bytes) -> None:
    found = exchange(target.port, data, finish=True)
    assert found == b"" or found.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), found


def test_an_enormous_header(target: ForebayServer, raw: RawHttp) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (1 << 20) + b"\r\n\r\n"
    found = exchange(target.port, head)
    assert found == b"" or b" 431 " in found.split(b"\r\n")[0] + b" ", found[:100]


def test_a_header_that_never_ends(target: ForebayServer, raw: RawHttp) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"".join(
        b"X-%d: y\r\n" % n for n in range(20000)
    )
    found = exchange(target.port, head)
    assert found == b"" or b" 431 " in found.split(b"\r\n")[0] + b" ", found[:100]


def test_an_enormous_body_is_refused_before_it_is_sent(target: ForebayServer, raw: RawHttp) -> None:
    head = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nContent-Type:"
        f" {JSON_TYPE}\r\nContent-Length: {1 << 40}\r\n\r\n"
    )
    status, _ = first_reply(target.port, head.encode())
    assert status == 413


def test_a_body_shorter_than_announced(target: ForebayServer, raw: RawHttp) -> None:
    head = (
        f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON_TYPE}\r\nContent-Length: 100\r\n\r\n{{"
    )
    found = exchange(target.port, head.encode(), finish=True)
    assert found == b"" or found.startswith(b"HTTP/1.1 4")


NO_JSON = [
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"{}{}",
    b"{'QueueUrl':'q'}",
    b'{"QueueUrl":"q",}',
    b"\xff\xfe",
    b'{"QueueUrl":"q","MessageBody":"\xff\xff"}',
    b'{"QueueUrl":"q","MessageBody":"\xed\xa0\x80"}',
    b'{"QueueUrl":"q","MessageBody":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"QueueUrl":"q","MessageBody":"' + b"\\ud800" + b'"}',
]


@pytest.mark.parametrize("body", NO_JSON, ids=lambda body: repr(body[:40]))
def test_bodies_that_are_no_json_objects(raw: RawHttp, body: bytes) -> None:
    reply = raw.json("SendMessage", body)
    assert reply.status == 400
    assert reply.error_shape() in ("SerializationException", "InvalidMessageContents")
    assert reply.json()["message"]


WRONG_TYPES = [
    (
        "SendMessage",
        {"QueueUrl": "q", "MessageBody": 5},
        "NUMBER_VALUE can not be converted to a String",
    ),
    (
        "SendMessage",
        {"QueueUrl": "q", "MessageBody": True},
        "TRUE_VALUE can not be converted to a String",
    ),
    (
        "SendMessage",
        {"QueueUrl": "q", "MessageBody": {}},
        "Start of structure or map found where not expected.",
    ),
    ("SendMessage", {"QueueUrl": "q", "MessageBody": []}, "Start of list found where not expected"),
    (
        "SendMessage",
        {"QueueUrl": "q", "MessageBody": "m", "DelaySeconds": "1"},
        "STRING_VALUE can not be converted to an Integer",
    ),
    (
        "CreateQueue",
        {"QueueName": "typed", "Attributes": {"VisibilityTimeout": 30}},
        "NUMBER_VALUE can not be converted to a String",
    ),
]


@pytest.mark.parametrize("action, payload, message", WRONG_TYPES)
def test_wrong_types(raw: RawHttp, action: str, payload: Dict[str, Any], message: str) -> None:
    reply = raw.json(action, payload)
    assert (reply.status, reply.error_shape()) == (400, "SerializationException")
    assert reply.json()["message"] == message


OTHER_WRONG_TYPES = [
    {"Entries": "text"},
    {"Entries": [5]},
    {"Entries": {}},
    {"Entries": [[]]},
    {"Entries": [{"Id": 1, "MessageBody": "m"}]},
    {"Entries": [{"Id": "a", "MessageBody": "m", "DelaySeconds": 1.5}]},
    {"Entries": [{"Id": "a", "MessageBody": "m", "MessageAttributes": []}]},
    {"Entries": [{"Id": "a", "MessageBody": "m", "MessageAttributes": {"x": "y"}}]},
    {"Entries": [{"Id": "a", "MessageBody": "m", "DelaySeconds": 10**30}]},
]


@pytest.mark.parametrize("payload", OTHER_WRONG_TYPES, ids=repr)
def test_wrong_types_in_batches(raw: RawHttp, payload: Dict[str, Any]) -> None:
    reply = raw.json("SendMessageBatch", {"QueueUrl": "q", **payload})
    assert (reply.status, reply.error_shape()) == (400, "SerializationException")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "", "multipart/form-data; boundary=x"]
)
def test_wrong_content_types(raw: RawHttp, content_type: str) -> None:
    reply = raw.request("POST", "/", b'{"QueueUrl":"q"}', {"Content-Type": content_type})
    assert 400 <= reply.status < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods(raw: RawHttp, method: str) -> None:
    assert 400 <= raw.request(method, "/").status < 500


def test_unknown_actions(raw: RawHttp) -> None:
    assert raw.json("NoSuchAction", {}).error_shape() == "UnknownOperationException"
    assert raw.json("sendmessage", {"QueueUrl": "q", "MessageBody": "m"}).status in (400, 404)
    assert raw.query("NoSuchAction").xml().text("Error/Code") == "InvalidAction"


BAD_FORMS = [
    b"",
    b"&&&===",
    b"Action",
    b"Action=",
    b"Action=%",
    b"Action=%zz&QueueUrl=%",
    b"Action=SendMessage&QueueUrl=q&MessageBody=%ff%fe",
    b"Action=SendMessage&QueueUrl=q&MessageBody=m&DelaySeconds=soon",
    b"Action=SendMessage&QueueUrl=q&MessageBody=m&MessageAttribute.200000000.Name=x",
    b"Action=SendMessageBatch&QueueUrl=q&SendMessageBatchRequestEntry.x.Id=a",
]


@pytest.mark.parametrize("form", BAD_FORMS, ids=repr)
def test_bad_forms(raw: RawHttp, form: bytes) -> None:
    reply = raw.request("POST", "/", form, {"Content-Type": FORM_TYPE})
    assert 400 <= reply.status < 500
    assert reply.body


def test_refused_requests_leave_no_message(raw: RawHttp) -> None:
    raw.json("SendMessage", b'{"QueueUrl":"q","MessageBody":"\xff"}')
    assert raw.json("ReceiveMessage", {"QueueUrl": "q"}).text == "{}"


def test_a_slow_sender_holds_up_nobody(target: ForebayServer, raw: RawHttp) -> None:
    request = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Type:"
        f" {JSON_TYPE}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    ).encode()
    with socket.create_connection(("127.0.0.1", target.port), timeout=10) as slow:
        for position in range(len(request)):
            slow.sendall(request[position : position + 1])
            if position % 20 == 0:
                assert raw.json("ListQueues", {}).status == 200
        answer = b"".join(iter(lambda: slow.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")


def test_pipelined_requests_are_answered_in_order(target: ForebayServer, raw: RawHttp) -> None:
    def request(action: str, close: bool = False) -> bytes:
        end = "Connection: close\r\n" if close else ""
        return (f"GET /?Action={action}&QueueName=q HTTP/1.1\r\nHost: pipe\r\n{end}\r\n").encode()

    found = exchange(
        target.port,
        request("GetQueueUrl") + request("Nonsense") + request("GetQueueUrl", close=True),
    )
    statuses = [line for line in found.split(b"\r\n") if b"HTTP/1.1 " in line]
    assert [line.split(b"HTTP/1.1 ")[1][:3] for line in statuses] == [b"200", b"400", b"200"]


def test_many_connections_at_once(target: ForebayServer, raw: RawHttp) -> None:
    idle = [socket.create_connection(("127.0.0.1", target.port)) for _ in range(200)]
    try:
        assert raw.json("ListQueues", {}).status == 200
    finally:
        for connection in idle:
            connection.close()


def test_a_poll_whose_client_left_takes_no_message(target: ForebayServer, raw: RawHttp) -> None:
    raw.json("CreateQueue", {"QueueName": "left"})
    body = json.dumps({"QueueUrl": "left", "WaitTimeSeconds": 20})
    head = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Type:"
        f" {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", target.port)) as gone:
            gone.sendall(head.encode())
            time.sleep(0.1)  # nothing outside tells that the poll is parked
    time.sleep(0.2)  # nor that the server saw the connection close
    raw.json("SendMessage", {"QueueUrl": "left", "MessageBody": "m"})
    found = wait_until(
        lambda: raw.json("ReceiveMessage", {"QueueUrl": "left", "WaitTimeSeconds": 1})
        .json()
        .get("Messages"),
        10,
        "the message",
    )
    assert [message["Body"] for message in found] == ["m"]


def test_any_path_is_served(raw: RawHttp) -> None:
    assert (
        raw.json(
            "SendMessage",
            {"QueueUrl": f"http://x/{ACCOUNT}/q", "MessageBody": "m"},
            path="/any/where",
        ).status
        == 200
    )
    assert raw.json("PurgeQueue", {"QueueUrl": "q"}).status == 200


# HTTP features that some clients use.


def test_a_client_may_wait_for_100_continue(target: ForebayServer, raw: RawHttp) -> None:
    body = b'{"QueueName":"q"}'
    head = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.GetQueueUrl\r\n"
        f"Content-Type: {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", target.port), timeout=10) as waiting:
        waiting.sendall(head.encode())
        assert waiting.recv(1024).startswith(b"HTTP/1.1 100")
        waiting.sendall(body)
        answer = b"".join(iter(lambda: waiting.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200") and b"QueueUrl" in answer


def test_a_body_may_come_in_chunks(target: ForebayServer, raw: RawHttp) -> None:
    request = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.GetQueueUrl\r\n"
        f"Content-Type: {JSON_TYPE}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        '8\r\n{"QueueN\r\n9\r\name":"q"}\r\n0\r\n\r\n'
    )
    answer = exchange(target.port, request.encode())
    assert answer.startswith(b"HTTP/1.1 200") and b"QueueUrl" in answer


def test_chunks_have_a_limit_too(target: ForebayServer, raw: RawHttp) -> None:
    head = (
        f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON_TYPE}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
    status, _ = first_reply(target.port, head.encode() + chunk * 20)
    assert status == 413


def test_http_1_0_is_answered_and_closed(target: ForebayServer, raw: RawHttp) -> None:
    answer = exchange(target.port, b"GET /health HTTP/1.0\r\n\r\n")
    assert b" 200 " in answer.split(b"\r\n")[0] + b" "


def test_hundreds_of_parked_polls(target: ForebayServer, raw: RawHttp) -> None:
    """Each message wakes one; the server goes on answering others."""
    count = 300
    raw.json("CreateQueue", {"QueueName": "parked"})
    body = json.dumps({"QueueUrl": "parked", "WaitTimeSeconds": 20})
    request = (
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
        f"Content-Type: {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n\r\n{body}"
    )
    polls = [socket.create_connection(("127.0.0.1", target.port), 30) for _ in range(count)]
    for poll in polls:
        poll.sendall(request.encode())
    for start in range(0, count, 10):
        entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(start, start + 10)]
        assert (
            raw.json("SendMessageBatch", {"QueueUrl": "parked", "Entries": entries}).status == 200
        )
    found: List[str] = []
    for poll in polls:
        with poll:
            reply = b"".join(iter(lambda: poll.recv(65536), b"")).partition(b"\r\n\r\n")[2]
        found += [message["Body"] for message in json.loads(reply)["Messages"]]
    assert sorted(found) == sorted(f"m{n}" for n in range(count))
