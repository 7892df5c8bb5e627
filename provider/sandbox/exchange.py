"""One HTTP request as the APIs see it, and the answers they give."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Request:
    """A request with its path already split and percent-decoded."""

    method: str
    segments: tuple[str, ...]
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header by any case; empty when absent."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True)
class Reply:
    """What to answer; `aborted` closes the connection without any answer."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    aborted: bool = False
    accepted: bool = False
    note: str = ""
    file: Path | None = None  # sent instead of the body, bit by bit


class BadJson(ValueError):
    """A body that is not acceptable JSON."""


def dump(payload: object) -> bytes:
    """JSON as UTF-8; a lone surrogate, which UTF-8 cannot carry, becomes a question mark."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def parse(body: bytes) -> Any:
    """Strict JSON; every way of being broken ends in the one exception."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadJson("the body is not valid JSON") from error


def decoded(segment: str) -> str:
    """One segment of a path; the HTTP library hands it over as Latin-1, clients write UTF-8."""
    return unquote_to_bytes(segment.encode("latin-1", "replace")).decode("utf-8", "replace")


def answer(status: int, payload: object, *, accepted: bool = False, note: str = "") -> Reply:
    """A JSON answer."""
    return Reply(status, dump(payload), accepted=accepted, note=note)


def v1_error(status: int, code: int, message: str, note: str = "") -> Reply:
    """An error in the shape of API v1."""
    return answer(status, {"error": {"code": code, "message": message}}, note=note or message[:80])


def v2_error(status: int, kind: str, source: str, message: str, note: str = "") -> Reply:
    """An error in the ErrorResponse shape of API v2."""
    body = {"errors": [{"type": kind, "source": source, "message": message}]}
    return answer(status, body, note=note or f"{kind}: {source}"[:80])


def aborted(note: str, *, accepted: bool = False) -> Reply:
    """No answer at all."""
    return Reply(0, aborted=True, accepted=accepted, note=note)


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not JSON")
