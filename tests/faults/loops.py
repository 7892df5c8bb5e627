"""R26: a machine that answers everything the bot says gets no more than twenty messages."""

from __future__ import annotations

import time
from collections import Counter

from chat.models import Conversation
from provider.services import deliveries
from tests.faults import scene
from tests.faults.rows import Outcome, Trial

MOST, TURNS = 20, 60
# A machine of one answer, one that picks from the menu, one that says goodbye and begins again,
# one that says back what it hears.
HABITS = ("Olá! Sou um assistente virtual.", "1", "sair", "")


def run(trial: Trial) -> Outcome:
    machines, outcome = trial.either(smoke=4, full=20), Outcome()
    scene.control("switches", echo=False, statuses=False)
    began = time.monotonic()
    contacts = {f"55425{number:08d}": HABITS[number % len(HABITS)] for number in range(machines)}
    heard = dict.fromkeys(contacts, "Oi")
    after, told = 0, Counter[str]()
    for _ in range(TURNS):
        for contact, habit in contacts.items():
            if contact in heard:
                scene.write(contact, habit or heard.pop(contact))
        heard = {}
        deliveries.drain()
        for entry in scene.control(f"ledger?after={after}")["entries"]:
            after, contact = entry["n"], entry["contact_id"]
            told[contact] += 1
            heard[contact] = entry["text"][:500]
        if not heard:
            break
    ends = Counter(
        Conversation.objects.filter(identity__external_id=contact).latest("id").status
        for contact in contacts
    )
    outcome.figures.update(
        {"machines": machines, "most told": max(told.values()), "end as": dict(ends)}
    )
    outcome.expect(time.monotonic() - began < 600, "it took longer than the ten minutes that count")
    outcome.expect(max(told.values()) <= MOST, f"one was told {max(told.values())} times")
    outcome.expect(not heard, "they still talk")
    outcome.expect(ends == {"waiting": machines}, f"they end as {dict(ends)}")
    return outcome
