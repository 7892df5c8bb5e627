"""Files customers send: kept in memory and served as the provider's storage would."""

import secrets
import threading
from collections import OrderedDict
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .exchange import Reply, Request

MOST_FILE = 20 << 20
MOST_KEPT = 100 << 20
# Addresses in webhooks end in the file's name, as the provider's do.
PREFIX = ("storage",)


class Kept(NamedTuple):
    """A file, and what the phone said it is."""

    content: bytes
    type: str


class Storage:
    """The newest files, by a name nobody guesses; the oldest go where there are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, Kept] = OrderedDict()
        self._keys: set[str] = set()

    def add(self, content: bytes, type_: str = "") -> str:
        """Keep a file; the name it is found by."""
        token = secrets.token_hex(12)
        with self._lock:
            self._files[token] = Kept(content, type_)
            while sum(len(kept.content) for kept in self._files.values()) > MOST_KEPT:
                self._files.popitem(last=False)
        return token

    def find(self, token: str) -> Kept | None:
        """The file of this name."""
        with self._lock:
            return self._files.get(token)

    def described(self, address: str) -> dict[str, object]:
        """What a phone needs to show the file of an address; nothing where it is not kept here."""
        parts = urlsplit(address).path.strip("/").split("/")
        kept = self.find(parts[1]) if len(parts) == 3 and parts[0] == PREFIX[0] else None
        if kept is None:
            return {}
        return {"file": parts[1], "filename": unquote(parts[2]), "size": len(kept.content)}

    def opened(self, url: str) -> str:
        """The address with what opens it while the storage is restricted."""
        key = secrets.token_hex(12)
        with self._lock:
            self._keys.add(key)
        return f"{url}?key={key}"

    def answer(self, request: Request, mode: str) -> Reply:
        """The file, or the answer the real storage gives for one it does not have.

        `mode` "restricted" asks for a temporary link; "empty" has no file and says so with a 200.
        """
        token = (*request.segments, "")[0]
        with self._lock:
            kept = self._files.get(token)
            has_key = dict(request.query).get("key") in self._keys
        if mode == "restricted" and not has_key:
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        if kept is None or mode == "empty":
            return Reply(200 if mode == "empty" else 404, b'{"message":"No file found"}')
        return Reply(200, kept.content, content_type="application/octet-stream")

    def clear(self) -> None:
        """Forget all files."""
        with self._lock:
            self._files.clear()
            self._keys.clear()
