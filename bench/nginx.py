# SPDX-License-Identifier: Apache-2.0
"""nginx with a configuration of its own: one worker that answers everything with one text."""

from __future__ import annotations

import http.client
import pathlib

from child_process import Child, free_port
from debian import Debs

# As long as the body of Forebay's reply to SendMessage.
BODY = '{"MessageId":"00000000-0000-4000-8000-000000000000","MD5OfMessageBody":"' + "0" * 32 + '"}'
CONFIG = """\
daemon off;
worker_processes 1;
pid {directory}/pid;
error_log {directory}/errors warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  keepalive_requests 1000000000;
  default_type application/x-amz-json-1.0;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 '{body}'; }}
  }}
}}
"""


def configuration(directory: pathlib.Path, port: int) -> str:
    return CONFIG.format(directory=directory, port=port, body=BODY)


class Nginx(Child):
    def __init__(self, directory: pathlib.Path) -> None:
        program = Debs("nginx", ["nginx"]).program("usr/sbin/nginx")
        directory.mkdir(parents=True)
        self.port = free_port()
        path = directory / "nginx.conf"
        path.write_text(configuration(directory, self.port))
        words = [
            str(program),
            "-c",
            str(path),
            "-p",
            str(directory),
            "-e",
            str(directory / "errors"),
        ]
        super().__init__(words, directory)
        try:
            self.wait_ready(self._answers, 10)
        except BaseException:
            self.stop()
            raise

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", "/", "x")
            return connection.getresponse().status == 200
        finally:
            connection.close()
