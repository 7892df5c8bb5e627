"""The types of values: how the two texts of a detail become one typed value."""

from __future__ import annotations

import ipaddress
import re
import socket
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

T_co = TypeVar("T_co", covariant=True)
Text = str | Promise

# What the guide itself writes where a token belongs; never a value.
PLACEHOLDERS = frozenset({"provedor token", "acessartoken", "acessar token", "atualizar token"})
MIN_TOKEN_LENGTH = 12


class BadValue(ValueError):
    """A value the key refuses; carries the field at fault and a sentence for the person."""

    def __init__(self, message: Text, field: str = "answer") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def unquoted(text: str) -> str:
    """The text without the spaces and the quotes people copy from the guide (‘11’, "11", '11')."""
    return text.strip().strip("'\"‘’“”`´").strip()


class Kind(ABC, Generic[T_co]):
    """One type of value. `tidy` says how the texts are stored, `parse` what they mean."""

    secret: ClassVar[bool] = False

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return answer.strip(), note.strip()

    @abstractmethod
    def parse(self, answer: str, note: str) -> T_co | None:
        """The value, or None where nothing is filled in. Raises BadValue."""


class TextKind(Kind[str]):
    """A short text, typed with or without the quotes the guide shows it in."""

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer), note.strip()

    def parse(self, answer: str, note: str) -> str | None:
        return unquoted(answer) or None


class CodeKind(Kind[int]):
    """A code of another table, read from the lupa of a list and typed with or without quotes."""

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer), note.strip()

    def parse(self, answer: str, note: str) -> int | None:
        code = unquoted(answer)
        if not code:
            return None
        if "," in code or ";" in code:
            raise BadValue(
                _("Only one code fits here. To offer several classifications, use the menu.")
            )
        if not re.fullmatch(r"[0-9]{1,18}", code):
            raise BadValue(_("The code is a number, as shown in the Código column (example: 11)."))
        return int(code)


class PhoneKind(Kind[str]):
    """A phone line as digits with the country code (example: 5541999999999)."""

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return re.sub(r"[\s()+.\-]", "", unquoted(answer)), note.strip()

    def parse(self, answer: str, note: str) -> str | None:
        digits, _note = self.tidy(answer, note)
        if not digits:
            return None
        if not re.fullmatch(r"[0-9]{8,15}", digits):
            raise BadValue(_("Type the number with country and area codes, like 5541999999999."))
        if digits.startswith("55") and not re.fullmatch(r"55[1-9][1-9][0-9]{8,9}", digits):
            raise BadValue(
                _("A Brazilian number has 55, the area code and 8 or 9 digits: 5541999999999.")
            )
        return digits


class ChoiceKind(Kind[str]):
    def __init__(self, *choices: str) -> None:
        self.choices = choices

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer), note.strip()

    def parse(self, answer: str, note: str) -> str | None:
        value = unquoted(answer)
        if not value:
            return None
        for choice in self.choices:
            if value.casefold() == choice.casefold():
                return choice
        raise BadValue(_("Use one of: %(choices)s.") % {"choices": ", ".join(self.choices)})


@dataclass(frozen=True, slots=True)
class Notice:
    """Whether a notice goes out (`mode` is one letter, N means no) and its own text, if any."""

    mode: str
    text: str = ""

    @property
    def is_sent(self) -> bool:
        return self.mode != "N"


class NoticeKind(Kind[Notice]):
    """S/N (or S/C/N) in the answer, the text in the note."""

    def __init__(self, *modes: str) -> None:
        self.modes = modes

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer).upper(), note.strip()

    def parse(self, answer: str, note: str) -> Notice | None:
        mode = unquoted(answer).upper()
        if not mode:
            return None
        if mode not in self.modes:
            raise BadValue(_("Use one of: %(choices)s.") % {"choices": ", ".join(self.modes)})
        return Notice(mode, note.strip())


class NoteTextKind(Kind[Notice]):
    """A text kept in the note; the answer is ignored, except N, which means: do not send."""

    def parse(self, answer: str, note: str) -> Notice | None:
        text = note.strip()
        if unquoted(answer).upper() == "N" or not text:
            return Notice("N", text)
        return Notice("S", text)


class MegabytesKind(Kind[Decimal]):
    """A positive number of megabytes (1 MB = 1 048 576 bytes)."""

    largest = Decimal(10_000)

    def parse(self, answer: str, note: str) -> Decimal | None:
        text = unquoted(answer).replace(",", ".")
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal(0)
        if not (value.is_finite() and 0 < value <= self.largest):
            raise BadValue(_("Type a number of megabytes greater than zero, like 100."))
        return value


class MomentKind(Kind[datetime]):
    """An ISO-8601 time with offset, written by the system."""

    def parse(self, answer: str, note: str) -> datetime | None:
        text = answer.strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise BadValue(_("Type a date and time with offset, like 2026-11-20T13:05:11-03:00."))
        return moment


class LinkKind(Kind[str]):
    """An https address of an image, or a path below this installation."""

    own_logo = "../k2bimages/logoisocrm.png"

    def parse(self, answer: str, note: str) -> str | None:
        link = answer.strip()
        if not link or link == self.own_logo:
            return link or None
        relative = re.fullmatch(r"[A-Za-z0-9_\-][A-Za-z0-9_\-./]*", link) and ".." not in link
        if not relative and not _is_public(link):
            raise BadValue(_("Type an address that starts with https:// or a path without “..”."))
        return link


def _is_public(link: str) -> bool:
    """An https address whose host is not written as one of an internal network."""
    if not re.fullmatch(r"https://[^\s<>\"'@\\]+", link):
        return False
    try:
        host = (urlsplit(link).hostname or "").rstrip(".")
    except ValueError:
        return False
    if not host or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        # What a resolver takes for an address, in any of its spellings (127.1, 0x7f000001).
        written = socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host
        address = ipaddress.ip_address(written)
    except (OSError, ValueError):
        return True
    return address.is_global and not address.is_multicast


class SecretKind(Kind[str]):
    """A secret. `columns` is the order in which the two texts are looked at."""

    secret = True

    def __init__(self, *columns: str) -> None:
        self.columns = columns

    def parse(self, answer: str, note: str) -> str | None:
        texts = {"answer": answer.strip(), "note": note.strip()}
        for column in self.columns:
            text = texts[column]
            if text and not _is_placeholder(text):
                return text
        return None


class ProviderSecretKind(SecretKind):
    """A secret that travels in a header: printable ASCII without spaces."""

    def parse(self, answer: str, note: str) -> str | None:
        found = self._found(answer, note)
        if found is not None and not re.fullmatch(r"[\x21-\x7e]+", found):
            column = "note" if found == note.strip() else "answer"
            raise BadValue(
                _("It holds a space, a line break or a character no token has. Copy it again."),
                column,
            )
        return found

    def _found(self, answer: str, note: str) -> str | None:
        return super().parse(answer, note)


class TokenKind(ProviderSecretKind):
    """The access token: the note where it looks like a token, else the answer (guide, step 3)."""

    def _found(self, answer: str, note: str) -> str | None:
        note = note.strip()
        return note if _looks_like_a_token(note) else super()._found(answer, note)


def _looks_like_a_token(text: str) -> bool:
    is_long = len(text) >= MIN_TOKEN_LENGTH and " " not in text
    return is_long and not text.isdigit() and not _is_placeholder(text)


def _is_placeholder(text: str) -> bool:
    return unquoted(text).casefold() in PLACEHOLDERS
