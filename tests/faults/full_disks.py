"""R25: no room on the disk, and then there is: what was refused is repeated, nothing is half."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import requests

from tests import samples, servers
from tests.faults import steady
from tests.faults.kills import flat_text
from tests.faults.rows import Outcome, Trial
from tests.processes import wait_until
from tests.servers import PostgresServer
from tests.stack import Stack
from tests.stack_clients import Agent, Provider, Sender

MIB = 1024 * 1024
DISK = 96 * MIB  # holds the static files and a small installation
FILE = 2 * MIB  # what an agent sends
LARGEST_TABLE = 8 * MIB
REFUSALS = 20
REFUSED_WITHIN = 120.0
AGAIN_WITHIN = 10.0
PHONE = "5541977770001"
# Long, so that not much is written until there is no room.
TEXT = "Segue o pedido. " * 200
FILLER = (
    "INSERT INTO provider_webhookevent (adapter, channel_key, digest, body, headers, received_at, "
    "state, tries, waits, next_attempt_at, processed_at) SELECT 'filler', '', '{times}-{n}-' || g, "
    "decode(repeat(md5(g::text), {times}), 'hex'), '{{}}', now(), 'processed', 1, 0, now(), now() "
    "FROM generate_series(1, 100) g"
)


def run(trial: Trial) -> Outcome:
    outcome = Outcome()
    own = PostgresServer() if trial.profile == "production" and not servers.why_not() else None
    why_not = _why_not(trial, own)
    if why_not:
        outcome.figures["skipped"] = why_not
        return outcome
    stack = Stack(trial.profile, own_postgres=own)
    with _small_disk(stack), stack:
        desk = Desk(stack)
        trial.tell("filling")
        make_room = _fill_postgres(stack, own) if own else lambda: None
        _fill(stack.data)
        trial.tell("full")
        posts = Posts(stack)
        told = posts.until_refused(REFUSALS)
        files = _files_while_full(desk, trial, outcome)
        trial.tell("there is room again")
        (stack.data / "filler").unlink()
        make_room()
        seconds = posts.until_taken()
        desk.sends_file(outcome, 201)
        _finish(stack, desk, posts, outcome)
        outcome.figures.update({"refused": told[503], "taken again after s": round(seconds, 1)})
        outcome.figures["files refused with"] = files
        outcome.expect(set(told) <= {200, 503}, f"while it was full: {dict(told)}")
        outcome.expect(told[503] > 0, f"nothing was refused: {dict(told)}")
        outcome.expect(seconds <= AGAIN_WITHIN, f"taken again only after {seconds:.0f} s")
        if outcome.misses:
            outcome.misses.append(f"logs in {_kept(stack)}")
    return outcome


def _why_not(trial: Trial, own: PostgresServer | None) -> str:
    if trial.smoke:
        return "filling disks takes a minute"
    if os.getuid() != 0 or not shutil.which("mount"):
        return "only root mounts a small disk"
    return servers.why_not() if trial.profile == "production" and own is None else ""


@contextlib.contextmanager
def _small_disk(stack: Stack) -> Iterator[None]:
    """What the installation keeps is on a file system of its own."""
    stack.data.mkdir()
    where = ["-t", "tmpfs", "-o", f"size={DISK},mode=755", "isobot", str(stack.data)]
    subprocess.run(["mount", *where], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(stack.data)], check=True)
        shutil.rmtree(stack.folder, ignore_errors=True)


def _kept(stack: Stack) -> Path:
    """The disk goes with the row; its logs can stay."""
    kept = stack.folder.with_name(f"{stack.folder.name}-logs")
    shutil.copytree(stack.folder, kept, ignore=shutil.ignore_patterns("data"))
    return kept


def _fill(folder: Path) -> None:
    """Leave no byte."""
    with (folder / "filler").open("wb", buffering=0) as filler:
        for size in (MIB, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(size))


def _fill_postgres(stack: Stack, postgres: PostgresServer) -> Callable[[], None]:
    """Fill the table of events up to the largest size of a file; what gives room again."""
    postgres.limit_files(LARGEST_TABLE)
    stack.change("ALTER TABLE provider_webhookevent SET (autovacuum_enabled = false)")
    for times in (100, 1):  # what large rows leave room for, small ones take
        with contextlib.suppress(psycopg2.Error):
            for n in itertools.count():
                stack.change(FILLER.format(n=n, times=times))
    return lambda: postgres.limit_files(None)


class Posts:
    """Webhooks one after the other; those that were refused are repeated later."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self._sender = stack, Sender(stack)
        self._numbers = itertools.count(1)
        self.taken: list[bytes] = []
        self.refused: list[bytes] = []

    def until_refused(self, times: int) -> Counter[int]:
        told: Counter[int] = Counter()
        deadline = time.monotonic() + REFUSED_WITHIN
        while told[503] < times and time.monotonic() < deadline:
            number = next(self._numbers)
            contact = f"55416{number % 20:08d}"
            body = json.dumps(flat_text(contact, f"{number} {TEXT}", number)).encode()
            status = self._sender.post(body)
            told[status] += 1
            (self.taken if status == 200 else self.refused).append(body)
        return told

    def until_taken(self) -> float:
        """Repeat what was refused; how long it took until the first was taken."""
        began, seconds = time.monotonic(), 0.0
        for body in self.refused:
            wait_until(
                lambda body=body: self._sender.post(body) == 200, "it is taken", 60, every=0.2
            )
            seconds = seconds or time.monotonic() - began
            self.taken.append(body)
        return seconds


