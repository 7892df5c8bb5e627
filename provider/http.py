"""The HTTP client of the adapters: time and size caps, no redirects, errors by their meaning."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

import requests
import urllib3
from requests.adapters import HTTPAdapter

from provider.errors import AmbiguousError, CredentialsError, TemporaryError

CONNECT_SECONDS = 5.0
READ_SECONDS = 12.0
WALL_SECONDS = 18.0  # below the lease of a delivery, with room to write the result down
MAX_BODY = 1024 * 1024
MAX_PAUSE, MIN_PAUSE, USUAL_PAUSE = 3600.0, 1.0, 30.0

# Nothing was written to the other side when one of these is the reason.
_BEFORE_BYTES = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.SSLError,
    urllib3.exceptions.ProxyError,
)


class Answer(NamedTuple):
    """A whole answer. `data` is the JSON value, or None where the body is not JSON.

    `text` is the body of an answer that is not JSON.
    """

    status: int
    headers: Mapping[str, str]
    data: Any
    text: str = ""

    @property
    def object(self) -> dict[str, Any]:
        return self.data if isinstance(self.data, dict) else {}


class Sockets:
    """The connections of one exchange, cut when its time is over.

    A time-out of the library runs from one byte to the next; a provider that drips its answer
    would hold the caller for hours.
    """

    def __init__(self) -> None:
        self._open: list[socket.socket] = []
        self.were_cut = False

    def add(self, connection: Any) -> None:
        if connection.sock is not None:
            self._open.append(connection.sock)
            if self.were_cut:  # while the name was looked up
                self.cut()

    def cut(self) -> None:
        self.were_cut = True
        for open_socket in self._open:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)

    def watch(self, pool: Any) -> Any:
        """The pool, whose connections say here when they open."""
        plain, add = pool.ConnectionCls, self.add

        class Connection(plain):  # type: ignore[misc, valid-type]
            def connect(self) -> None:
                super().connect()
                add(self)

        pool.ConnectionCls = Connection
        return pool


class Watched(HTTPAdapter):
    """Tells the sockets it opens to whoever must be able to cut them."""

    def __init__(self, sockets: Sockets) -> None:
        super().__init__(max_retries=0)
        self._sockets = sockets

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        return self._sockets.watch(super().get_connection_with_tls_context(*args, **options))


def call(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, payload: Any = None
) -> Answer:
    """Make one request on a connection of its own.

    A kept connection may have been closed by the other side, which cannot be told from an
    answer lost after the message was taken; a fresh one fails before any byte is written.
    Raises CredentialsError (they cannot be sent), TemporaryError (nothing left) or
    AmbiguousError (it may have been taken). None of them leads back to the library's own,
    which quote the address: with some providers it holds the token.
    """
    sockets = Sockets()
    watch = threading.Timer(WALL_SECONDS, sockets.cut)
    watch.daemon = True
    watch.start()
    try:
        response, body = _exchange(sockets, method, url, headers, payload)
    except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
        raise CredentialsError("the credentials hold a character that cannot be sent") from None
    except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError):
        raise TemporaryError("the provider could not be reached") from None
    except requests.exceptions.ConnectionError as error:
        if isinstance(_reason(error), _BEFORE_BYTES):
            raise TemporaryError("the provider could not be reached") from None
        raise AmbiguousError("the connection ended before the answer") from None
    except requests.exceptions.RequestException as error:
        raise AmbiguousError(f"no complete answer ({type(error).__name__})") from None
    finally:
        watch.cancel()
    if sockets.were_cut:
        raise AmbiguousError("the answer was too slow")
    data = _json(body)
    text = body.decode("utf-8", "replace") if data is None else ""
    return Answer(response.status_code, response.headers, data, text)


def _exchange(
    sockets: Sockets, method: str, url: str, headers: Mapping[str, str] | None, payload: Any
) -> tuple[requests.Response, bytes]:
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, Watched(sockets))
        with session.request(
            method,
            url,
            headers=dict(headers or {}),
            json=payload,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            return response, _read(response)


def _reason(error: requests.exceptions.ConnectionError) -> object:
    first = error.args[0] if error.args else None
    return getattr(first, "reason", first)


def _read(response: requests.Response) -> bytes:
    body = b""
    for chunk in response.iter_content(16 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            raise AmbiguousError("the answer was too long")
    return body


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def pause(headers: Mapping[str, str]) -> float:
    """Seconds a 429 or 503 asks to wait, kept between one second and one hour."""
    try:
        asked = float(headers.get("Retry-After", ""))
    except ValueError:
        return USUAL_PAUSE
    # NaN fails both comparisons and falls to the usual pause.
    return min(max(asked, MIN_PAUSE), MAX_PAUSE) if asked >= 0 else USUAL_PAUSE


def pause_if_asked(answer: Answer) -> float | None:
    """The same of a 503 that says how long; None of any other failure: one send failed, no more."""
    is_told = answer.status == 503 and answer.headers.get("Retry-After")
    return pause(answer.headers) if is_told else None
