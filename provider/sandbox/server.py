"""The HTTP side of the sandbox: reads requests, routes them to the APIs, writes answers."""

import logging
import shutil
import socket
import socketserver
import sys
import threading
import time
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

from . import media
from .api_v1 import SEND_PATHS as V1_SENDS
from .api_v1 import ApiV1
from .api_v2 import SEND_PATHS as V2_SENDS
from .api_v2 import ApiV2
from .control import Control
from .credentials import Credentials
from .exchange import Reply, Request, aborted, answer, decoded
from .identity import utc_now
from .world import World

MOST_BYTES = 1 << 20
# A too large body is read to this point, so that its sender gets to see the refusal.
MOST_DRAINED = 16 << 20
IDLE_SECONDS = 60.0
# How often the listener looks whether it should stop; tests start and stop many.
POLL_SECONDS = 0.03
STOP_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Sandbox:
    """A provider on a port of this machine, for as long as it is started."""

    def __init__(
        self, state_path: str | Path, webhook_url: str = "", webhook_token: str = ""
    ) -> None:
        self._world = World(state_path, webhook_url, webhook_token)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen and serve on daemon threads; port 0 takes a free one."""
        self._server = _Server((host, port), self._world)
        self._world.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(POLL_SECONDS,),
            name="sandbox-http",
            daemon=True,
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._address()[1]

    @property
    def url(self) -> str:
        """The address it listens on, with a trailing slash."""
        host, port = self._address()
        return f"http://{host}:{port}/"

    def credentials(self) -> Credentials:
        """The currently valid credentials."""
        return self._world.credentials.current()

    def stop(self) -> None:
        """Stop serving, close every connection and end the threads; safe to repeat."""
        server, self._server = self._server, None
        if server is None:
            return
        self._world.stopping.set()
        server.shutdown()
        server.close_connections()
        server.server_close()
        self._world.stop()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _address(self) -> tuple[str, int]:
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        host, port = self._server.server_address[:2]
        return str(host), int(port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], world: World) -> None:
        self.world = world
        self.apis: dict[tuple[str, ...], Callable[[Request], Reply]] = {
            ("api", "v1.0"): ApiV1(world).handle,
            ("v2.0",): ApiV2(world).handle,
            ("_sandbox",): Control(world).handle,
            media.PREFIX: lambda request: world.storage.answer(
                request, str(world.switches["storage"])
            ),
        }
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The stock version looks the host's name up, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "sandbox", int(self.server_address[1])

    def track(self, connection: socket.socket) -> None:
        with self._connections_lock:
            self._connections.add(connection)

    def untrack(self, connection: socket.socket) -> None:
        with self._connections_lock:
            self._connections.discard(connection)

    def close_connections(self) -> None:
        with self._connections_lock:
            for connection in self._connections:
                _shut(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news, and the stock version prints too much."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            _log.error("sandbox connection failed: %s", type(error).__name__)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def __getattr__(self, name: str) -> Callable[[], None]:
        # Any method whatever comes here, so that the APIs and not the library refuse it.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def setup(self) -> None:
        super().setup()
        self.server.track(self.connection)

    def finish(self) -> None:
        self.server.untrack(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: request lines hold contact ids."""

    def _serve(self) -> None:
        started, clock = utc_now(), time.monotonic()
        path, _, query = self.path.partition("?")
        segments = tuple(decoded(part) for part in path.split("/")[1:])
        prefix = next((p for p in self.server.apis if segments[: len(p)] == p), ())
        try:
            reply = self._reply(prefix, segments[len(prefix) :], query)
        except Exception as error:
            # Only the place is logged: the message of an exception may quote a request.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("sandbox failed: %s at %s", type(error).__name__, place)
            reply = answer(500, {"error": "internal error"}, note=type(error).__name__)
        if prefix and prefix not in (("_sandbox",), media.PREFIX):
            self._note(prefix, segments[len(prefix) :], reply)
            self.server.world.journal.record(
                "call",
                started=started,
                method=self.command,
                address=path,
                status=reply.status,
                ms=round((time.monotonic() - clock) * 1000),
                note=reply.note,
            )
        self._write(reply)

    def _reply(self, prefix: tuple[str, ...], rest: tuple[str, ...], query: str) -> Reply:
        body = self._body()
        if isinstance(body, Reply):
            return body
        if not prefix:
            return answer(404, {"error": "not found"})
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
        except ValueError:
            return answer(400, {"error": "too many query parameters"})
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command.upper(), rest, pairs, headers, body)
        return self.server.apis[prefix](request)

    def _body(self) -> bytes | Reply:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return answer(411, {"error": "a Content-Length is required"})
        text = self.headers.get("Content-Length", "0").strip()
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            self.close_connection = True
            return answer(400, {"error": "bad Content-Length"})
        length = int(text)
        is_upload = self.path.startswith("/_sandbox/media")
        most = media.MOST_FILE if is_upload else MOST_BYTES
        if length > most:
            self.close_connection = True
            self._drain(min(length, MOST_DRAINED))
            return answer(413, {"error": f"at most {most} bytes"}, note="too large")
        body = self.rfile.read(length)
        if len(body) < length:
            return aborted("the caller went away")
        return body

    def _drain(self, length: int) -> None:
        while length > 0:
            piece = self.rfile.read(min(length, 1 << 16))
            if not piece:
                return
            length -= len(piece)

    def _note(self, prefix: tuple[str, ...], rest: tuple[str, ...], reply: Reply) -> None:
        journal = self.server.world.journal
        journal.count("calls")
        if not reply.accepted and rest in (V1_SENDS if prefix[0] == "api" else V2_SENDS):
            journal.count("sends_refused")

    def _write(self, reply: Reply) -> None:
        if reply.aborted:
            self.close_connection = True
            _shut(self.connection)
            return
        self.send_response(reply.status)
        if reply.status != 204:
            size = reply.file.stat().st_size if reply.file else len(reply.body)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(size))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if reply.status == 204 or self.command == "HEAD":
            return
        if reply.file is None:
            self.wfile.write(reply.body)
            return
        with reply.file.open("rb") as source:
            shutil.copyfileobj(source, self.wfile)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed by the other side in the meantime
