# SPDX-License-Identifier: Apache-2.0
"""`forebay bench` as a user runs it: the real binary against the real server, and against servers
that answer as others do. No figure is judged here, only that it is there and adds up."""

from __future__ import annotations

import csv
import http.server
import io
import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from forebay_server import ForebayServer, binary, wait_until
from sqs_clients import counts, sqs_client

NewServer = Callable[..., ForebayServer]
Figures = Dict[str, Any]
SECONDS_MAX = 60
KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a/token=="


def environment(**variables: str) -> Dict[str, str]:
    """This process's, without what belongs to an AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | variables


def run(*arguments: Any, code: int = 0, **variables: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [str(binary()), "bench", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env=environment(**variables),
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def figures(*arguments: Any, code: int = 0, **variables: str) -> Figures:
    done = run("--format", "json", "--warm-up", "0s", *arguments, code=code, **variables)
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


@pytest.fixture
def server(new_server: NewServer) -> ForebayServer:
    return new_server(memory=True).start()


@pytest.fixture
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


def queue_urls(sqs: Any) -> List[str]:
    return list(sqs.list_queues().get("QueueUrls", []))


def check_latencies(found: Figures) -> None:
    for action in found["actions"].values():
        for times in (action["latency_us"], action["service_us"]):
            ordered = [times[name] for name in ("p50", "p90", "p99", "p999", "max")]
            assert ordered == sorted(ordered) and ordered[0] > 0


def test_send(server: ForebayServer, sqs: Any) -> None:
    found = figures(
        "--endpoint", server.endpoint, "--requests", 500, "--batch", 10, "--connections", 8
    )
    send = found["actions"]["send"]
    assert list(found["actions"]) == ["send"]
    assert (send["requests"], send["messages"], send["errors"]) == (500, 5000, 0)
    assert send["requests_per_second"] == pytest.approx(500 / found["seconds"], rel=0.01)
    assert send["messages_per_second"] == pytest.approx(5000 / found["seconds"], rel=0.01)
    assert found["errors"] == {} and found["loop"] == "closed" and not found["interrupted"]
    assert found["load_cpu_seconds"] > 0
    check_latencies(found)
    assert queue_urls(sqs) == []


def test_messages_have_the_length_asked_for(server: ForebayServer, sqs: Any) -> None:
    arguments = ("--keep-queues", "--requests", 3, "--body-bytes", 777, "--queues", 3)
    figures("--endpoint", server.endpoint, *arguments)
    urls = queue_urls(sqs)
    assert len(urls) == 3
    for url in urls:
        assert re.search(r"/forebay-bench-[0-9a-f]{10}-[0-2]$", url)
        message = sqs.receive_message(QueueUrl=url)["Messages"][0]
        assert len(message["Body"]) == 777


def test_receive_delete_takes_out_what_was_preloaded(server: ForebayServer, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    arguments = ("--mix", "receive-delete", "--preload", 1003, "--batch", 10, "--requests", 400)
    found = figures("--queue-url", url, *arguments, "--connections", 4)
    receive, delete = found["actions"]["receive"], found["actions"]["delete"]
    assert list(found["actions"]) == ["receive", "delete"]
    assert receive["messages"] == 1003 == delete["messages"]
    assert receive["requests"] + delete["requests"] == 400
    assert receive["empty"] > 0 and "receives found nothing" in found["notes"][0]
    check_latencies(found)
    assert counts(sqs, url) == (0, 0, 0)


def test_roundtrips_leave_nothing(server: ForebayServer, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    found = figures("--queue-url", url, "--mix", "roundtrip", "--requests", 300, "--connections", 1)
    assert [found["actions"][name]["messages"] for name in ("send", "receive", "delete")] == [
        100,
        100,
        100,
    ]
    assert counts(sqs, url) == (0, 0, 0)
    assert queue_urls(sqs) == [url]


def test_weights(server: ForebayServer) -> None:
    arguments = ("--mix", "send=2,receive=1,delete=1", "--preload", 100, "--threads", 2)
    found = figures("--endpoint", server.endpoint, *arguments, "--requests", 400)
    assert found["errors"] == {}
    requests = {name: action["requests"] for name, action in found["actions"].items()}
    assert sum(requests.values()) == 400
    assert requests["send"] >= 195 and requests["receive"] >= 95 and requests["delete"] > 50


def test_fifo(server: ForebayServer) -> None:
    arguments = ("--groups", 20, "--mix", "roundtrip", "--batch", 10, "--queues", 2)
    found = figures("--endpoint", server.endpoint, *arguments, "--preload", 55, "--requests", 300)
    assert found["errors"] == {} and found["groups"] == 20
    assert found["actions"]["send"]["messages"] > 0
    assert found["actions"]["delete"]["messages"] > 0


def test_open_loop(server: ForebayServer) -> None:
    arguments = ("--rate", 400, "--duration", "500ms", "--connections", 10)
    found = figures("--endpoint", server.endpoint, *arguments)
    send = found["actions"]["send"]
    assert found["loop"] == "open" and found["rate"] == 400
    assert send["requests"] + found["not_started"] == 200
    assert found["seconds"] == 0.5
    assert send["latency_us"]["max"] >= send["service_us"]["max"]
    check_latencies(found)


def test_a_rate_that_is_too_high_is_told(server: ForebayServer) -> None:
    arguments = ("--rate", 10_000_000, "--duration", "300ms", "--connections", 1)
    found = figures("--endpoint", server.endpoint, *arguments)
    assert found["not_started"] > 0
    assert "The rate was not reached" in found["notes"][0]


def test_long_polls(server: ForebayServer) -> None:
    # The queue is empty, so the receives wait; the time for the answers is not measured time.
    arguments = ("--mix", "receive-delete", "--wait-seconds", 1, "--duration", "200ms")
    found = figures("--endpoint", server.endpoint, *arguments, "--connections", 3)
    receive = found["actions"]["receive"]
    assert receive["requests"] == 3 == receive["empty"]
    assert receive["latency_us"]["p50"] >= 900_000


def test_text_is_the_default(server: ForebayServer) -> None:
    text = run("--endpoint", server.endpoint, "--warm-up", "0s", "--requests", 100).stdout
    assert re.search(r"^action +requests +requests/s +messages/s +errors +p50 ", text, re.MULTILINE)
    assert re.search(r"^send +100 +[\d.]+ +[\d.]+ +0 ", text, re.MULTILINE)
    assert "closed loop" in text and "Processor time of the load program" in text


def test_csv(server: ForebayServer) -> None:
    arguments = ("--warm-up", "0s", "--requests", 99, "--mix", "roundtrip", "--connections", 1)
    text = run("--endpoint", server.endpoint, "--format", "csv", *arguments).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["action"] for row in rows] == ["send", "receive", "delete"]
    for row in rows:
        assert int(row["requests"]) == 33 and float(row["requests_per_second"]) > 0
        assert 0 < int(row["p50_us"]) <= int(row["max_us"])


def test_the_report_can_go_into_a_file(server: ForebayServer, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text("something that is longer than nothing " * 1000)
    arguments = ("--requests", 10, "--warm-up", "0s", "--format", "json", "--output", path)
    done = run("--endpoint", server.endpoint, *arguments)
    assert done.stdout == ""
    assert json.loads(path.read_text())["actions"]["send"]["requests"] == 10


def test_a_report_that_cannot_be_written_is_a_failure(server: ForebayServer, sqs: Any) -> None:
    arguments = ("--requests", 10, "--warm-up", "0s", "--output", "/nonexistent/figures")
    assert "/nonexistent/figures" in run("--endpoint", server.endpoint, *arguments, code=1).stderr
    assert queue_urls(sqs) == []


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        stderr = run("--endpoint", f"http://127.0.0.1:{port}", code=1).stderr
    assert stderr.startswith(f"forebay: 127.0.0.1:{port}: cannot connect: Connection refused. ")
    assert "--endpoint" in stderr


def test_nothing_succeeds(server: ForebayServer) -> None:
    url = server.queue_url("absent")
    stderr = run("--queue-url", url, "--requests", 20, "--warm-up", "0s", code=1).stderr
    assert "no request succeeded: 20 errors; 20 times QueueDoesNotExist: " in stderr


def test_some_requests_fail(server: ForebayServer, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="small", Attributes={"MaximumMessageSize": "1024"})["QueueUrl"]
    arguments = ("--mix", "send=1,receive=1", "--body-bytes", 1025, "--requests", 100)
    found = figures("--queue-url", url, *arguments)
    assert found["actions"]["send"]["errors"] == 50 == sum(found["errors"].values())
    assert found["actions"]["receive"]["requests"] == 50
    assert "1024" in " ".join(found["first_errors"].values())


@pytest.mark.parametrize(
    "arguments, text",
    [
        (("--batsh", "5"), "did you mean '--batch'?"),
        (("--batch", "11"), "--batch must be a whole number from 1 to 10"),
        (("--endpoint", "https://127.0.0.1"), "proxy"),
        (("--mix", "everything"), "receive-delete"),
        (("--duration",), "--duration needs a value"),
    ],
)
def test_wrong_use(arguments: Tuple[str, ...], text: str) -> None:
    done = run(*arguments, code=2)
    assert text in done.stderr and done.stdout == ""


def test_help() -> None:
    text = run("--help").stdout
    assert text.startswith("Usage:\n  forebay bench") and "--raw-target" in text
    for words in (["help", "bench"], ["bench", "-h"]):
        shown = subprocess.run([str(binary()), *words], capture_output=True, text=True, timeout=20)
        assert (shown.returncode, shown.stdout) == (0, text)
    overview = subprocess.run([str(binary()), "--help"], capture_output=True, text=True, timeout=20)
    assert "forebay bench --help" in overview.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_deletes_the_queues(server: ForebayServer, sqs: Any, number: int) -> None:
    process = subprocess.Popen(
        [str(binary()), "bench", "--endpoint", server.endpoint, "--duration", "10m"]
        + ["--queues", "5", "--warm-up", "0s", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        wait_until(lambda: len(queue_urls(sqs)) == 5, SECONDS_MAX, "the queues to be made")
        first = queue_urls(sqs)[0]
        wait_until(lambda: counts(sqs, first)[0] > 0, SECONDS_MAX, "messages to be sent")
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=SECONDS_MAX)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 1 and stderr == ""
    found = json.loads(stdout)
    assert found["interrupted"] and found["actions"]["send"]["requests"] > 0
    assert queue_urls(sqs) == []


def test_a_server_that_dies_is_told(server: ForebayServer, sqs: Any) -> None:
    process = subprocess.Popen(
        [str(binary()), "bench", "--endpoint", server.endpoint, "--duration", "3s"]
        + ["--warm-up", "0s", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        wait_until(lambda: queue_urls(sqs), SECONDS_MAX, "the queue to be made")
        url = queue_urls(sqs)[0]
        wait_until(lambda: counts(sqs, url)[0] > 0, SECONDS_MAX, "messages to be sent")
        server.kill()
        stdout, stderr = process.communicate(timeout=SECONDS_MAX)
    finally:
        process.kill()
        process.wait()
    found = json.loads(stdout)
    assert process.returncode == 0, stderr
    assert found["actions"]["send"]["requests"] > 0
    assert found["errors"]["ConnectionFailed"] > 0
    assert "left behind: queues forebay-bench-" in stderr


def test_a_terminal_shows_a_live_line(server: ForebayServer) -> None:
    terminal, stderr = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as shown:
        process = subprocess.Popen(
            [str(binary()), "bench", "--endpoint", server.endpoint, "--duration", "2500ms"]
            + ["--warm-up", "0s"],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=environment(),
        )
        os.close(stderr)
        text = b""
        try:
            while part := shown.read(4096):
                text += part
        except OSError:  # what a terminal's end looks like
            pass
        assert process.wait(SECONDS_MAX) == 0
    lines = [line for line in text.decode().split("\r") if line.strip()]
    assert len(lines) == 2, lines
    for line in lines:
        assert re.match(r"\d\.\d s of 2\.5 s: [\d,]+ requests/s, p50 .*, p99 .*, 0 errors", line)


class OtherServer(http.server.BaseHTTPRequestHandler):
    """Answers as a simple emulator does: HTTP/1.0, one request a connection, JSON with blanks."""

    requests: "List[Tuple[Dict[str, str], bytes]]"

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append((dict(self.headers.items()) | {":path": self.path}, body))
        answer = {"QueueUrl": "http://elsewhere.invalid:1/0/q", "MessageId": "1"}
        if self.headers["X-Amz-Target"] == "AmazonSQS.ReceiveMessage":
            answer = {"Messages": [{"ReceiptHandle": 'a"b', "Body": "x"}]}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *unused: object) -> None:
        pass


@pytest.fixture
def other_server() -> Iterator[http.server.ThreadingHTTPServer]:
    handler = type("Handler", (OtherServer,), {"requests": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def endpoint_of(listening: http.server.ThreadingHTTPServer) -> str:
    return f"http://localhost:{listening.server_address[1]}"


def requests_to(
    listening: http.server.ThreadingHTTPServer,
) -> "List[Tuple[Dict[str, str], bytes]]":
    return list(listening.RequestHandlerClass.requests)  # type: ignore[attr-defined]


def test_another_server(other_server: http.server.ThreadingHTTPServer) -> None:
    arguments = ("--mix", "roundtrip", "--requests", 60, "--connections", 2)
    found = figures("--endpoint", endpoint_of(other_server), *arguments)
    assert found["errors"] == {}
    assert found["actions"]["delete"]["messages"] > 0
    asked = requests_to(other_server)
    assert [headers["X-Amz-Target"].split(".")[1] for headers, _ in (asked[0], asked[-1])] == [
        "CreateQueue",
        "DeleteQueue",
    ]
    for headers, body in asked[1:]:
        content = json.loads(body)
        assert content["QueueUrl"] == "http://elsewhere.invalid:1/0/q"
        assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=forebay-bench/")
        assert "/us-east-1/sqs/" in headers["Authorization"]
        if headers["X-Amz-Target"] == "AmazonSQS.DeleteMessage":
            assert content["ReceiptHandle"] == 'a"b'


def test_raw_target(other_server: http.server.ThreadingHTTPServer) -> None:
    arguments = ("--raw-target", "/fixed/reply", "--requests", 50, "--batch", 10)
    found = figures("--endpoint", endpoint_of(other_server), *arguments)
    send = found["actions"]["send"]
    assert (send["requests"], send["messages"]) == (50, 500)
    assert found["raw_target"] == "/fixed/reply"
    asked = requests_to(other_server)
    assert len(asked) == 50  # no queue was made
    for headers, body in asked:
        assert headers[":path"] == "/fixed/reply"
        assert headers["X-Amz-Target"] == "AmazonSQS.SendMessageBatch"
        assert len(json.loads(body)["Entries"]) == 10


def test_raw_target_counts_what_is_not_200(server: ForebayServer) -> None:
    arguments = ("--raw-target", "/nothing", "--requests", 5, "--warm-up", "0s")
    stderr = run("--endpoint", server.endpoint, *arguments, code=1).stderr
    assert "no request succeeded: 5 errors" in stderr


def expected_signature(headers: Dict[str, str], body: bytes, signed: List[str]) -> str:
    """What botocore computes for these headers."""
    signer = SigV4Auth(Credentials(KEY_ID, SECRET, TOKEN), "sqs", "eu-central-1")
    request = AWSRequest("POST", f"http://{headers['Host']}/", data=body)
    for name in signed:
        request.headers[name] = {key.lower(): value for key, value in headers.items()}[name]
    request.context["timestamp"] = headers["X-Amz-Date"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(text, request))


def test_requests_are_signed(other_server: http.server.ThreadingHTTPServer) -> None:
    figures(
        "--endpoint",
        endpoint_of(other_server),
        *("--requests", 12, "--batch", 10, "--groups", 3, "--mix", "send=1,receive=1"),
        AWS_ACCESS_KEY_ID=KEY_ID,
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_SESSION_TOKEN=TOKEN,
        AWS_REGION="eu-central-1",
    )
    asked = requests_to(other_server)
    assert len(asked) == 14
    for headers, body in asked:
        found = re.fullmatch(
            rf"AWS4-HMAC-SHA256 Credential={KEY_ID}/(\d{{8}})/eu-central-1/sqs/aws4_request, "
            r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
            headers["Authorization"],
        )
        assert found is not None, headers["Authorization"]
        assert headers["X-Amz-Date"].startswith(found[1])
        signed = found[2].split(";")
        assert {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= set(signed)
        assert expected_signature(headers, body, signed) == found[3]


def test_signed_requests_are_served(server: ForebayServer) -> None:
    found = figures(
        *("--endpoint", server.endpoint, "--requests", 50),
        AWS_ACCESS_KEY_ID=KEY_ID,
        AWS_SECRET_ACCESS_KEY=SECRET,
    )
    assert found["actions"]["send"]["requests"] == 50
