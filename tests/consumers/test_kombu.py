# SPDX-License-Identifier: Apache-2.0
"""kombu without Celery: its blocking path, which is boto3, and its event loop, which builds, signs
and sends requests of its own."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Callable, Dict, Iterator, List

import pytest
from kombu import Connection, Consumer, Queue
from kombu.asynchronous import Hub, get_event_loop, set_event_loop
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.simple import SimpleQueue
from vine import promise

from forebay_server import REGION, ForebayServer, wait_until
from sqs_clients import (
    bodies,
    counts,
    receive,
    string_attribute,
    unique_name,
    wait_for_empty,
)

LOOP_SECONDS_MAX = 30.0

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:kombu")


@pytest.fixture
def connect(server: ForebayServer) -> Iterator[Callable[..., Connection]]:
    """Connections with these transport options; closes them."""
    made: List[Connection] = []

    def make(**options: Any) -> Connection:
        defaults = {"region": REGION, "is_secure": False, "wait_time_seconds": 1}
        made.append(
            Connection(
                f"sqs://test:test@127.0.0.1:{server.port}",
                transport_options={**defaults, "polling_interval": 0.05, **options},
            )
        )
        return made[-1]

    yield make
    for connection in made:
        connection.release()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """An event loop, the one that connections made in the test find."""
    before = get_event_loop()
    loop = Hub()
    set_event_loop(loop)
    yield loop
    loop.close()
    set_event_loop(before)


def run_until(hub: Hub, done: Callable[[], Any], what: str) -> None:
    """Turns the loop until `done` is true."""
    if not hub.timer:
        hub.call_repeatedly(0.05, lambda: None)

    def turn() -> Any:
        next(hub.loop)
        return done()

    wait_until(turn, LOOP_SECONDS_MAX, what, pause=0)


def test_a_simple_queue_puts_gets_and_acknowledges(
    connect: Callable[..., Connection], sqs: Any, server: ForebayServer
) -> None:
    name = unique_name("kombu")
    with connect(visibility_timeout=60).SimpleQueue(name) as queue:
        payloads = [{"n": n, "text": "Grüße & <tags>\r\n"} for n in range(25)]
        for payload in payloads:
            queue.put(payload)
        assert queue.qsize() == 25
        got = []
        for _ in payloads:
            message = queue.get(timeout=10)
            got.append(message.payload)
            message.ack()
        assert sorted(got, key=lambda payload: payload["n"]) == payloads
        with pytest.raises(SimpleQueue.Empty):
            queue.get_nowait()
    wait_for_empty(sqs, server.queue_url(name))


def test_a_requeued_message_comes_back_and_a_rejected_one_does_not(
    connect: Callable[..., Connection], sqs: Any, server: ForebayServer
) -> None:
    name = unique_name("kombu")
    with connect(visibility_timeout=600).SimpleQueue(name) as queue:
        queue.put({"n": 1})
        first = queue.get(timeout=10)
        first.requeue()
        # kombu makes it visible again after wait_time_seconds, long before the 600 seconds.
        second = queue.get(timeout=20)
        assert second.payload == {"n": 1}
        received = second.delivery_info["sqs_message"]["Attributes"]["ApproximateReceiveCount"]
        assert received == "2"
        second.reject()
    assert counts(sqs, server.queue_url(name)) == (0, 0, 0)


def test_a_queue_is_purged_and_deleted(
    connect: Callable[..., Connection], sqs: Any, server: ForebayServer
) -> None:
    name = unique_name("kombu")
    with connect().SimpleQueue(name) as queue:
        for n in range(7):
            queue.put(n)
        # kombu asks for the size ten times and adds up the answers.
        assert queue.clear() == 10 * 7
        assert queue.qsize() == 0
        assert counts(sqs, server.queue_url(name)) == (0, 0, 0)
        queue.queue.delete()
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=name)


def test_message_attributes_delay_and_group_pass_through(
    connect: Callable[..., Connection], sqs: Any, server: ForebayServer
) -> None:
    name = unique_name("kombu")
    options = {
        "fetch_message_attributes": {
            "MessageSystemAttributeNames": ["SenderId", "SentTimestamp", "MessageGroupId"],
            "MessageAttributeNames": ["trace"],
        }
    }
    with connect(**options).SimpleQueue(name) as queue:
        queue.put("now", message_attributes={"trace": string_attribute("t-1")})
        queue.put("tenant", MessageGroupId="tenant-a")
        queue.put("later", delay_seconds=2)
        assert counts(sqs, server.queue_url(name)) == (2, 0, 1)
        got = {}
        for _ in range(3):
            message = queue.get(timeout=20)
            got[message.payload] = message.delivery_info["sqs_message"]
            message.ack()
        assert list(got) == ["now", "tenant", "later"]
    assert got["now"]["MessageAttributes"] == {"trace": string_attribute("t-1")}
    asked = {"SenderId", "SentTimestamp", "ApproximateReceiveCount"}
    assert set(got["now"]["Attributes"]) == asked
    assert set(got["tenant"]["Attributes"]) == asked | {"MessageGroupId"}
    assert got["tenant"]["Attributes"]["MessageGroupId"] == "tenant-a"


def test_a_fifo_queue_keeps_order_and_drops_duplicates(
    connect: Callable[..., Connection], sqs: Any, server: ForebayServer
) -> None:
    name = unique_name("kombu", fifo=True)
    with connect().SimpleQueue(name) as queue:
        for n in range(12):
            ids = {"MessageGroupId": f"g{n % 2}", "MessageDeduplicationId": f"d{n // 2}-{n % 2}"}
            queue.put(n, **ids)
            queue.put(n, **ids)
        got = []
        for _ in range(12):
            message = queue.get(timeout=10)
            got.append(message.payload)
            message.ack()
    assert [n for n in got if n % 2 == 0] == [0, 2, 4, 6, 8, 10]
    assert [n for n in got if n % 2 == 1] == [1, 3, 5, 7, 9, 11]
    wait_for_empty(sqs, server.queue_url(name))


def consume(hub: Hub, connection: Connection, queue: Queue, **options: Any) -> List[Any]:
    """The list that payloads are added to while the loop turns; each is acknowledged."""
    got: List[Any] = []

    def take(body: Any, message: Any) -> None:
        got.append(body)
        if not options.get("no_ack"):
            message.ack()

    connection.register_with_event_loop(hub)
    Consumer(connection.default_channel, [queue], callbacks=[take], **options).consume()
    return got


def test_the_event_loop_consumes_and_acknowledges(
    connect: Callable[..., Connection], hub: Hub, sqs: Any, queue: Callable[..., str]
) -> None:
    url = queue(VisibilityTimeout="600")
    keys = {"access_key_id": "test", "secret_access_key": "test"}
    connection = connect(predefined_queues={"work": {"url": url, **keys}})
    got = consume(hub, connection, Queue("work"))
    producer = connection.Producer()
    for n in range(40):
        producer.publish({"n": n}, routing_key="work")
    run_until(hub, lambda: len(got) == 40, "40 messages to be consumed")
    assert sorted(payload["n"] for payload in got) == list(range(40))
    assert counts(sqs, url) == (0, 0, 0)


def test_the_event_loop_deletes_what_needs_no_acknowledgement(
    connect: Callable[..., Connection], hub: Hub, sqs: Any, server: ForebayServer
) -> None:
    """With no_ack kombu deletes by the event loop's own requests."""
    name = unique_name("kombu")
    connection = connect(visibility_timeout=600)
    got = consume(hub, connection, Queue(name), no_ack=True)
    producer = connection.Producer()
    for n in range(15):
        producer.publish(n, routing_key=name)
    run_until(hub, lambda: len(got) == 15, "15 messages to be consumed")
    url = server.queue_url(name)
    run_until(hub, lambda: counts(sqs, url) == (0, 0, 0), "15 messages to be deleted")


