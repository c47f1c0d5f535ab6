"""An endpoint that answers as it is told to, on this machine."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    """Answers a request by the last word of its path, and remembers what it was sent."""

    seen: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
        getattr(self, self.path.rpartition("/")[2].partition("?")[0])()

    def _send(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def redirecting(self) -> None:
        self._send(307, location=f"http://{self.headers['host']}/stolen?key=secret")

    def denied(self) -> None:
        self._send(401, b"who are you?", www_authenticate='Basic realm="here"')

    def broken(self) -> None:
        self._send(200, b"<html>It works!</html>", content_type="text/html")

    def failing(self) -> None:
        self._send(500, b"a\r\nfaked log line " * 1000)

    def busy(self) -> None:
        self._send(503, b"later")

    def nesting(self) -> None:
        self._send(200, b"<sparql><results><result><binding name='o'>" + b"<triple><object>" * 100_000)

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * 65_536)
        except OSError:
            return

    def silent(self) -> None:
        self.server.released.wait(30.0)  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def hostile() -> Generator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """Serve on a free port; yield the address and what is sent to it."""
    seen: list[tuple[str, dict[str, str], bytes]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Answers,), {"seen": seen}))
    server.released = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()
        server.server_close()
