"""Makes the identifiers and timestamps the way the provider writes them."""

import hashlib
import secrets
import string
from datetime import UTC, datetime

ALPHABET = string.ascii_uppercase + string.digits
ID_LENGTH = 20


def new_id(length: int = ID_LENGTH) -> str:
    """A fresh upper-case alphanumeric id, as messages and chats carry them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def derived_id(*parts: str) -> str:
    """The same id for the same parts, so that a restart does not rename a chat."""
    number = int.from_bytes(hashlib.sha256("\x00".join(parts).encode("utf-8", "replace")).digest())
    letters = []
    for _ in range(ID_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO-8601 in UTC with milliseconds and a trailing Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )
