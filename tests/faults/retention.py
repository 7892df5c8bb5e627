"""R22: thousands of old conversations go while people write, and nobody who writes waits for it."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any

from tests.faults.kills import flat_text
from tests.faults.rows import Outcome, Trial
from tests.processes import ROOT, wait_until
from tests.stack import Stack
from tests.stack_clients import Sender

OLD, MESSAGES = 10_000, 5
RATE = 10
IDLE_SECONDS = 30.0
APPLIED_WITHIN = 60.0


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    if trial.smoke:
        outcome.figures["skipped"] = "it takes minutes"
        return outcome
    with Stack(trial.profile) as stack:
        trial.tell("making old conversations")
        stack.run("fill", "-m", "tests.old_rows", str(OLD), str(MESSAGES), seconds=600)
        load = Load(stack)
        load.start()
        trial.tell("measuring without housekeeping")
        time.sleep(IDLE_SECONDS)
        began = datetime.now(UTC)
        stack.change(
            "UPDATE chat_conversation SET closed_at = '2020-01-01 00:00:00+00:00' "
            "WHERE status = 'closed'"
        )
        seconds = _tidy(stack, trial)
        ended = datetime.now(UTC)
        load.stop()
        _check(stack, load, (began, ended), outcome)
        outcome.figures["cleared in"] = f"{seconds:.0f} s"
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def _tidy(stack: Stack, trial: Trial) -> float:
    """As the schedule does, but at once; where that has just begun, with it."""
    env = {**stack.env, "ISOBOT_KEEP_CONVERSATIONS_DAYS": "365"}
    began = time.monotonic()

    def once() -> bool:
        trial.tell("clearing")
        done = subprocess.run(
            [sys.executable, "manage.py", "housekeep"],
            cwd=ROOT, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode == 0

    wait_until(once, "everything old is cleared", 1200, every=1)
    return time.monotonic() - began


def _left(stack: Stack) -> int:
    ((left,),) = stack.rows("SELECT COUNT(*) FROM chat_conversation WHERE closed_at < '2021-01-01'")
    return int(left)


class Load:
    """Customers who write at a steady pace, each message with the moment it was posted."""

    def __init__(self, stack: Stack) -> None:
        self.sender = Sender(stack)
        self.posted: dict[str, datetime] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(60)

    def _write(self) -> None:
        began = time.monotonic()
        for number in itertools.count():
            if self._stopping.wait(max(0.0, began + number / RATE - time.monotonic())):
                return
            customer, nth = divmod(number, 10)
            text = ("Oi", "2")[nth] if nth < 2 else f"Mensagem {nth}"
            body = flat_text(f"55419{customer:08d}", text, number)
            self.posted[body["_id_"]] = datetime.now(UTC)
            self.sender.send(body)


def _check(stack: Stack, load: Load, during: tuple[datetime, datetime], outcome: Outcome) -> None:
    def applied() -> dict[str, Any]:
        rows = stack.rows("SELECT external_id, created_at FROM chat_message WHERE direction = 'in'")
        found = {number: _moment(at) for number, at in rows if number in load.posted}
        return found if len(found) == len(load.posted) else {}

    at = wait_until(applied, "every message is applied", APPLIED_WITHIN, every=1)
    waits = {
        number: (at[number] - posted).total_seconds() for number, posted in load.posted.items()
    }
    began, ended = during
    idle = [waits[number] for number, posted in load.posted.items() if posted < began]
    busy = [waits[number] for number, posted in load.posted.items() if began <= posted < ended]
    outcome.figures.update(
        {
            "conversations cleared": OLD - _left(stack),
            "messages": len(load.posted),
            "inbound p95 idle": f"{_p95(idle) * 1000:.0f} ms",
            "while clearing": f"{_p95(busy) * 1000:.0f} ms",
            "ratio": f"{_p95(busy) / _p95(idle):.2f}",
        }
    )
    outcome.expect(_left(stack) == 0, f"{_left(stack)} old conversations are left")
    outcome.expect(len(busy) > 20, "clearing was over before anything could be measured")
    outcome.expect(_p95(busy) < 2 * _p95(idle), "people wait twice as long while old rows go")


def _p95(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.95)]


def _moment(value: Any) -> datetime:
    """SQLite keeps times as text, in UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
