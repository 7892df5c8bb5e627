"""R24: whatever is posted, nothing answers 5xx, no process ends, and all of it is accounted for."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults.rows import Outcome, Trial
from tests.garbage import mutated
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider, Sender

PAYLOADS = Path(__file__).parents[1] / "provider" / "adapters" / "botmaker"
POSTERS = 4
# Of so many one has a wrong byte.
TORN = 10
TYPES = ("application/json", "text/plain", "application/x-www-form-urlencoded", "no/such;=", "")
WITHIN_SECONDS = 900
AFTER = "5541977770000"


def run(trial: Trial) -> Outcome:
    count, outcome = trial.either(smoke=200, full=10_000), Outcome()
    with Stack(trial.profile) as stack:
        told = _post_all(stack, list(_bodies(count, trial.random)), trial)
        outcome.expect(set(told) <= {200, 400}, f"answered {dict(told)}")

        def applied() -> bool:
            left = _events(stack, "state = 'received' AND waits = 0")
            trial.tell(f"{left} of {count} to be applied")
            return not left

        wait_until(applied, "all that was taken is accounted for", WITHIN_SECONDS, every=1)
        Provider(stack).customer_writes(AFTER, "Oi")
        agent = Agent(stack, "supervisor")
        found = wait_until(lambda: agent.conversation(AFTER), "who writes properly is heard", 60)
        wait_until(
            lambda: any(one["author"] == "bot" for one in agent.messages(found["id"])),
            "who writes properly is answered",
            60,
        )
        ended = [name for name, part in stack.parts.items() if not part.is_alive()]
        dead = _events(stack, "state = 'dead'")
        outcome.figures.update(
            {"posted": count, "answered": dict(told), "kept": _events(stack, "TRUE")}
            | {"with a reason": _events(stack, "CAST(unapplied AS TEXT) NOT IN ('[]', 'null')")}
            | {"set aside": dead, "processes that ended": len(ended)}
        )
        outcome.expect(not ended, f"ended: {ended}")
        outcome.expect(dead == 0, f"{dead} broke what applies them")
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def _bodies(count: int, chance: random.Random) -> Iterator[bytes]:
    for number, body in enumerate(mutated(PAYLOADS, chance.randrange(10**6), count)):
        if number % TORN:
            yield body
        else:
            at = chance.randrange(len(body))
            yield body[:at] + chance.choice([b"\x00", b"\xff", b"}"]) + body[at + 1 :]


def _post_all(stack: Stack, bodies: list[bytes], trial: Trial) -> Counter[int]:
    """Post each once; how often each status was answered, 0 where there was none."""
    told: Counter[int] = Counter()
    lock = threading.Lock()

    def post(mine: list[bytes], seed: int) -> None:
        sender, chance = Sender(stack), random.Random(seed)
        for body in mine:
            status = sender.post(body, **{"Content-Type": chance.choice(TYPES)})
            with lock:
                told[status] += 1
                trial.tell(f"{told.total()} of {len(bodies)} posted")

    posters = [
        threading.Thread(target=post, args=(bodies[first::POSTERS], first))
        for first in range(POSTERS)
    ]
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join()
    return told


def _events(stack: Stack, condition: str) -> int:
    ((found,),) = stack.rows(f"SELECT COUNT(*) FROM provider_webhookevent WHERE {condition}")
    return int(found)