class Async:
    """The event loop's client; calls return when the loop has the answer."""

    def __init__(self, hub: Hub, sqs: Any) -> None:
        self.hub = hub
        self.client = AsyncSQSConnection(
            sqs,
            region=REGION,
            message_system_attribute_names=["All"],
            message_attribute_names=["All"],
        )

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        answers: List[Any] = []
        refusals: List[Exception] = []
        callback = promise(answers.append, on_error=refusals.append)
        getattr(self.client, method)(*arguments, **options, callback=callback)
        run_until(self.hub, lambda: answers or refusals, f"an answer to {method}")
        if refusals:
            raise refusals[0]
        return answers[0]


def test_the_pinned_kombu_speaks_json_without_query_mode(
    hub: Hub, sqs: Any, server: ForebayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the event loop sends differs from boto3: no x-amzn-query-mode, so errors are those of
    plain AWS JSON."""
    client = Async(hub, sqs).client
    sent: List[Any] = []
    monkeypatch.setattr(client, "_mexe", lambda request, **_: sent.append(request))
    client.receive_message("q", server.queue_url("q"), number_messages=3)
    [request] = sent
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert (request.method, request.url.rstrip("/")) == ("POST", server.endpoint)
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amz-target"] == "AmazonSQS.ReceiveMessage"
    assert "x-amzn-query-mode" not in headers
    assert json.loads(request.body)["QueueUrl"] == server.queue_url("q")


def test_every_request_the_event_loop_can_make_is_understood(
    hub: Hub, sqs: Any, queue: Callable[..., str]
) -> None:
    url = queue(VisibilityTimeout="600")
    by_loop = Async(hub, sqs)
    asked = SimpleNamespace(id=url, url=url)
    trace = {"trace": string_attribute("t-1")}
    sqs.send_message(QueueUrl=url, MessageBody="with attributes", MessageAttributes=trace)
    sent = by_loop.call("send_message", asked, "plain", delay_seconds=1)
    # ListQueues carries a QueueUrl "/" that the action does not have.
    assert url in by_loop.call("get_all_queues", prefix=url.rpartition("/")[2])["QueueUrls"]

    got: Dict[str, Any] = {}

    def poll() -> bool:
        answer = by_loop.call("receive_message", "q", url, number_messages=10, wait_time_seconds=1)
        got.update({message["Body"]: message for message in answer.get("Messages", [])})
        return len(got) == 2

    wait_until(poll, LOOP_SECONDS_MAX, "both messages", pause=0)
    assert got["with attributes"]["MessageAttributes"] == trace
    assert got["plain"]["MessageId"] == sent["MessageId"]
    assert "SentTimestamp" in got["plain"]["Attributes"]

    handle = got["plain"]["ReceiptHandle"]
    assert by_loop.call("change_message_visibility", asked, handle, 0) == 200
    handles = [
        SimpleNamespace(id=f"m{n}", receipt_handle=message["ReceiptHandle"])
        for n, message in enumerate(got.values())
    ]
    changed = by_loop.call("change_message_visibility_batch", asked, [(h, 0) for h in handles])
    assert [entry["Id"] for entry in changed["Successful"]] == ["m0", "m1"]
    assert sorted(bodies(receive(sqs, url))) == ["plain", "with attributes"]
    deleted = by_loop.call("delete_message_batch", asked, handles[:1])
    assert deleted["Successful"] == [{"Id": "m0"}]
    assert by_loop.call("delete_message", url, handles[1].receipt_handle) == 200
    assert counts(sqs, url) == (0, 0, 0)


def test_an_error_reaches_the_event_loop_with_its_status_and_body(
    hub: Hub, sqs: Any, server: ForebayServer
) -> None:
    # kombu has no class for it.
    with pytest.raises(Exception, match="HTTP 400") as refusal:
        Async(hub, sqs).call("receive_message", "q", server.queue_url("missing"))
    assert "com.amazonaws.sqs#QueueDoesNotExist" in str(refusal.value)
