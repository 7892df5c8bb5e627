"""Those who talk to a running installation: the provider, its customers, agents, a browser."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.stack import PASSWORD, Stack


class Sender:
    """Plays the provider's webhooks: repeats each until it is answered 200, and notes which were.

    `given_up` are those nobody took within the time allowed.
    """

    def __init__(self, stack: Stack) -> None:
        self.url = f"{stack.url}/webhooks/botmaker/"
        self.headers = {"auth-bm-token": stack.webhook_token, "Content-Type": "application/json"}
        self.acked: dict[bytes, float] = {}
        self.tries = 0
        self.given_up: list[bytes] = []

    def post(self, body: bytes, **headers: str) -> int:
        """One try; 0 where there was no answer."""
        self.tries += 1
        try:
            answer = requests.post(
                self.url, data=body, headers={**self.headers, **headers}, timeout=10
            )
        except requests.RequestException:
            return 0
        return answer.status_code

    def send(self, payload: Any, seconds: float = 90, pause: float = 0.2) -> bool:
        """Repeat one webhook until it is taken."""
        body = json.dumps(payload).encode()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.post(body) == 200:
                self.acked[body] = time.time()
                return True
            time.sleep(pause)
        self.given_up.append(body)
        return False


class Provider:
    """The sandbox's control interface: the customers' phones, the switches, the ledger."""

    def __init__(self, stack: Stack) -> None:
        self.url = f"{stack.sandbox_url}/_sandbox"

    def switch(self, **switches: Any) -> None:
        requests.put(f"{self.url}/switches", json=switches, timeout=10).raise_for_status()

    def customer_writes(self, contact: str, text: str, platform: str = "whatsapp") -> None:
        url = f"{self.url}/phones/{platform}/{contact}/messages"
        requests.post(url, json={"text": text}, timeout=10).raise_for_status()

    def customer_reads(self, contact: str, platform: str = "whatsapp") -> None:
        requests.post(f"{self.url}/phones/{platform}/{contact}/read", timeout=10).raise_for_status()

    def ledger(self, contact: str = "") -> list[dict[str, Any]]:
        """What customers were sent, in the order the provider took it."""
        entries = requests.get(f"{self.url}/ledger", timeout=20).json()["entries"]
        return [entry for entry in entries if not contact or entry["contact_id"] == contact]

    def counters(self) -> dict[str, int]:
        counters: dict[str, int] = requests.get(f"{self.url}/counters", timeout=10).json()
        return counters


class Agent:
    """A person who works through the REST interface."""

    def __init__(self, stack: Stack, username: str) -> None:
        self.url = f"{stack.url}/api/v1"
        login = {"username": username, "password": PASSWORD}
        answer = requests.post(f"{self.url}/auth/token/", json=login, timeout=20)
        answer.raise_for_status()
        self.headers = {"Authorization": f"Token {answer.json()['token']}"}

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}/{path}", headers=self.headers, timeout=20)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return requests.post(f"{self.url}/{path}", json=body, headers=self.headers, timeout=20)

    def put(self, path: str, body: Any) -> requests.Response:
        return requests.put(f"{self.url}/{path}", json=body, headers=self.headers, timeout=20)

    def conversation(self, contact: str, status: str = "") -> dict[str, Any] | None:
        """The newest conversation of a contact that this person sees, in that status if named."""
        rows = self.get(f"conversations/?q={contact}").json()["results"]
        return next((row for row in rows if status in ("", row["status"])), None)

    def messages(self, conversation: int) -> list[dict[str, Any]]:
        answer = self.get(f"conversations/{conversation}/messages/?page_size=200")
        messages: list[dict[str, Any]] = answer.json()["results"]
        return messages

    def answer(self, conversation: int, text: str) -> requests.Response:
        body = {"text": text, "client_id": secrets.token_hex(16)}
        return self.post(f"conversations/{conversation}/messages/", body)

    def send_file(self, conversation: int, path: Path) -> requests.Response:
        """A file in pieces, its length untold, as programs send what they do not hold whole."""
        kind = mimetypes.guess_type(path.name)[0]
        edge = secrets.token_hex(8)

        def form() -> Iterator[bytes]:
            start = f"--{edge}\r\nContent-Disposition: form-data; name="
            yield f'{start}"client_id"\r\n\r\n{secrets.token_hex(8)}\r\n'.encode()
            yield f'{start}"file"; filename="{path.name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
            with path.open("rb") as file:
                while piece := file.read(1 << 20):
                    yield piece
            yield f"\r\n--{edge}--\r\n".encode()

        headers = {**self.headers, "Content-Type": f"multipart/form-data; boundary={edge}"}
        url = f"{self.url}/conversations/{conversation}/messages/"
        return requests.post(url, data=form(), headers=headers, timeout=120)


class Browser(requests.Session):
    """Somebody signed in on the pages, by cookie."""

    def __init__(self, stack: Stack, username: str) -> None:
        super().__init__()
        self.base = stack.url
        self.get(f"{self.base}/entrar/", timeout=20).raise_for_status()
        form = {
            "username": username,
            "password": PASSWORD,
            "csrfmiddlewaretoken": self.cookies["csrftoken"],
        }
        answer = self.post(
            f"{self.base}/entrar/", data=form, timeout=20, headers={"Referer": self.base}
        )
        assert answer.ok and "sessionid" in self.cookies, answer.status_code

    def submit(self, address: str, **fields: str) -> None:
        """Send a form as its button does."""
        form = {"csrfmiddlewaretoken": self.cookies["csrftoken"], **fields}
        answer = self.post(
            self.base + address, data=form, headers={"Referer": self.base}, timeout=30
        )
        answer.raise_for_status()

    @contextlib.contextmanager
    def news(self) -> Iterator[Iterator[str]]:
        """The names of the events of the live stream, as they come."""
        with self.get(f"{self.base}/omnichannel/eventos/", stream=True, timeout=20) as response:
            assert response.status_code == 200, response.status_code
            lines = response.iter_lines(chunk_size=1, decode_unicode=True)
            yield (line[7:] for line in lines if line.startswith("event: "))
