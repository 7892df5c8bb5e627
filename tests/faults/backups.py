"""R31: a backup made under load is restored where everything was lost, and nothing goes twice."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import samples
from tests.faults.kills import SLOW, Load, bare_uuid, flat_text
from tests.faults.rows import Outcome, Trial
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider, Sender

# So slow that something waits in the outbox whenever one looks.
VERY_SLOW = {"send": "slow", "slow_seconds": 3}
# Room for a busy machine: this asks whether, not how soon.
READY_WITHIN, DRAINED_WITHIN = 240, 240
SCHEMA = {
    "embedded": "SELECT type, name, sql FROM sqlite_master ORDER BY type, name",
    "production": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace AND convalidated "
    "UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
}
# Not those that wait for a message that is lost: it was written after the backup.
TO_APPLY = (
    "SELECT COUNT(*) FROM provider_webhookevent WHERE state = 'received' "
    "AND id NOT IN (SELECT event_id FROM provider_eventtie)"
)
OPEN = "SELECT COUNT(*) FROM provider_delivery WHERE state IN ('queued', 'leased')"


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    with Stack(trial.profile) as stack:
        file, provider = stack.folder / "backup", Provider(stack)
        schema = _back_up_under_load(stack, provider, trial, file, outcome)
        _lose_everything(stack)
        at_customers = len(provider.ledger())
        trial.tell("restoring")
        waiting = _restore(stack, file, outcome)
        others = sorted(set(_schema(stack)) ^ set(schema))
        outcome.expect(not others, f"constraints are others: {others[:4]}")
        _check_whole(stack, file, outcome)
        written = _run_on_pause(stack, provider, trial, at_customers, outcome)
        trial.tell("resuming")
        stack.run("resume", "manage.py", "resume_sends")
        _drain(stack, provider)
        _check_sends(stack, provider, waiting, written, outcome)
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def _back_up_under_load(
    stack: Stack, provider: Provider, trial: Trial, file: Path, outcome: Outcome
) -> list[str]:
    """The constraints there are; what waited in the backup has left when this returns."""
    load = Load(stack, trial)
    load.start()
    time.sleep(trial.either(smoke=2, full=20))
    _send_files(stack, trial)
    provider.switch(**VERY_SLOW)
    wait_until(lambda: stack.rows(OPEN)[0][0] > 2, "something waits in the outbox")
    trial.tell("backing up")
    began, acked = time.monotonic(), len(load.sender.acked)
    stack.run("backup", "manage.py", "backup", str(file))
    outcome.figures["backup took"] = f"{time.monotonic() - began:.1f} s"
    outcome.figures["webhooks meanwhile"] = len(load.sender.acked) - acked
    outcome.expect(len(load.sender.acked) > acked, "no webhook was taken while it was made")
    provider.switch(**SLOW)
    time.sleep(trial.either(smoke=1, full=5))
    load.stop()
    trial.tell("letting leave what waited in it")
    _drain(stack, provider)
    return _schema(stack)


def _schema(stack: Stack) -> list[str]:
    """Constraints and indexes, without the casts that PostgreSQL writes otherwise each time."""
    rows = stack.rows(SCHEMA[stack.profile])
    return sorted(re.sub(r"::(character varying|text)(\[\])?|[()]", "", str(row)) for row in rows)


def _send_files(stack: Stack, trial: Trial) -> None:
    ana, picture = Agent(stack, "atendente"), stack.folder / "foto.png"

    def served() -> Any:
        return ana.get("conversations/?status=active&page_size=1").json()["results"]

    [conversation] = wait_until(served, "the agent serves somebody", 60, every=0.3)
    for number in range(trial.either(smoke=3, full=20)):
        picture.write_bytes(samples.picture(size=(32 + number, 24)))
        assert ana.send_file(conversation["id"], picture).ok


def _drain(stack: Stack, provider: Provider) -> None:
    def drained() -> bool:
        counters = provider.counters()
        at_provider = counters["webhooks_pending"] + counters["statuses_scheduled"]
        return not at_provider and not any(stack.rows(sql)[0][0] for sql in (TO_APPLY, OPEN))

    wait_until(drained, "everything has left", DRAINED_WITHIN, every=0.3)


def _lose_everything(stack: Stack) -> None:
    """The machine is gone; who operates has the backup and, elsewhere, the keys."""
    for proc in stack.parts.values():
        proc.stop()
    kept = {"keys.json", "sandbox.json", "static"}
    for path in stack.data.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    stack.store.drop()
    stack.store.make()


def _restore(stack: Stack, file: Path, outcome: Outcome) -> set[str]:
    """Which messages waited in the backup."""
    if "worker" in stack.parts:  # one runs already, and looks for what may leave
        stack.parts["worker"].start()
        time.sleep(2)
    stack.run("restore", "manage.py", "restore", str(file))
    waiting = stack.rows(
        "SELECT d.reference FROM provider_delivery d, provider_sendingpause p "
        "WHERE d.id <= p.last_restored AND d.state IN ('queued', 'leased')"
    )
    outcome.figures["waited in it"] = len(waiting)
    outcome.expect(bool(waiting), "nothing waited in the backup, so nothing was tried")
    return {bare_uuid(reference) for [reference] in waiting}


def _check_whole(stack: Stack, file: Path, outcome: Outcome) -> None:
    if stack.profile == "embedded":
        outcome.expect(stack.rows("PRAGMA foreign_key_check") == [], "foreign keys lead nowhere")
        outcome.expect(stack.rows("PRAGMA integrity_check") == [("ok",)], "the file is not whole")
    folder, in_backup = stack.data / "media", {}
    with tarfile.open(file) as tar:
        for member in tar:
            if member.name.startswith("media/"):
                content = tar.extractfile(member)
                assert content is not None
                in_backup[member.name] = hashlib.sha256(content.read()).hexdigest()
    here = {
        f"media/{path.relative_to(folder)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    outcome.figures["files"] = len(here)
    outcome.expect(here == in_backup and bool(here), "media are not those of the backup")
    named = {f"media/{name}" for [name] in stack.rows("SELECT file FROM chat_attachment") if name}
    outcome.expect(named <= set(here), f"files of rows are missing: {sorted(named - set(here))}")


def _run_on_pause(
    stack: Stack, provider: Provider, trial: Trial, at_customers: int, outcome: Outcome
) -> list[str]:
    """Ready, stores and applies what comes in, and sends nothing. Who wrote meanwhile."""
    for proc in stack.parts.values():
        if not proc.is_alive():
            proc.start()
    stack.wait_ready(READY_WITHIN)
    contacts, sender = [f"55419{number:08d}" for number in range(5)], Sender(stack)
    for number, contact in enumerate(contacts):
        sender.send(flat_text(contact, "Oi", 10**9 + number))
    stored = (
        "SELECT COUNT(*) FROM chat_message WHERE direction = 'in' AND external_id LIKE "
        "'KILL0000001%'"
    )
    wait_until(lambda: stack.rows(stored)[0][0] == len(contacts), "webhooks are applied on pause")
    trial.tell("waiting for something to leave on pause")
    time.sleep(trial.either(smoke=4, full=30))
    sent = len(provider.ledger()) - at_customers
    outcome.figures["sent on pause"] = sent
    outcome.expect(sent == 0, f"{sent} sends left while nobody had resumed")
    outcome.expect(stack.readiness()[0] == 200, "not ready on pause")
    return contacts


def _check_sends(
    stack: Stack, provider: Provider, waiting: set[str], written: list[str], outcome: Outcome
) -> None:
    ledger = provider.ledger()
    taken = Counter(bare_uuid(entry["webhook_payload"]) for entry in ledger)
    repeated = [reference for reference, count in taken.items() if count > 1]
    outcome.figures["at customers"] = len(ledger)
    outcome.figures["sent again"] = len(repeated)
    outcome.expect(not repeated, f"sent again: {repeated[:5]}")
    rows = stack.rows("SELECT reference, status FROM chat_message WHERE direction = 'out'")
    status_of = {bare_uuid(reference): status for reference, status in rows}
    # A webhook that was stored, and not applied yet, may tell of one that was being sent.
    shown = (
        "SELECT reference FROM provider_delivery d JOIN provider_attempt a ON a.delivery_id = d.id"
    )
    proven = {bare_uuid(one) for [one] in stack.rows(f"{shown} WHERE external_id <> ''")}
    doubtful = waiting - proven
    outcome.figures["shown by a webhook of the backup"] = len(waiting & proven)
    outcome.expect(bool(doubtful), "all that waited was shown to have left")
    _expect_all(doubtful, lambda one: status_of.get(one) == "unknown", "not unknown", outcome)
    not_sent = {one for one in status_of if not taken[one]}
    _expect_all(not_sent, lambda one: status_of[one] == "unknown", "not sent, so said", outcome)
    outcome.figures["unknown"] = Counter(status_of.values())["unknown"]
    answered = {entry["contact_id"] for entry in ledger}
    _expect_all(set(written), lambda one: one in answered, "written on pause, no answer", outcome)
    outcome.expect(not stack.rows("SELECT id FROM provider_sendingpause"), "still on pause")


def _expect_all(found: set[str], is_so: Callable[[str], bool], what: str, outcome: Outcome) -> None:
    others = [one for one in sorted(found) if not is_so(one)]
    outcome.expect(not others, f"{what}: {others[:5]}")
