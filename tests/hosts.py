"""A host of files on this machine, which answers as a test wants."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from provider.guard import Host

Play = Callable[[socket.socket, bytes], None]


PIECE = bytes(64 * 1024)


class Server:
    """Answers by what a test puts under each path, and keeps what it was asked."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.plays: dict[str, Play] = {}
        self.asked: list[bytes] = []
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def host(self) -> Host:
        return Host("127.0.0.1", self.port)

    def _run(self) -> None:
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = connection.recv(65_536)
                self.asked.append(request)
                path = request.split(b" ")[1].decode()
                self.plays[path](connection, request)
            except OSError:
                pass  # the client left, which is what some of these tests ask of it

    def at(self, path: str, *lines: str, body: bytes = b"", status: str = "200 OK") -> str:
        """The address under which this is answered."""
        head = "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()
        self.plays[path] = lambda connection, _request: connection.sendall(head + body)
        return self.base + path

    def grown(self, path: str, head: bytes, size: int) -> str:
        """The address of a file that begins like this and has so many bytes; the rest is zeros."""

        def play(connection: socket.socket, _request: bytes) -> None:
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + head)
            left = size - len(head)
            while left:
                left -= connection.send(PIECE[:left])

        self.plays[path] = play
        return self.base + path

    def close(self) -> None:
        self._listener.close()
