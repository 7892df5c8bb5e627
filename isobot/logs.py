"""Structured logs: one JSON line per event on standard error, without secrets or personal data."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import MutableMapping
from typing import Any

import structlog

_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=[Tt]oken )[A-Za-z0-9_\-]{20,}")
_LONG_NUMBER = re.compile(r"(?<![\w.:-])\+?[0-9]{10,15}(?![\w.:-])")
_NOT_PRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _clean(text: str) -> str:
    """The text without tokens, phone numbers and terminal control characters."""
    text = _LONG_NUMBER.sub("[number]", _TOKEN.sub("[token]", text))
    return _NOT_PRINTABLE.sub(" ", text)


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str) and name != "timestamp":
            event[name] = _clean(value)
    return event


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
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("uvicorn", "celery", "kombu", "axes"):
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
    for name in ("request", "server_time", "color_message"):
        event.pop(name, None)
    return event
