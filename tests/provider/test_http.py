"""The HTTP client: whatever a provider does to an answer, it ends, and in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from provider import http
from provider.errors import AmbiguousError, CredentialsError, TemporaryError

Play = Callable[[socket.socket], None]


@pytest.fixture
def server() -> Iterator[Callable[[Play], str]]:
    """`server(play)` is the address of a server that does this with each connection."""
    listeners: list[socket.socket] = []

    def start(play: Play) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            while True:
                try:
                    connection, _peer = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65_536)
                        play(connection)
                    except OSError:
                        pass  # the client left, which is what some of these tests ask of it

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    for listener in listeners:
        listener.close()


def drip(text: bytes) -> Play:
    def play(connection: socket.socket) -> None:
        for byte in text * 1000:
            connection.send(bytes([byte]))
            time.sleep(0.05)

    return play


HEAD = b"HTTP/1.1 202 Accepted\r\nContent-Length: 90000\r\n\r\n"


@pytest.mark.parametrize(
    "play",
    [drip(b"x"), lambda c: (c.send(HEAD), drip(b"x")(c))],  # type: ignore[func-returns-value]
    ids=["the status line", "the body"],
)
def test_an_answer_that_drips_is_cut_at_the_wall(
    server: Callable[[Play], str], play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "WALL_SECONDS", 0.4)
    started = time.monotonic()
    with pytest.raises(AmbiguousError):
        http.call("POST", server(play), payload={})
    assert time.monotonic() - started < 5


def answered(text: bytes) -> Play:
    return lambda connection: connection.sendall(text)


@pytest.mark.parametrize(
    "play",
    [
        lambda connection: None,
        answered(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"),
        answered(b"nonsense\r\n\r\n"),
        answered(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (http.MAX_BODY + 100_000)),
    ],
    ids=["closed", "cut", "nonsense", "endless"],
)
def test_an_answer_that_is_none_is_doubt(server: Callable[[Play], str], play: Play) -> None:
    with pytest.raises(AmbiguousError):
        http.call("POST", server(play), payload={})


def test_nobody_there_is_no_doubt() -> None:
    with pytest.raises(TemporaryError):
        http.call("POST", "http://127.0.0.1:9/", payload={})


@pytest.mark.parametrize("token", ["two\nlines", "a–dash"])
def test_credentials_that_cannot_be_sent_are_said_to_be_that(
    server: Callable[[Play], str], token: str
) -> None:
    with pytest.raises(CredentialsError):
        http.call("POST", server(answered(HEAD)), headers={"access-token": token}, payload={})


def test_a_redirect_is_not_followed(server: Callable[[Play], str]) -> None:
    elsewhere = server(answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    head = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
    assert http.call("POST", server(answered(head.encode())), payload={}).status == 302
