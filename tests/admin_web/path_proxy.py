"""A reverse proxy as nginx is one: it shows the console under a path, tells so by headers, and passes on what comes at
once.
"""

from __future__ import annotations

import http.client
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_BYTES = 65_536
OF_THE_LINE = frozenset({"connection", "transfer-encoding", "keep-alive"})
WAIT_SECONDS_MAX = 60


@contextmanager
def path_proxy(port: int, path: str, host: str) -> Iterator[int]:
    """Its own port. It stands for `https://host/path/`, whose TLS ended before it."""

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not self.path.startswith(f"{path}/"):
                self.send_error(404)
                return
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS_MAX)
            with closing(line):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                line.request(self.command, self.path.removeprefix(path), body, self._told())
                with line.getresponse() as answer:
                    self._pass_on(answer)

        do_POST = do_GET  # noqa: N815 (as http.server has it)

        def _told(self) -> dict[str, str]:
            passed = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_LINE}
            forwarded = {"For": "203.0.113.9", "Proto": "https", "Host": host, "Prefix": path}
            return passed | {f"X-Forwarded-{name}": value for name, value in forwarded.items()}

        def _pass_on(self, answer: http.client.HTTPResponse) -> None:
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in OF_THE_LINE:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while piece := answer.read1(PIECE_BYTES):
                self.wfile.write(piece)
                self.wfile.flush()
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
