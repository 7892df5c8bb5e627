"""A mail server of the tests: real SMTP on a socket, with the refusals a real one knows."""

from __future__ import annotations

import base64
import email
import socketserver
import threading
from email.message import Message
from typing import Any


class Handler(socketserver.StreamRequestHandler):
    """One conversation. Which step it refuses is in `server.refuses`, by the step's name."""

    server: Sink

    def handle(self) -> None:
        if "greeting" in self.server.refuses:
            self.say("554 go away")
            return
        self.say("220 sink ready")
        self.sender, self.recipients = "", []
        steps = {"MAIL": self.on_mail, "RCPT": self.on_rcpt, "DATA": self.on_data}
        steps |= {"EHLO": self.on_ehlo, "AUTH": self.on_auth, "QUIT": lambda _line: "221 bye"}
        answer = ""
        while not answer.startswith(("221", "gone")):
            line = self.rfile.readline().decode("latin-1").rstrip("\r\n")
            if not line:
                return
            verb = line.split(" ", 1)[0].upper()
            self.server.verbs.append(verb)
            refusal = self.server.refuses.get(verb.lower())
            answer = refusal or steps.get(verb, lambda _line: "250 ok")(line)
            if answer != "gone":
                self.say(answer)

    def on_ehlo(self, _line: str) -> str:
        return "250-sink\r\n250 AUTH PLAIN LOGIN"

    def on_auth(self, line: str) -> str:
        return "235 ok" if self.is_known(line) else f"535 5.7.8 bad login: {line}"

    def on_mail(self, line: str) -> str:
        self.sender, self.recipients = line.partition("<")[2].partition(">")[0], []
        return "250 ok"

    def on_rcpt(self, line: str) -> str:
        self.recipients.append(line.partition("<")[2].partition(">")[0])
        return "250 ok"

    def on_data(self, _line: str) -> str:
        self.say("354 go on")
        message = email.message_from_bytes(self.read_body())
        if "answer" in self.server.refuses:
            return "gone"  # taken or not: the sender never hears of it
        self.server.mails.append((self.sender, self.recipients, message))
        return "250 taken"

    def is_known(self, line: str) -> bool:
        user, password = self.server.login
        expected = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return bool(user) and line.split(" ")[-1] == expected

    def read_body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class Sink(socketserver.ThreadingTCPServer):
    """Listens on a free port; `mails` is what it took: sender, recipients, message."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mails: list[tuple[str, list[str], Message]] = []
        self.verbs: list[str] = []
        self.refuses: dict[str, str] = {}
        self.login = ("", "")

    @property
    def port(self) -> int:
        port: int = self.server_address[1]
        return port

    def __enter__(self) -> Sink:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.shutdown()
        self.server_close()
