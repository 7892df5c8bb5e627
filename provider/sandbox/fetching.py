"""Fetches the files of messages, as the real provider does: by their link, after the answer."""

import hashlib
import logging
import queue
import shutil
import tempfile
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from .identity import new_id

MOST_BYTES = 110 * 1024 * 1024
MOST_KEPT = 40  # files
PIECE = 64 * 1024
ANSWER_SECONDS = 20.0

_log = logging.getLogger(__name__)


class FetchFault(Exception):
    """A file that could not be had from its link."""


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched: what its server said it is, and what came."""

    id: str
    type: str
    size: int
    sha256: str


class Fetcher:
    """One thread that does what waits in order; a message never overtakes one with a file."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[str, Callable[[], None]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._kept: OrderedDict[str, Fetched] = OrderedDict()
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-files-"))
        self._thread = threading.Thread(target=self._run, name="sandbox-files", daemon=True)

    def start(self) -> None:
        """Begin with what waits."""
        self._thread.start()

    def stop(self, wait: float) -> None:
        """End the thread and forget all files."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(wait)
        shutil.rmtree(self._folder, ignore_errors=True)

    def later(self, line: str, job: Callable[[], None]) -> None:
        """Do this after everything that waits; `line` is whose message it is."""
        with self._lock:
            self._waiting[line] += 1
        self._jobs.put((line, job))

    def is_busy(self, line: str) -> bool:
        """Whether something of theirs waits or is under way."""
        with self._lock:
            return self._waiting[line] > 0

    def fetch(self, url: str) -> Fetched:
        """The file behind a link, on the disk. Raises FetchFault."""
        found = Path(self._folder) / new_id()
        digest, size = hashlib.sha256(), 0
        try:
            with (
                requests.Session() as session,
                _opened(session, url) as response,
                found.open("wb") as out,
            ):
                if response.status_code != 200:
                    raise FetchFault(f"HTTP {response.status_code}")
                for piece in response.iter_content(PIECE):
                    size += len(piece)
                    if size > MOST_BYTES:
                        raise FetchFault("too large")
                    digest.update(piece)
                    out.write(piece)
        except (requests.RequestException, OSError, ValueError) as error:
            found.unlink(missing_ok=True)
            raise FetchFault(type(error).__name__) from error
        except FetchFault:
            found.unlink(missing_ok=True)
            raise
        kind = response.headers.get("Content-Type", "application/octet-stream")
        return self._keep(Fetched(found.name, kind.partition(";")[0], size, digest.hexdigest()))

    def file(self, name: str) -> tuple[Fetched, Path] | None:
        """A fetched file and where it lies."""
        with self._lock:
            fetched = self._kept.get(name)
        return (fetched, self._folder / name) if fetched else None

    def _keep(self, fetched: Fetched) -> Fetched:
        with self._lock:
            self._kept[fetched.id] = fetched
            while len(self._kept) > MOST_KEPT:
                oldest, _fetched = self._kept.popitem(last=False)
                (self._folder / oldest).unlink(missing_ok=True)
        return fetched

    def _run(self) -> None:
        while (waiting := self._jobs.get()) is not None:
            line, job = waiting
            try:
                job()
            except Exception as error:
                _log.error("sandbox file failed: %s", type(error).__name__)
            with self._lock:
                self._waiting[line] -= 1


def _opened(session: requests.Session, url: str) -> requests.Response:
    # Without this a proxy or a .netrc of the machine would take part.
    session.trust_env = False
    return session.get(url, timeout=ANSWER_SECONDS, stream=True, allow_redirects=False)
