"""The switches that make the sandbox fail the ways a real provider fails."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SEND_MODES = (
    "ok",
    "bad_request",
    "unauthorized",
    "no_credit",
    "window",
    "no_recipient",
    "problems",
    "rate_limited",
    "server_error",
    "unavailable",
    "slow",
    "drop",
    "refuse",
    "html",
    "no_id",
    "async_failure",
)
VALID, EXPIRED = "ok", "expired"
REFRESH_MODES = ("ok", "unchanged", "refused", "server_error", "slow", "worthless")
ACCOUNT_MODES = ("ok", "forbidden", "rate_limited", "server_error", "absent")
TIES = ("echo", "txid", "payload", "snapshot", "short")
LONGEST_DELAY_MS = 600_000


class SwitchError(ValueError):
    """A switch that does not exist or a value it does not take."""


@dataclass(frozen=True)
class _Rule:
    default: object
    allowed: str
    accepts: Callable[[object], bool]


def _choice(*values: str) -> _Rule:
    return _Rule(values[0], "one of " + ", ".join(values), lambda value: value in values)


def _flag(default: bool) -> _Rule:
    return _Rule(default, "true or false", lambda value: isinstance(value, bool))


def _whole(default: int | None, low: int, high: int, *, empty: bool = False) -> _Rule:
    def accepts(value: object) -> bool:
        if value is None:
            return empty
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    text = f"a whole number from {low} to {high}"
    return _Rule(default, text + " or null" if empty else text, accepts)


def _seconds(default: float, high: float) -> _Rule:
    def accepts(value: object) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and 0 <= float(str(value)) <= high

    return _Rule(default, f"a number of seconds from 0 to {high:g}", accepts)


RULES: dict[str, _Rule] = {
    "send": _choice(*SEND_MODES),
    "send_times": _whole(None, 1, 1_000_000, empty=True),
    "retry_after": _whole(None, 0, 86_400, empty=True),
    "slow_seconds": _seconds(5.0, 120.0),
    "media": _choice("ok", "unreachable"),
    "storage": _choice("open", "restricted", "empty"),
    "token": _choice(VALID, EXPIRED),
    "access_seconds": _whole(None, 1, 2_000_000_000, empty=True),
    "refresh": _choice(*REFRESH_MODES),
    "account": _choice(*ACCOUNT_MODES),
    "old_access_survives": _flag(False),
    "webhook_format": _choice("envelope", "flat"),
    "webhook_delay_ms": _whole(50, 0, LONGEST_DELAY_MS),
    "webhook_copies": _whole(1, 1, 5),
    "webhook_reorder": _flag(False),
    "webhooks_lost": _flag(False),
    "echo": _flag(True),
    "tie": _choice(*TIES),
    "statuses": _flag(True),
    "status_delay_ms": _whole(300, 0, LONGEST_DELAY_MS),
    "auto_read": _flag(False),
    "read_delay_ms": _whole(1200, 0, LONGEST_DELAY_MS),
}


class Switches:
    """The current setting of every switch, safe to read and change from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self.reset()

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            return self._values[name]

    def all(self) -> dict[str, Any]:
        """A copy of every setting."""
        with self._lock:
            return dict(self._values)

    def reset(self) -> None:
        """Back to a provider that works."""
        with self._lock:
            self._values = {name: rule.default for name, rule in RULES.items()}

    def update(self, changes: object) -> None:
        """Apply all the changes, or none when one of them is wrong."""
        if not isinstance(changes, dict):
            raise SwitchError("the body must be a JSON object of switches")
        for name, value in changes.items():
            _check(name, value)
        with self._lock:
            if "send" in changes:
                # A count left over from an earlier failure must not limit the new one.
                self._values["send_times"] = None
            self._values.update(changes)

    def take_send(self, *, template: bool) -> str:
        """How the next send goes; counts down a limited failure."""
        with self._lock:
            mode = str(self._values["send"])
            if mode == "window" and template:
                # A template is the way to write outside the 24 hours, so it passes.
                return "ok"
            left = self._values["send_times"]
            if mode != "ok" and left is not None:
                self._values["send_times"] = left - 1
                if left <= 1:
                    self._values.update(send="ok", send_times=None)
            return mode

    def token_was_refreshed(self) -> None:
        """A new pair ends the simulated expiry of the old one."""
        with self._lock:
            self._values["token"] = VALID


def _check(name: str, value: object) -> None:
    rule = RULES.get(name)
    if rule is None:
        raise SwitchError(f"unknown switch {name[:60]!r}; known: {', '.join(RULES)}")
    try:
        accepted = rule.accepts(value)
    except (TypeError, ValueError):
        accepted = False
    if not accepted:
        raise SwitchError(f"{name} takes {rule.allowed}")
