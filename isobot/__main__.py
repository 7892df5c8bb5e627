"""`python -m isobot`: the whole installation in one foreground process.

Web server, worker threads and schedule, and in the demo the sandbox provider. The same parts
run as processes of their own in production (docs/operations.md).
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from isobot import keyring, values


def main() -> int:
    """Prepare what settings are read from, then hand over to what needs them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isobot.settings")
    keyring.load(Path(values.text("ISOBOT_DATA") or "var").resolve(), create=True)
    try:
        sandbox_port = _reserve_sandbox()
        django.setup()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"isobot: {error}\n")
        return 1
    from isobot import embedded  # noqa: PLC0415 - models exist only once Django is set up

    return embedded.run(sandbox_port)


def _reserve_sandbox() -> int | None:
    """A free port for the sandbox, put where the settings look for the provider, if wanted."""
    given = values.text("BOTMAKER_V1_URL") or values.text("BOTMAKER_V2_URL")
    if not values.flag("ISOBOT_DEMO") or given:
        return None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    os.environ["BOTMAKER_V1_URL"] = f"http://127.0.0.1:{port}/api/v1.0"
    os.environ["BOTMAKER_V2_URL"] = f"http://127.0.0.1:{port}/v2.0"
    return port


def _leave(code: int) -> None:
    """End even where a library's thread would not."""
    last = threading.Timer(3, os._exit, [code])
    last.daemon = True
    last.start()
    sys.exit(code)


if __name__ == "__main__":
    _leave(main())
