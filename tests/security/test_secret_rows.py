"""SE: secrets that something goes wrong with; test_canary.py looks everywhere else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
import structlog
from celery import shared_task
from django.test import Client

from chat.bot import engine
from chat.models import AuditEntry
from chat.views import omnichannel
from isobot import logs, pulse
from isobot.celery import app
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail
from tests.chat.conftest import person, setting, writes
from tests.conftest import Api

# No form that a pattern could know.
SECRET = "q7-plain words of a secret"
DETAILS = "/api/v1/parameters/{}/users/ISOPADRAO/details/{}/"


@contextmanager
def written() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Lines as they are written; asked for as often as one likes."""
    stream, root = StringIO(), logging.getLogger()
    kept = root.handlers[:]
    try:
        logs.configure()
        root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        root.handlers[:] = kept


def breaks(*_: Any, **__: Any) -> Any:
    try:
        raise KeyError(f"inner {SECRET}")
    except KeyError as error:
        raise ValueError(f"outer {SECRET}") from error


@pytest.mark.parametrize("log", [structlog.get_logger("x").exception, logging.exception])
def test_SE4_an_exception_is_told_by_its_class_and_its_way(log: Any) -> None:
    with written() as lines:
        try:
            breaks()
        except ValueError:
            log("it broke")
    (line,) = lines()
    assert SECRET not in json.dumps(line)
    assert line["exception"].splitlines()[-1] == "builtins.ValueError"
    assert "builtins.KeyError" in line["exception"]
    assert "test_secret_rows.py" in line["exception"] and "breaks" in line["exception"]


def test_SE4_what_is_deep_in_a_line_is_cleaned_too() -> None:
    with written() as lines:
        deep = {"b": ["Bearer abcdefgh12345678", ("5541988887777",)]}
        structlog.get_logger("x").warning("x", a=deep)
    assert "abcdefgh" not in json.dumps(lines()) and "88887777" not in json.dumps(lines())


def test_SE4_a_page_that_broke_says_a_code_and_nothing_else(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(omnichannel.selectors, "counts_for", breaks)
    client = Client(raise_request_exception=False)
    client.force_login(person("atendente"))
    with written() as lines:
        answer = client.get("/omnichannel/")
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.content.decode()
    told = answer.content.decode() + json.dumps(lines())
    assert SECRET not in told
    assert "Traceback" not in answer.content.decode()
    assert any(answer.headers["X-Request-ID"] == line.get("request_id") for line in lines())


def test_SE4_a_bot_a_pulse_and_a_task_that_broke(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "advance", breaks)
    one = pulse.Pulse()

    def once() -> None:
        one._stopping.set()
        breaks()

    @shared_task(name="a task that breaks")
    def task() -> None:
        breaks()

    monkeypatch.setattr(pulse.connections, "close_all", lambda: None)
    monkeypatch.setattr(pulse, "close_old_connections", lambda: None)
    with written() as lines:
        assert writes("Oi").status == "waiting"
        one._every(0, once)
        app.tasks["a task that breaks"].apply()
    del app.tasks["a task that breaks"]
    told = [line["event"] for line in lines()]
    assert {"bot failed", "pulse missed", "task failed"} <= set(told)
    assert SECRET not in json.dumps(lines())


@pytest.mark.parametrize(
    ("parameter", "question"),
    [
        ("ISOCHATBOT", "PROVEDOR_TOKEN"),
        ("ISOCHATBOT", "PROVEDOR_SECRET_ID"),
        ("SMTPCONFIG", "SENHA"),
    ],
)
def test_SE5_the_audit_tells_a_changed_secret_by_its_fingerprint(
    api: Callable[[str], Api], parameter: str, question: str
) -> None:
    supervisor = api("supervisor")
    for value in ("first-plain-words-abcd", "second-plain-words-wxyz"):
        answer = supervisor.put(
            DETAILS.format(parameter, question), {"note": value, "answer": ""}, format="json"
        )
        assert answer.status_code in (200, 201)
    entries = list(AuditEntry.objects.filter(about__contains=question).order_by("id"))
    assert entries
    last = entries[-1]
    assert last.by == person("supervisor") and question in last.about
    before, after = last.data["changes"]["note"]
    assert before != after and len(before) == len(after) == 12
    assert "plain-words" not in json.dumps([entry.data for entry in entries])


@pytest.mark.parametrize("kept", ["", None])
def test_SE3_saving_without_touching_the_secret_keeps_it(
    house: None, api: Callable[[str], Api], kept: str | None
) -> None:
    setting("PROVEDOR_SECRET_ID", note="the-old-secret-wxyz")
    body = {"order": 1} if kept is None else {"note": "••••wxyz", "order": 1}
    answer = api("supervisor").put(
        DETAILS.format("ISOCHATBOT", "PROVEDOR_SECRET_ID"), body, format="json"
    )
    assert answer.status_code == 200, answer.content
    assert Detail.objects.get(question="PROVEDOR_SECRET_ID").note == "the-old-secret-wxyz"


@pytest.mark.parametrize("mask", ["••••other", "••••", "a••••wxyz", "••••wxyz•"])
def test_SE3_the_text_of_a_mask_is_never_stored(
    house: None, api: Callable[[str], Api], mask: str
) -> None:
    setting("PROVEDOR_SECRET_ID", note="the-old-secret-wxyz")
    api("supervisor").put(
        DETAILS.format("ISOCHATBOT", "PROVEDOR_SECRET_ID"), {"note": mask}, format="json"
    )
    assert Detail.objects.get(question="PROVEDOR_SECRET_ID").note == "the-old-secret-wxyz"


def test_SE3_spaces_around_a_secret_are_taken_off(house: None, api: Callable[[str], Api]) -> None:
    api("supervisor").put(
        DETAILS.format("ISOCHATBOT", "PROVEDOR_SECRET_ID"),
        {"note": "  a-new-secret-abcd \n", "answer": ""},
        format="json",
    )
    assert store.read(ISOCHATBOT.PROVEDOR_SECRET_ID) == "a-new-secret-abcd"
