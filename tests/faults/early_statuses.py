"""R15: a status that comes before the answer to its send is applied once the id is known."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from tests.faults.rows import Outcome, Trial
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Provider

# The answer takes so long that everything the provider says of the message is here before it.
SLOW = {"send": "slow", "slow_seconds": 2.0}
AT_ONCE = {"webhook_delay_ms": 0, "status_delay_ms": 0, "echo": False, "tie": "txid"}
APPLIED_WITHIN = 5.0
PAUSE = 0.1  # how long a queue of everybody at once takes is not asked here
WITHIN_SECONDS = 600
# On a busy machine one may come late; it is applied all the same.
MOST = 0.9


def run(trial: Trial) -> Outcome:
    sends, outcome = trial.either(smoke=8, full=200), Outcome()
    with Stack(trial.profile) as stack:
        provider = Provider(stack)
        provider.switch(**SLOW, **AT_ONCE)
        for number in range(sends):
            provider.customer_writes(f"55423{number:08d}", "Oi")
            time.sleep(PAUSE)

        def delivered() -> bool:
            shown = stack.rows("SELECT COUNT(*) FROM chat_message WHERE status = 'delivered'")
            trial.tell(f"{shown[0][0]} of {sends} delivered")
            return bool(shown[0][0] >= sends)

        wait_until(delivered, "every message is delivered", WITHIN_SECONDS, every=0.5)
        _check(stack, sends, outcome)
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def _check(stack: Stack, sends: int, outcome: Outcome) -> None:
    known = dict(stack.rows("SELECT job_id, finished_at FROM provider_attempt WHERE job_id <> ''"))
    early, delays = 0, []
    rows = stack.rows("SELECT body, received_at, processed_at, state FROM provider_webhookevent")
    for body, received, processed, state in rows:
        said: dict[str, Any] = json.loads(bytes(body))
        if said.get("status") != "delivered":
            continue
        learnt = _moment(known[said["intentTxId"]])
        came = _moment(received)
        early += came < learnt
        since = max(came, learnt)
        delays.append((_moment(processed) - since).total_seconds() if processed else 1e9)
        outcome.expect(state == "processed", f"a status ends as {state}")
    slowest = max(delays, default=0.0)
    outcome.figures.update(
        {"sends": sends, "statuses": len(delays), "before the answer": early}
        | {"applied after it": f"{slowest:.1f} s at most"}
    )
    outcome.expect(len(delays) == sends, f"{len(delays)} statuses of {sends} sends")
    outcome.expect(early >= MOST * sends, f"only {early} of {sends} came first: little was tried")
    outcome.expect(slowest <= APPLIED_WITHIN, f"one was applied after {slowest:.1f} s")


def _moment(value: datetime | str) -> datetime:
    """SQLite keeps a moment as text."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=None)