class Desk:
    """An agent in a conversation, whose files are stored, and whose customer sends files."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.provider = stack, Provider(stack)
        self.agent = Agent(stack, "atendente")
        self.provider.customer_writes(PHONE, "atendente")
        found = wait_until(lambda: self.agent.conversation(PHONE, "waiting"), "it waits", 60)
        self.conversation = int(found["id"])
        self.path = stack.folder / "manual.pdf"
        self.path.write_bytes(samples.PDF.ljust(FILE, b"\n"))

    def sends_file(self, outcome: Outcome, *statuses: int) -> int:
        answer = self.agent.send_file(self.conversation, self.path)
        told = f"a file was answered {answer.status_code}, not one of {statuses}: {answer.text}"
        outcome.expect(answer.status_code in statuses, told)
        return answer.status_code

    def customer_sends_file(self) -> None:
        url = f"{self.provider.url}/media"
        kept = requests.post(url, data=samples.PDF.ljust(FILE, b" "), timeout=20).json()["path"]
        media = {"kind": "file", "url": f"{self.stack.sandbox_url}{kept}pedido.pdf"}
        url = f"{self.provider.url}/phones/whatsapp/{PHONE}/messages"
        requests.post(url, json={"media": media}, timeout=20).raise_for_status()

    def customers_file(self) -> str:
        rows = self.stack.rows("SELECT state FROM chat_attachment WHERE uploaded_by_id IS NULL")
        return str(rows[0][0]) if rows else ""


def _files_while_full(desk: Desk, trial: Trial, outcome: Outcome) -> int:
    desk.customer_sends_file()
    if trial.profile == "production":
        time.sleep(8)  # its first tries come to nothing
        outcome.expect(desk.customers_file() in ("", "pending"), "a file was kept without room")
    # Words for people, or the word for later; where the database has no room either.
    return desk.sends_file(outcome, 413, 503)


def _finish(stack: Stack, desk: Desk, posts: Posts, outcome: Outcome) -> None:
    steady.wait_drained(stack)
    wait_until(lambda: desk.customers_file() == "ready", "the customer's file is here", 120)
    stored = Counter(
        row[0]
        for row in stack.rows("SELECT digest FROM provider_webhookevent WHERE state <> 'dead'")
    )
    lost = [body for body in posts.taken if stored[hashlib.sha256(body).hexdigest()] != 1]
    kept = Counter(row[0] for row in stack.rows("SELECT external_id FROM chat_message"))
    unread = [body for body in posts.taken if kept[json.loads(body)["_id_"]] != 1]
    ((half,),) = stack.rows(
        "SELECT COUNT(*) FROM chat_conversation c WHERE NOT EXISTS "
        "(SELECT 1 FROM chat_message m WHERE m.conversation_id = c.id)"
    )
    files = _files(stack.data / "media")
    rows = {row[0] for row in stack.rows("SELECT file FROM chat_attachment WHERE file <> ''")}
    outcome.figures.update(
        {
            "webhooks": len(posts.taken),
            "lost": len(lost) + len(unread),
            "half rows": half,
            "files": len(files),
            "files without a row": len(files - rows),
            "rows without a file": len(rows - files),
        }
    )
    outcome.expect(not lost, f"{len(lost)} webhooks were taken and are not stored once")
    outcome.expect(not unread, f"{len(unread)} were taken and have not one message")
    outcome.expect(not half, f"{half} conversations have no message")
    outcome.expect(files == rows, f"files and rows differ: {files ^ rows}")
    if stack.profile == "embedded":
        ((sound,),) = stack.rows("PRAGMA integrity_check")
        outcome.expect(sound == "ok", f"the database is damaged: {sound}")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
