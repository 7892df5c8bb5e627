"""How far a backup or a restore is: a line that counts, or one now and then where nobody looks."""

from __future__ import annotations

import time
from typing import TextIO

EVERY_SECONDS = {True: 0.1, False: 10.0}


class Progress:
    """Tell it what is done of what; `over` ends the line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._told = time.monotonic() - EVERY_SECONDS[True]
        self._width = 0

    def __call__(self, what: str, done: int, total: int | None = None) -> None:
        now = time.monotonic()
        if now - self._told < EVERY_SECONDS[self._is_terminal]:
            return
        self._told = now
        line = f"{what}: {size(done)}"
        if total:
            line += f" of {size(total)}, {min(100, 100 * done // total)} %"
        start, end = ("\r", "") if self._is_terminal else ("", "\n")
        self._out.write(f"{start}{line:<{self._width}}{end}")
        self._out.flush()
        self._width = len(line)

    def over(self) -> None:
        if self._is_terminal and self._width:
            self._out.write("\n")
        self._width = 0


def size(count: int) -> str:
    """Bytes for people."""
    for unit, step in (("GB", 10**9), ("MB", 10**6)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count / 1000:.0f} kB"
