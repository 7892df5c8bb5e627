"""Text encrypted at rest, with key rotation; other apps may use the field for their secrets."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models


class WrongKey(Exception):
    """No key of ISOBOT_ENCRYPTION_KEYS opens a stored value."""


def _fernet(key: str) -> Fernet:
    """A Fernet key as it is; any other text is stretched to one."""
    try:
        return Fernet(key)
    except ValueError:
        stretch = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"isobot at rest")
        return Fernet(base64.urlsafe_b64encode(stretch.derive(key.encode())))


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_fernet(key) for key in keys])


def _current() -> MultiFernet:
    return _ring(tuple(settings.ISOBOT_ENCRYPTION_KEYS))


def encrypt(text: str) -> str:
    return _current().encrypt(text.encode()).decode() if text else ""


def decrypt(stored: str) -> str:
    """The text. Raises WrongKey: a value that cannot be opened is never passed on as it is."""
    if not stored:
        return ""
    try:
        return _current().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise WrongKey(
            "ISOBOT_ENCRYPTION_KEYS does not open a stored value; "
            "put the key it was written with back at the end of the list"
        ) from None


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A text that is plain in Python and encrypted in the database. It cannot be searched."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))
