"""R29: everything is asked to end while people write and are answered, and starts again."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults import steady
from tests.faults.rows import Outcome, Trial
from tests.faults.steady import Load
from tests.processes import Proc
from tests.stack import Stack
from tests.stack_clients import Provider

ENDS_WITHIN = 30.0
# An answer of the provider takes this long, so that a stop finds some under way.
SLOW_SECONDS = 1.5


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    with Stack(trial.profile) as stack:
        Provider(stack).switch(send="slow", slow_seconds=SLOW_SECONDS)
        load = Load(stack, rate=trial.either(smoke=5, full=10))
        load.start()
        stops, took, leased = trial.either(smoke=1, full=10), [], 0
        for number in range(stops):
            trial.tell(f"stop {number + 1} of {stops}")
            time.sleep(trial.random.uniform(3, 6))
            with ThreadPoolExecutor() as pool:
                took += pool.map(_seconds, stack.parts.values())
            leased += _leased(stack)
            for proc in stack.parts.values():
                proc.start()
            stack.wait_ready()
        time.sleep(2)
        load.stop()
        Provider(stack).switch(send="ok")
        trial.tell("waiting until everything is applied and has left")
        steady.wait_drained(stack)
        outcome.figures.update({"stops": stops, "longest s": round(max(took), 1)})
        outcome.figures["left leased"] = leased
        steady.check(stack, load, outcome)
        _check(stack, load, outcome)
        outcome.expect(max(took) <= ENDS_WITHIN, f"it took {max(took):.0f} s to end")
        outcome.expect(not leased, f"{leased} sends were left leased")
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def _seconds(proc: Proc) -> float:
    """How long a process takes to end once it is asked."""
    began = time.monotonic()
    proc.popen.terminate()
    try:
        proc.popen.wait(2 * ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        proc.kill9()
    return time.monotonic() - began


def _leased(stack: Stack) -> int:
    """Sends that say somebody is sending them, when nobody runs."""
    ((left,),) = stack.rows("SELECT COUNT(*) FROM provider_delivery WHERE state = 'leased'")
    return int(left)


def _check(stack: Stack, load: Load, outcome: Outcome) -> None:
    """One that is down answers nothing; one that is up takes everything."""
    told = steady.others(load.answers, 200)
    outcome.figures["not answered"] = told.pop("ConnectionError", 0)
    outcome.expect(not told, f"answers other than 200: {told}")
    unsent = steady.unsent(stack)
    outcome.expect(not unsent, f"not sent: {unsent}")
