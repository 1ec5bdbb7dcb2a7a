# SPDX-License-Identifier: Apache-2.0
"""What all examples share: the command line's connection flags, a client, and stopping on
Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from typing import Any, Dict, List, Sequence

import boto3
from botocore.config import Config

Message = Dict[str, Any]
DEFAULT_ENDPOINT = "http://127.0.0.1:9324"


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with the flags every example has."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument(
        "--endpoint-url",
        default=os.environ.get("AWS_ENDPOINT_URL_SQS", DEFAULT_ENDPOINT),
        help="the server (default: %(default)s, or the AWS_ENDPOINT_URL_SQS variable)",
    )
    made.add_argument("--region", default=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    return made


def add_idle_flag(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--stop-when-idle",
        type=float,
        metavar="SECONDS",
        default=None,
        help="end after this long without a message (default: run until Ctrl-C)",
    )


def connect(arguments: argparse.Namespace) -> Any:
    """A client for the server the command line names. Also switches logging on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return client(arguments.endpoint_url, arguments.region)


def client(endpoint_url: str, region: str = "us-east-1") -> Any:
    """A client that retries what may succeed later. A local server accepts any credentials.

    A read must outlast a long poll of 20 seconds, hence the timeout.
    """
    return boto3.client(
        "sqs",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "local"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "local"),
        config=Config(
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=5,
            read_timeout=30,
            max_pool_connections=50,
        ),
    )


def queue_url(sqs: Any, name: str) -> str:
    """The URL of the queue, which is made with default settings when there is none."""
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except sqs.exceptions.QueueDoesNotExist:
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def chunks(items: Sequence[Any], size: int) -> List[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


class Stop:
    """Says whether to go on: no longer after Ctrl-C or SIGTERM (`catch_signals`) or a call of
    `stop`."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def catch_signals(self) -> "Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())
        return self

    def stop(self) -> None:
        self._event.set()

    def wanted(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps, but not beyond a stop; whether to stop."""
        return self._event.wait(seconds)
