"""Fetching a file from an address somebody else named: guarded, streamed, and cut in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import IO
from urllib.parse import urljoin

import requests
import urllib3
from requests_hardened.ip_filter import InvalidIPAddress

from provider import guard
from provider.contracts import Located
from provider.errors import RejectedError, TemporaryError, TooLarge
from provider.http import CONNECT_SECONDS, READ_SECONDS, Sockets, pause

CHUNK = 64 * 1024
WALL_SECONDS = 240.0
# A host that drips would otherwise hold who fetches for the whole time; a slow line brings more.
PACE_SECONDS = 10.0
PACE_BYTES = 64 * 1024
MOST_HOPS = 4
# Asked for as it is: what unpacks itself would be measured only once it is unpacked.
_ASKED = {"Accept-Encoding": "identity", "User-Agent": "isobot"}
_REDIRECTS = (301, 302, 303, 307, 308)
_LATER = (408, 425, 429)


class _Arrival(Sockets):
    """The connections a file comes by, cut when its time is over, or when it hardly comes."""

    def __init__(self, wall_seconds: float) -> None:
        super().__init__()
        self.size = 0
        self._ends = time.monotonic() + wall_seconds
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="download-watch", daemon=True).start()

    def _watch(self) -> None:
        seen = 0
        while not self._over.wait(max(0, min(PACE_SECONDS, self._ends - time.monotonic()))):
            size = self.size
            if size - seen < PACE_BYTES or time.monotonic() >= self._ends:
                self.cut()
                return
            seen = size

    def close(self) -> None:
        """No connection is kept: each file may come from somewhere else."""
        self._over.set()
        self.cut()


def download(
    located: Located,
    into: IO[bytes],
    *,
    limit: int,
    exempt: Collection[guard.Host] = (),
    is_ending: Callable[[], bool] = lambda: False,
    wall_seconds: float = 0.0,
) -> str:
    """Write the file's bytes into `into`; answer the type the other side gives it.

    It is given up after `wall_seconds` (WALL_SECONDS where that is 0), however much came, and
    after any PACE_SECONDS that bring less than PACE_BYTES of it.

    Raises TooLarge above `limit` bytes, RejectedError where another try would not help
    (`code` "blocked", "forbidden", "gone" or "broken"), TemporaryError where it may
    ("unreachable", "slow").
    None of them leads back to the library's own, which quote the address: it may hold a secret.
    """
    arrival = _Arrival(wall_seconds or WALL_SECONDS)
    try:
        with _opened(located, exempt, arrival) as response:
            _save(response, into, limit, is_ending, arrival)
            if arrival.were_cut:  # which looks like an end where no length was said
                raise TemporaryError("the file came too slowly", code="slow")
            return response.headers.get("Content-Type", "")
    except InvalidIPAddress:
        raise guard.blocked("it leads inside") from None
    except (requests.exceptions.InvalidHeader, UnicodeError):
        raise RejectedError("the address cannot be asked", code="broken") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if arrival.were_cut:
            raise TemporaryError("the file came too slowly", code="slow") from None
        raise TemporaryError(
            f"the file did not come ({type(error).__name__})", code="unreachable"
        ) from None
    finally:
        arrival.close()


def _opened(
    located: Located, exempt: Collection[guard.Host], sockets: Sockets
) -> requests.Response:
    """The answer that holds the file, after as many redirects as are reasonable."""
    url, headers = _prepared(located.url, located.headers)
    for _hop in range(MOST_HOPS):
        guard.check(url, exempt)
        request = requests.Request("GET", url, headers={**_ASKED, **headers}).prepare()
        adapter = guard.adapter_for(url, exempt, sockets)
        response = adapter.send(request, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS))
        if response.status_code not in _REDIRECTS:
            return _checked(response)
        target = response.headers.get("Location", "")
        response.close()
        before, (url, headers) = url, _prepared(_joined(url, target), headers)
        if guard.host_of(url) != guard.host_of(before):
            headers = {}  # they were meant for the host that was named, and for no other
        if before.startswith("https:") and not url.startswith("https:"):
            raise guard.blocked("it leads from https to http")
    raise guard.blocked("it leads from one place to the next")


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        raise guard.blocked("it cannot be read") from None


def _prepared(url: str, headers: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """The address as the client will ask it, so that what is checked is what is asked."""
    try:
        prepared = requests.Request("GET", url.strip()).prepare().url or ""
    except (requests.RequestException, ValueError):
        raise guard.blocked("it cannot be read") from None
    return prepared, headers


def _checked(response: requests.Response) -> requests.Response:
    status = response.status_code
    if status == 200:
        return response
    response.close()
    if status in _LATER or status >= 500:
        wait = pause(response.headers) if response.headers.get("Retry-After") else None
        raise TemporaryError(f"HTTP {status}", code="unreachable", retry_after=wait)
    raise RejectedError(f"HTTP {status}", code="forbidden" if status == 403 else "gone")


def _save(
    response: requests.Response,
    into: IO[bytes],
    limit: int,
    is_ending: Callable[[], bool],
    arrival: _Arrival,
) -> None:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise RejectedError("the file came packed, unasked", code="broken")
    said = response.headers.get("Content-Length", "")
    expected = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None
    if expected is not None and expected > limit:
        raise TooLarge(expected)
    while chunk := response.raw.read1(CHUNK, decode_content=False):
        arrival.size += len(chunk)
        if arrival.size > limit:
            raise TooLarge
        if is_ending():
            raise TemporaryError("this process ends", code="ending")
        into.write(chunk)
    if expected is not None and arrival.size != expected:
        raise TemporaryError("the file came in part", code="unreachable")
