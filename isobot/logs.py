"""Structured logs: one JSON line per event on standard error, without secrets or personal data."""

from __future__ import annotations

import logging
import re
import sys
import traceback
import warnings
from collections.abc import Iterator, MutableMapping
from typing import Any

import structlog

from parameters.redaction import without_tokens

_LONG_NUMBER = re.compile(r"(?<![\w.:-])\+?[0-9]{10,15}(?![\w.:-])")
_NOT_PRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _clean(text: str) -> str:
    """The text without tokens, phone numbers and terminal control characters."""
    text = _LONG_NUMBER.sub("[number]", without_tokens(text))
    return _NOT_PRINTABLE.sub(" ", text)


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if name != "timestamp":
            event[name] = _cleaned(value)
    return event


def _cleaned(value: Any) -> Any:
    match value:
        case dict():
            return {_clean(str(name)): _cleaned(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_cleaned(one) for one in value]
        case bool() | int() | float() | None:
            return value
    return _clean(value if isinstance(value, str) else repr(value))


def _without_words(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """An exception by its class and its way: its text may quote a secret or what somebody wrote."""
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_way(error))
    return event


def _way(error: BaseException) -> Iterator[str]:
    """Where it passed, and what it came from first."""
    seen: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in seen:
        seen.append(now)
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    for one in reversed(seen):
        for frame, line in traceback.walk_tb(one.__traceback__):
            code = frame.f_code
            yield f"  {code.co_filename}:{line} {code.co_name}"
        yield f"{type(one).__module__}.{type(one).__qualname__}"


_BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure() -> None:
    """Send structlog's and the standard library's records through one redacting formatter."""
    structlog.configure(
        processors=[*_BEFORE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_BEFORE, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_objects,
                _without_words,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("uvicorn", "celery", "kombu"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Files of a few kilobytes; the threads they are read in are not worth a line each start.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")


def _without_objects(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Django hands over the request object, whose representation may hold addresses and data."""
    request_id = getattr(event.get("request"), "request_id", None)
    if request_id:
        event["request_id"] = request_id
    if event.get("logger") == "django.security.DisallowedHost":
        event.pop("exc_info", None)  # the line says it all, and anybody can cause it
    if event.get("logger") == "celery.app.trace" and isinstance(event.get("data"), dict):
        # Its line and its data are the exception's own words.
        event["task"] = event.pop("data").get("name")
        event["event"] = "task failed"
    for name in ("request", "server_time", "color_message"):
        event.pop(name, None)
    return event
