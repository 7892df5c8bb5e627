"""Files that came with messages: where they are now, and fetching them."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TypeVar

from django.conf import settings

from provider import credentials, download, faults, guard, registry
from provider.contracts import Line, Located, Media
from provider.errors import AmbiguousError, CredentialsError, RejectedError, TemporaryError

WAITED_SECONDS = 15.0

Where = TypeVar("Where")


def fetch(
    line: Line, media: Media, *, into: IO[bytes], limit: int, is_ending: Callable[[], bool]
) -> str:
    """Write the file into `into` and answer the type its host gives it. In no transaction."""
    try:
        adapter = registry.get(line.adapter)
    except registry.UnknownAdapter as error:
        raise RejectedError("nobody speaks to this provider", code="broken") from error
    # Where one account serves all channels, nothing is kept with one of them.
    key = line.channel_key if "" in adapter.credentials.values() else ""
    held = credentials.load(adapter, key)

    def fetched(located: Located) -> str:
        return download.download(located, into, limit=limit, exempt=exempt(), is_ending=is_ending)

    located = _asked(lambda: adapter.locate(media, held))
    try:
        return fetched(located)
    except RejectedError as error:
        if error.code != "forbidden":
            raise
    try:
        # Its storage may be closed to who does not ask with the account's token.
        other = _asked(lambda: adapter.relocate(media, held))
        if other is None:
            raise RejectedError("nobody opens its address", code="gone")
        return fetched(other)
    except RejectedError as error:
        code = error.code if error.code in ("blocked", "broken") else "gone"
        raise RejectedError(error.detail, code=code) from error


def _asked(ask: Callable[[], Where]) -> Where:
    """What the provider says of where a file is."""
    try:
        with faults.contained("file not located"):
            return ask()
    except (CredentialsError, AmbiguousError) as error:
        # A better token may come; and asking once more where a file is does no harm.
        raise TemporaryError("the provider did not say where it is", code="access") from error


def fetch_public(address: str, *, into: IO[bytes], limit: int) -> str:
    """The same of an address anybody can open, while somebody waits for the answer."""
    return download.download(
        Located(address), into, limit=limit, exempt=exempt(), wall_seconds=WAITED_SECONDS
    )


def exempt() -> frozenset[guard.Host]:
    """Hosts the guard against internal addresses lets through: those somebody set, no others."""
    usual: dict[str, str] = settings.USUAL_ADDRESSES
    urls = {name: str(getattr(settings, name)) for name in usual}
    return frozenset(guard.host_of(url) for name, url in urls.items() if url != usual[name])
