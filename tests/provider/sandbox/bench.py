"""A sandbox with a receiver for its webhooks, and the calls the tests make on them."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from provider.sandbox import Sandbox

TOKEN = "webhook-token-of-the-tests"
LINE = "5541999990000"
CONTACT = "5541988887777"


class Receiver:
    """Stands in for the product's webhook address."""

    def __init__(self) -> None:
        self.arrivals: list[tuple[bytes, dict[str, str]]] = []
        self.refuse_next = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                status = 200
                if receiver.refuse_next > 0:
                    receiver.refuse_next -= 1
                    status = 503
                else:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    receiver.arrivals.append((body, headers))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhook/"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def bodies(self) -> list[Any]:
        """What arrived, in order."""
        return [json.loads(body) for body, _headers in self.arrivals]

    def messages(self, side: str) -> list[Any]:
        """The envelope messages from one side."""
        found = [body for body in self.bodies() if body.get("type") == "message"]
        return [body for body in found if body["messages"][0]["from"] == side]

    def statuses(self) -> list[Any]:
        """The statuses of the newer format."""
        return [body for body in self.bodies() if body.get("type") == "status"]

    def close(self) -> None:
        """Stop receiving."""
        self._server.shutdown()
        self._server.server_close()


class Bench:
    """The calls of a client and of the control API."""

    def __init__(self, state_path: Path, receiver: Receiver) -> None:
        self.state_path = state_path
        self.receiver = receiver
        self.sandbox = Sandbox(state_path, receiver.url, TOKEN)
        self.sandbox.start()
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = self.sandbox.credentials().access_token

    @property
    def base(self) -> str:
        return self.sandbox.url.rstrip("/")

    def v2(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """An API v2 call with the bench's token unless headers are given."""
        arguments.setdefault("headers", {"access-token": self.token})
        arguments.setdefault("timeout", 10)
        return self.session.request(method, f"{self.base}/v2.0{path}", **arguments)

    def v1(self, path: str, **arguments: Any) -> requests.Response:
        """An API v1 POST."""
        arguments.setdefault("headers", {"access-token": self.token})
        arguments.setdefault("timeout", 10)
        return self.session.post(f"{self.base}/api/v1.0{path}", **arguments)

    def control(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """A control call."""
        arguments.setdefault("timeout", 10)
        return self.session.request(method, f"{self.base}/_sandbox/{path}", **arguments)

    def switch(self, **values: object) -> None:
        """Set switches."""
        reply = self.control("PUT", "switches", json=values)
        assert reply.status_code == 200, reply.text

    def send(self, text: str = "Olá", **more: Any) -> requests.Response:
        """An ordinary v2 send."""
        chat = {"channelId": more.pop("channel", LINE), "contactId": more.pop("contact", CONTACT)}
        return self.v2(
            "POST",
            "/chats-actions/send-messages",
            json={"chat": chat, "messages": [{"text": text, **more}]},
        )

    def send_v1(self, text: str = "Olá", **more: Any) -> requests.Response:
        """An ordinary v1 send."""
        body = {
            "chatPlatform": "whatsapp",
            "chatChannelNumber": LINE,
            "platformContactId": CONTACT,
            "messageText": text,
            **more,
        }
        return self.v1("/message/v3", json=body)

    def write(
        self, text: str, contact: str = CONTACT, platform: str = "whatsapp", **more: Any
    ) -> Any:
        """The customer writes."""
        path = f"phones/{platform}/{quote(contact, safe='')}/messages"
        reply = self.control("POST", path, json={"text": text, **more})
        assert reply.status_code == 201, reply.text
        return reply.json()

    def phone(self, contact: str = CONTACT, platform: str = "whatsapp", after: int = 0) -> Any:
        """What the phone shows."""
        path = f"phones/{platform}/{quote(contact, safe='')}/?after={after}"
        return self.control("GET", path).json()

    def ledger(self) -> Any:
        """The ledger."""
        return self.control("GET", "ledger").json()["entries"]

    def counters(self) -> Any:
        """The counters."""
        return self.control("GET", "counters").json()

    def close(self) -> None:
        """Stop everything."""
        self.session.close()
        self.sandbox.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Poll until the condition holds; fail when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
