"""A vendor on a port of its own: takes what is posted, and answers as a test says."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def _read(body: bytes) -> Any:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return body.decode("utf-8", "replace")


class Vendor:
    """`asked` is every request as (path, headers, body); `answers` maps the end of a path to a
    status and a body, `usual` is for the others; `held` makes such a path wait for an event.
    A status of 0 cuts the connection; a body of bytes is sent as it is; `headers` go with each."""

    def __init__(self, usual: dict[str, Any]) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.methods: list[str] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self.held: dict[str, threading.Event] = {}
        self.headers: dict[str, str] = {}
        self.usual = usual
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = _read(self.rfile.read(length))
                headers = {name.lower(): value for name, value in self.headers.items()}
                vendor.asked.append((self.path, headers, body))
                vendor.methods.append(self.command)
                vendor._wait(self.path)
                status, answer = vendor._answer(self.path, len(vendor.asked))
                if not status:  # the connection ends before the answer
                    self.close_connection = True
                    return
                raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                for name, value in vendor.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):  # who asked may have left
                    self.wfile.write(raw)

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def _wait(self, path: str) -> None:
        for end, event in self.held.items():
            if path.endswith(end):
                event.wait(10)

    def heard(self, end: str, within: float = 5) -> bool:
        """Whether such a path is asked for, now or in a moment."""
        until = time.monotonic() + within
        while not any(path.endswith(end) for path in self.paths):
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def _answer(self, path: str, number: int) -> tuple[int, Any]:
        for end, answer in self.answers.items():
            if path.endswith(end):
                return answer
        text = (
            json.dumps(self.usual).replace('"NUMBER"', str(number)).replace("NUMBER", str(number))
        )
        return 200, json.loads(text)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _headers, _body in self.asked]

    def __enter__(self) -> Vendor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
