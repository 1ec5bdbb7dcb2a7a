# SPDX-License-Identifier: Apache-2.0
"""An S3 that checks signatures: moto's, in a process of its own, because importing moto changes the
boto3 of its process. Prints where it is and a key that may do anything in S3, and runs until its
standard input ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Dict

BUCKET = "letters"
REGION = "eu-west-1"
# Making the user, its key, its policy and the bucket; every later call is checked.
UNCHECKED_CALLS = 4
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


class S3Server:
    """`with S3Server() as s3:`; then `s3.endpoint`, `s3.key_id`, `s3.secret`, `s3.client()`."""

    def __enter__(self) -> "S3Server":
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(UNCHECKED_CALLS)},
        )
        assert self._process.stdout is not None
        place: Dict[str, str] = json.loads(self._process.stdout.readline())
        self.endpoint, self.key_id, self.secret = place["endpoint"], place["id"], place["secret"]
        return self

    def __exit__(self, *unused: object) -> None:
        self._process.communicate(timeout=30)

    def client(self) -> Any:
        return client_of("s3", self.endpoint, self.key_id, self.secret)


def client_of(service: str, endpoint: str, key_id: str, secret: str) -> Any:
    import boto3

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
    )


def main() -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    iam = client_of("iam", endpoint, "any", "any")
    iam.create_user(UserName="archivist")
    key = iam.create_access_key(UserName="archivist")["AccessKey"]
    iam.put_user_policy(UserName="archivist", PolicyName="s3", PolicyDocument=json.dumps(POLICY))
    client_of("s3", endpoint, "any", "any").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    place = {"endpoint": endpoint, "id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    print(json.dumps(place), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
