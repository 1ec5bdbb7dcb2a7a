# SPDX-License-Identifier: Apache-2.0
"""Requests whose every byte the test chooses, and replies with every byte visible. SDKs hide
both."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse
import xml.etree.ElementTree
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

JSON_TYPE = "application/x-amz-json-1.0"
FORM_TYPE = "application/x-www-form-urlencoded"
XML_SPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"


@dataclass(frozen=True)
class Reply:
    """`headers` has lower-case names."""

    status: int
    headers: Dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.body)

    def xml(self) -> "Xml":
        return Xml(xml.etree.ElementTree.fromstring(self.body))

    def error_shape(self) -> str:
        """JSON: the name behind `#` in `__type`."""
        return str(self.json()["__type"]).rpartition("#")[2]


class Xml:
    """An XML reply, read by element names without the SQS name space (which is required, except in
    errors)."""

    def __init__(self, element: xml.etree.ElementTree.Element) -> None:
        self.element = element

    @property
    def name(self) -> str:
        return self.element.tag.rpartition("}")[2]

    @property
    def space(self) -> str:
        return self.element.tag.rpartition("}")[0] + "}"

    def children(self, name: str) -> "List[Xml]":
        return [Xml(child) for child in self.element if child.tag.rpartition("}")[2] == name]

    def find(self, path: str) -> "Optional[Xml]":
        """`path` is names joined by '/'; the first match of each."""
        found: Optional[Xml] = self
        for name in path.split("/"):
            matches = found.children(name) if found is not None else []
            found = matches[0] if matches else None
        return found

    def text(self, path: str) -> Optional[str]:
        found = self.find(path)
        return None if found is None else (found.element.text or "")

    def pairs(
        self, result: str, entry: str, key: str = "Name", value: str = "Value"
    ) -> Dict[str, str]:
        """A flattened map inside `result`."""
        parent = self.find(result)
        assert parent is not None, f"no {result}"
        return {child.text(key) or "": child.text(value) or "" for child in parent.children(entry)}


class RawHttp:
    """Sends to one server over one kept-alive connection, reopened when the server closed it."""

    def __init__(self, port: int, timeout: float = 30.0) -> None:
        self.port = port
        self.timeout = timeout
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def close(self) -> None:
        self._connection.close()

    def request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Optional[Mapping[str, str]] = None,
    ) -> Reply:
        try:
            self._connection.request(method, target, body=body or None, headers=dict(headers or {}))
            reply = self._connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return Reply(
            reply.status, {name.lower(): value for name, value in reply.getheaders()}, content
        )

    def json(
        self,
        action: str,
        payload: Any,
        path: str = "/",
        headers: Optional[Mapping[str, str]] = None,
    ) -> Reply:
        """AWS JSON 1.0. `payload` may be bytes, sent as they are."""
        body = (
            payload
            if isinstance(payload, bytes)
            else json.dumps(payload, ensure_ascii=False).encode()
        )
        return self.request(
            "POST",
            path,
            body,
            {
                "X-Amz-Target": f"AmazonSQS.{action}",
                "Content-Type": JSON_TYPE,
                "x-amzn-query-mode": "true",
                **(headers or {}),
            },
        )

    def query(
        self,
        action: str,
        parameters: Optional[Mapping[str, str]] = None,
        path: str = "/",
        headers: Optional[Mapping[str, str]] = None,
    ) -> Reply:
        """AWS Query by POST."""
        form = urllib.parse.urlencode(
            {"Action": action, "Version": "2012-11-05", **(parameters or {})}
        )
        return self.request(
            "POST", path, form.encode(), {"Content-Type": FORM_TYPE, **(headers or {})}
        )

    def get(
        self,
        path: str,
        parameters: Optional[Mapping[str, str]] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Reply:
        """AWS Query by GET; all parameters are in the query string."""
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        return self.request("GET", path + query, headers=headers)


def exchange(port: int, data: bytes, timeout: float = 10.0, finish: bool = False) -> bytes:
    """Writes `data` to a new connection and returns what comes until the server closes or `timeout`
    passes.

    `finish` closes the sending half, so that a server that waits for more sees the end.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except (ConnectionResetError, BrokenPipeError):
            return b""


def first_reply(port: int, data: bytes, timeout: float = 10.0) -> Tuple[int, bytes]:
    """Status and body of the first reply on a new connection to which `data` was written.

    A server may answer and close before it has read everything; the answer still counts.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        return reply.status, reply.read()
