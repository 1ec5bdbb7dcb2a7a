# SPDX-License-Identifier: Apache-2.0
"""Long polls whose connection the test holds in its hand: parked, answered, or cut off."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import urllib.parse
from typing import Any, Dict, List

from raw_http import FORM_TYPE, JSON_TYPE, RawHttp, Reply
from sqs_clients import wire_protocol

RESET = struct.pack("ii", 1, 0)


def receive_request(queue_url: str, **parameters: Any) -> bytes:
    """The bytes of a ReceiveMessage in the protocol of this environment."""
    fields = {"QueueUrl": queue_url, **parameters}
    if wire_protocol() == "json":
        body = json.dumps(fields)
        head = f"X-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Type: {JSON_TYPE}"
    else:
        body = urllib.parse.urlencode({"Action": "ReceiveMessage", **fields})
        head = f"Content-Type: {FORM_TYPE}"
    length = f"Content-Length: {len(body)}"
    return f"POST / HTTP/1.1\r\nHost: x\r\n{head}\r\n{length}\r\n\r\n{body}".encode()


class LongPoll:
    """A ReceiveMessage of 20 s that is parked in the server when the constructor returns.

    The server's one thread takes what clients send in the order in which it arrived: the connection
    is accepted once it got a first answer, and the poll is parked once a request that was sent
    after it, on `raw`, is answered.
    """

    def __init__(self, raw: RawHttp, queue_url: str, **parameters: Any) -> None:
        self.socket = socket.create_connection(("127.0.0.1", raw.port), timeout=30)
        self.socket.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert self._reply().status == 200
        wait = {} if "WaitTimeSeconds" in parameters else {"WaitTimeSeconds": 20}
        self.socket.sendall(receive_request(queue_url, **wait, **parameters))
        assert raw.get("/health").status == 200

    def _reply(self) -> Reply:
        reply = http.client.HTTPResponse(self.socket)
        reply.begin()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return Reply(reply.status, headers, reply.read())

    def messages(self, seconds: float = 30) -> List[Dict[str, Any]]:
        """Waits for the answer, which must be there within `seconds`; closes the connection."""
        self.socket.settimeout(seconds)
        with self.socket:
            reply = self._reply()
        assert reply.status == 200, reply.text
        if wire_protocol() == "json":
            return list(reply.json().get("Messages", []))
        result = reply.xml().find("ReceiveMessageResult")
        assert result is not None
        names = ("MessageId", "ReceiptHandle", "Body")
        return [{n: each.text(n) for n in names} for each in result.children("Message")]

    def bodies(self, seconds: float = 30) -> List[str]:
        return [message["Body"] for message in self.messages(seconds)]

    def answered(self) -> bool:
        """True when (a part of) the answer has arrived."""
        self.socket.setblocking(False)
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            self.socket.setblocking(True)

    # Ways of a client to go away.

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Closes with a reset instead of an orderly end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.socket.close()

    def half_close(self) -> None:
        """Says that nothing more will be sent, but stays open."""
        self.socket.shutdown(socket.SHUT_WR)
