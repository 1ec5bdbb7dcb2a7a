# SPDX-License-Identifier: Apache-2.0
"""A client whose calls can be made to fail, or to stop an endless loop, before they reach the
server."""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, List

from botocore.exceptions import ClientError, EndpointConnectionError


class StopLoop(BaseException):
    """Ends loops that catch every Exception."""


def no_connection() -> Exception:
    return EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


def refusal(status: int, code: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "SomeAction",
    )


class FaultyClient:
    """Passes calls on to a real client. `faults[name]` are raised, or called instead, one a
    call."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.faults: Dict[str, List[Any]] = {}
        self.calls: List[str] = []
        self.stopped = threading.Event()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._sqs, name)
        if not callable(real) or name == "exceptions":
            return real
        return self._wrapped(name, real)

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            if self.stopped.is_set() and name == "receive_message":
                raise StopLoop
            self.calls.append(name)
            fault = self.faults[name].pop(0) if self.faults.get(name) else None
            if isinstance(fault, BaseException):
                raise fault
            return fault(**parameters) if fault else real(**parameters)

        return call
