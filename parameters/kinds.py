"""The types of values: how the two texts of a detail become one typed value."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parameters import formats
from parameters.formats import unquoted

T_co = TypeVar("T_co", covariant=True)
Text = str | Promise
# A value people choose, with what it means to them.
Choice = tuple[str, Text]


class BadValue(ValueError):
    """A value the key refuses; carries the field at fault and a sentence for the person."""

    def __init__(self, message: Text, field: str = "answer") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Kind(ABC, Generic[T_co]):
    """One type of value. `tidy` says how the texts are stored, `parse` what they mean.

    The rest is for forms: `widget` is how a value is typed, `columns` are the texts it lives in
    (the first looked at comes first), `choices`, `unit` and `placeholders` what may be typed.
    """

    secret: ClassVar[bool] = False
    widget: ClassVar[str]
    columns: tuple[str, ...] = ("answer",)
    choices: tuple[Choice, ...] = ()
    unit: ClassVar[str] = ""
    placeholders: ClassVar[tuple[str, ...]] = ()

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return answer.strip(), note.strip()

    @abstractmethod
    def parse(self, answer: str, note: str) -> T_co | None:
        """The value, or None where nothing is filled in. Raises BadValue."""


class TextKind(Kind[str]):
    """A short text, typed with or without the quotes the guide shows it in."""

    widget = "text"

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer), note.strip()

    def parse(self, answer: str, note: str) -> str | None:
        text = unquoted(answer)
        if not formats.is_one_line(text):
            raise BadValue(_("It is one line of text: take out the line breaks."))
        return text or None


class IdKind(TextKind):
    """A name the provider gave, sent back to it in a header."""

    def parse(self, answer: str, note: str) -> str | None:
        text = unquoted(answer)
        return _as_header(text, "answer") if text else None


def _as_header(text: str, column: str) -> str:
    if not formats.is_header_value(text):
        raise BadValue(
            _("It holds a space, a line break or a character out of place. Copy it again."),
            column,
        )
    return text


class CodeKind(Kind[int]):
    """A code of another table, read from the lupa of a list and typed with or without quotes."""

    widget = "picker"

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


class PortKind(Kind[int]):
    """A port of a server."""

    widget = "number"

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer), note.strip()

    def parse(self, answer: str, note: str) -> int | None:
        port = unquoted(answer)
        if not port:
            return None
        if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65_536:
            raise BadValue(_("Type a port, a number from 1 to 65535 (example: 587)."))
        return int(port)


class PhoneKind(Kind[str]):
    """A phone line as digits with the country code (example: 5541999999999)."""

    widget = "phone"

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return re.sub(r"[\s()+.\-]", "", unquoted(answer)), note.strip()

    def parse(self, answer: str, note: str) -> str | None:
        digits, _note = self.tidy(answer, note)
        if not digits:
            return None
        if not re.fullmatch(r"[0-9]{8,15}", digits):
            raise BadValue(_("Type the number with country and area codes, like 5541999999999."))
        if formats.lacks_country(digits):
            raise BadValue(_("Put 55 before the area code, like 5541999999999."))
        if digits.startswith("55") and not formats.is_brazilian(digits):
            raise BadValue(
                _(
                    "A Brazilian number has 55, an area code that exists and 8 digits, "
                    "or 9 that start with 9: 5541999999999."
                )
            )
        return digits


def _listed(choices: tuple[str | Choice, ...]) -> tuple[Choice, ...]:
    return tuple((choice, choice) if isinstance(choice, str) else choice for choice in choices)


def _not_among(choices: tuple[Choice, ...]) -> BadValue:
    allowed = ", ".join(value for value, _meaning in choices)
    return BadValue(_("Use one of: %(choices)s.") % {"choices": allowed})


class ChoiceKind(Kind[str]):
    """One of some words; each is given alone or with what it means."""

    widget = "choice"

    def __init__(self, *choices: str | Choice) -> None:
        self.choices = _listed(choices)

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer), note.strip()

    def parse(self, answer: str, note: str) -> str | None:
        value = unquoted(answer)
        if not value:
            return None
        for choice, _meaning in self.choices:
            if value.casefold() == choice.casefold():
                return choice
        raise _not_among(self.choices)


@dataclass(frozen=True, slots=True)
class Notice:
    """Whether a notice goes out (`mode` is one letter, N means no) and its own text, if any."""

    mode: str
    text: str = ""

    @property
    def is_sent(self) -> bool:
        return self.mode != "N"

    def __str__(self) -> str:
        return self.mode


def _text_of_notice(note: str) -> str:
    unknown = formats.unknown_placeholder(note)
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in formats.PLACEHOLDERS)
        raise BadValue(
            _("Nothing takes the place of “%(piece)s”. In braces, use only: %(known)s.")
            % {"piece": unknown[:40], "known": known},
            "note",
        )
    return note.strip()


class NoticeKind(Kind[Notice]):
    """S/N (or S/C/N) in the answer, the text in the note."""

    widget = "choice"
    columns = ("answer", "note")
    placeholders = formats.PLACEHOLDERS

    def __init__(self, *modes: str | Choice) -> None:
        self.choices = _listed(modes)

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer).upper(), note.strip()

    def parse(self, answer: str, note: str) -> Notice | None:
        mode = unquoted(answer).upper()
        if mode and mode not in dict(self.choices):
            raise _not_among(self.choices)
        text = _text_of_notice(note)
        return Notice(mode, text) if mode else None


class NoteTextKind(Kind[Notice]):
    """A text kept in the note; the answer is ignored, except N, which means: do not send."""

    widget = "long_text"
    columns = ("note",)
    placeholders = formats.PLACEHOLDERS

    def parse(self, answer: str, note: str) -> Notice | None:
        text = _text_of_notice(note)
        if not text:
            return None
        return Notice("N" if unquoted(answer).upper() == "N" else "S", text)


class MegabytesKind(Kind[Decimal]):
    """A positive number of megabytes (1 MB = 1 048 576 bytes)."""

    widget = "number"
    unit = "MB"
    largest = Decimal(10_000)
    # Three places would leave open whether 1.000 is one or a thousand.
    _number = re.compile(r"[0-9]{1,5}([.,][0-9]{1,2})?|0[.,][0-9]{3}")

    def parse(self, answer: str, note: str) -> Decimal | None:
        text = unquoted(answer)
        if not text:
            return None
        if re.search(r"[a-z]\s*$", text, re.IGNORECASE):
            raise BadValue(_("Type only the number of megabytes, without the unit: 100."))
        value = Decimal(text.replace(",", ".")) if self._number.fullmatch(text) else Decimal(0)
        if not 0 < value <= self.largest:
            raise BadValue(
                _("Type a number of megabytes greater than zero, like 100 or 2,5 (up to 10000).")
            )
        return value


class MomentKind(Kind[datetime]):
    """An ISO-8601 time with offset, written by the system."""

    widget = "moment"

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

    widget = "link"
    own_logo = "../k2bimages/logoisocrm.png"

    def tidy(self, answer: str, note: str) -> tuple[str, str]:
        return unquoted(answer), note.strip()

    def parse(self, answer: str, note: str) -> str | None:
        link = unquoted(answer)
        if not link or link == self.own_logo:
            return link or None
        relative = re.fullmatch(r"[A-Za-z0-9_\-][A-Za-z0-9_\-./]*", link) and ".." not in link
        if not relative and not formats.is_public_link(link):
            raise BadValue(
                _(
                    "Type an address that anybody on the internet can open and that starts with "
                    "https://, or a path without “..”."
                )
            )
        return link


class SecretKind(Kind[str]):
    """A secret. `columns` is the order in which the two texts are looked at."""

    secret = True
    widget = "secret"

    def __init__(self, *columns: str) -> None:
        self.columns = columns

    def parse(self, answer: str, note: str) -> str | None:
        texts = {"answer": answer.strip(), "note": note.strip()}
        for column in self.columns:
            text = texts[column]
            if text and not formats.is_guide_word(text):
                return text
        return None


class ProviderSecretKind(SecretKind):
    """A secret that travels in a header: printable ASCII without spaces."""

    def parse(self, answer: str, note: str) -> str | None:
        found = self._found(answer, note)
        if found is None:
            return None
        return _as_header(found, "note" if found == note.strip() else "answer")

    def _found(self, answer: str, note: str) -> str | None:
        return super().parse(answer, note)


class TokenKind(ProviderSecretKind):
    """The access token: the note where it looks like a token, else the answer (guide, step 3)."""

    def _found(self, answer: str, note: str) -> str | None:
        note = note.strip()
        return note if formats.looks_like_a_token(note) else super()._found(answer, note)
