"""The parts of the one-process installation, started in order and stopped in reverse."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import celery.beat
import requests
import structlog
import uvicorn
from celery.worker import WorkController
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError

from isobot import demo, env, first_start, storage
from isobot.celery import app
from isobot.first_start import Login
from isobot.pulse import Pulse
from isobot.tasks import schedule_is_alive
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider.sandbox import Sandbox

log = structlog.get_logger(__name__)

READY_WITHIN_SECONDS = 60
# With what the web server takes to end before, within the promised 30.
END_WITHIN_SECONDS = 20


def run(sandbox_port: int | None) -> int:
    """Run until a signal. Returns the exit code."""
    problem = _cannot_listen()
    if problem:
        _say(problem)
        return 1
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        _say(f"The database does not answer: {str(error).strip().splitlines()[0]}")
        return 1
    storage.collect()
    logins = first_start.prepare(env.ADMIN_PASSWORD)
    if settings.ISOBOT_DEMO:
        logins += demo.load(env.DEMO_PASSWORD, env.DEMO_WEBHOOK_TOKEN)
    config = uvicorn.Config(
        "isobot.asgi:application",
        host=env.HOST,
        port=env.PORT,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        proxy_headers=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    with _sandbox(sandbox_port), _worker(), _schedule():
        teller = threading.Thread(target=_tell_when_ready, args=(server, logins), daemon=True)
        teller.start()
        _serve(server)
    return 0


def _serve(server: uvicorn.Server) -> None:
    """Serve until a signal, and leave time to end the other parts."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # The server raises the signal again when it is done, which would end the process
        # before the worker has finished what it is sending.
        signal.signal(number, lambda _number, _frame: None)
    server.run()
    # What a part that does not end leaves behind is taken up at the next start.
    last = threading.Timer(END_WITHIN_SECONDS, os._exit, [1])
    last.daemon = True
    last.start()


def _cannot_listen() -> str:
    """Why HOST and PORT cannot be listened on, or nothing."""
    family = socket.AF_INET6 if ":" in env.HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((env.HOST, env.PORT))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {env.PORT} is in use. Choose another one: PORT=8001 make run"
            return f"HOST={env.HOST} PORT={env.PORT} cannot be listened on: {error.strerror}"
    return ""


def address() -> str:
    """Where this installation answers from this machine."""
    return env.local_url()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def _sandbox(port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    sandbox = Sandbox(
        Path(settings.ISOBOT_DATA) / "sandbox.json",
        webhook_url=f"{address()}/webhooks/botmaker/",
        webhook_token=store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN),
    )
    sandbox.start("127.0.0.1", port)
    # The phone on the page reads what it is sent, as a person would.
    control = f"http://127.0.0.1:{port}/_sandbox/switches"
    requests.put(control, json={"auto_read": True}, timeout=5)
    try:
        yield
    finally:
        sandbox.stop()


@contextlib.contextmanager
def _worker() -> Iterator[None]:
    """A Celery worker in threads of this process, and its pulse."""
    worker: WorkController = app.WorkController(
        pool_cls="threads",
        concurrency=settings.CELERY_WORKER_CONCURRENCY,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
        hostname="isobot@embedded",
    )
    thread = threading.Thread(target=_work, args=(worker,), name="worker", daemon=True)
    thread.start()
    pulse = Pulse()
    pulse.start()
    try:
        yield
    finally:
        pulse.stop()
        worker.stop()
        thread.join(timeout=20)


def _work(worker: WorkController) -> None:
    try:
        worker.start()
    except Exception as error:
        # The schedule's sign of life stops with it, so readiness tells.
        log.exception("worker ended", error=type(error).__name__)


@contextlib.contextmanager
def _schedule() -> Iterator[None]:
    # The stock one keeps a file in the current folder, which two installations would share.
    beat: Any = celery.beat.EmbeddedService(app, thread=True, scheduler_cls=celery.beat.Scheduler)
    beat.daemon = True
    beat.start()
    # The first sign of life does not wait for the first turn of the schedule; it goes through
    # the broker all the same, so that "ready" means the broker works too.
    try:
        schedule_is_alive.apply_async(retry=False)
    except Exception as error:
        log.error("the broker does not answer", error=type(error).__name__)
    try:
        yield
    finally:
        beat.stop()


def _tell_when_ready(server: uvicorn.Server, logins: list[Login]) -> None:
    """Print the address and the logins once a request is answered and the worker is seen."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and not server.should_exit:
        if server.started and _answers():
            _say(f"isobot ready at http://{_bracketed(env.HOST)}:{env.PORT}/")
            for login in logins:
                password = login.password or "(password shown at the first start)"
                _say(f"  {login.username:<12} {password}")
            if settings.ISOBOT_DEMO:
                _say(f"  simulated phone: {address()}/simulador/")
            return
        time.sleep(0.1)
    if not server.should_exit:
        _say(f"isobot is not ready: {_reasons()}")


def _answers() -> bool:
    try:
        return requests.get(f"{address()}/health/ready/", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _reasons() -> str:
    try:
        checks = requests.get(f"{address()}/health/ready/", timeout=5).json()["checks"]
    except (requests.RequestException, ValueError, KeyError):
        return "the web server does not answer"
    return ", ".join(f"{part} {reason}" for part, reason in checks.items() if reason != "ok")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
