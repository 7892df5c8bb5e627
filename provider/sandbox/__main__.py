"""Runs the sandbox from the command line until it is told to end."""

import argparse
import queue
import signal
import sys
from pathlib import Path

from .server import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = _parser().parse_args(arguments)
    # A SimpleQueue, because its put is safe inside a signal handler and an Event's set is not.
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: signals.put(received))
    sandbox = Sandbox(options.state, options.webhook_url, options.webhook_token)
    try:
        sandbox.start(options.host, options.port)
    except OSError as error:
        sys.stderr.write(f"sandbox cannot listen on {options.host}:{options.port}: {error}\n")
        return 1
    sys.stdout.write(f"sandbox ready at {sandbox.url}\n")
    sys.stdout.flush()
    signals.get()
    sandbox.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m provider.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--state", type=Path, required=True, help="file for the credentials")
    parser.add_argument("--webhook-url", default="", help="where webhooks go; empty: nowhere")
    parser.add_argument("--webhook-token", default="", help="value of the auth-bm-token header")
    return parser


if __name__ == "__main__":
    sys.exit(main())
