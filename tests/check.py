"""`make check`: every check of the code, in order, each with its time; the first failure counts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
CODE = ["isobot", "chat", "provider", "parameters"]
# What `check --deploy` sees is a production installation.
PRODUCTION = {
    "ISOBOT_SECRET_KEY": "only-for-the-deployment-check-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ISOBOT_ENCRYPTION_KEYS": "only-for-the-deployment-check-0123456789",
    "ISOBOT_PUBLIC_URL": "https://isobot.example.com",
    "ISOBOT_DEMO": "0",
}


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


STEPS: list[tuple[str, list[str]]] = [
    ("format", tool("ruff", "format", "--check", "-q", ".")),
    ("lint", tool("ruff", "check", "-q", ".")),
    ("types", tool("mypy", "--no-error-summary", *CODE)),
    ("import contracts", tool("lint-imports", "--no-cache")),
    ("deployment", python("manage.py", "check", "--deploy", "--fail-level", "WARNING")),
    ("migrations", python("manage.py", "makemigrations", "--check", "--dry-run", "-v0")),
    ("translations", python("-m", "tests.translations")),
]


def main() -> int:
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, **PRODUCTION, "ISOBOT_DATA": data}
        for name, command in STEPS:
            started = time.monotonic()
            result = subprocess.run(command, env=environment, capture_output=True, text=True)
            verdict = "ok" if result.returncode == 0 else "FAILED"
            sys.stdout.write(f"{name:<18} {verdict:<7} {time.monotonic() - started:5.1f} s\n")
            sys.stdout.flush()
            if result.returncode:
                sys.stdout.write(result.stdout + result.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
