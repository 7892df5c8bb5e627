"""What is asked all day reads what it needs and no more, however much has been kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from chat.models import Conversation
from provider import tasks
from provider.models import Attempt
from provider.services import deliveries, webhooks
from tests import old_rows
from tests.chat.conftest import person
from tests.conftest import CUSTOMER, Customer, Provider
from tests.provider.test_ties import echo_of, snapshot

# Where rows are added as long as people write.
GROWING = {
    "chat_attachment", "chat_contact", "chat_conversation", "chat_conversationevent",
    "chat_identity", "chat_identityalias", "chat_message", "chat_messagefact",
    "provider_attempt", "provider_delivery", "provider_eventtie", "provider_webhookevent",
}  # fmt: skip
TABS = ("fila", "meus", "bot", "todos")
HOLDS_ALL = {"identity_once"}  # its condition is true of every row


class Asked:
    """Each statement once, with its values."""

    def __init__(self) -> None:
        self.statements: dict[str, Any] = {}

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "UPDATE", "DELETE")) and not many:
            self.statements.setdefault(sql, params)
        return execute(sql, params, many, context)

    def reading_all(self) -> list[str]:
        """Those that read a table from end to end, with what their plan says."""
        return [
            f"{sql} -- {line.strip()}"
            for sql, params in self.statements.items()
            for line in plan(sql, params)
            if reads_all(sql, line)
        ]


@pytest.fixture
def kept(house: None) -> None:
    """What has been kept for some time, and known to the planner: of a few rows it reads all."""
    old_rows.make(500, 4)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def plan(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return [row[3] for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan = off")  # used where there is nothing else
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        ((found,),) = cursor.fetchall()
        return list(whole_scans(found[0]["Plan"]))


def whole_scans(node: dict[str, Any]) -> Iterator[str]:
    """What PostgreSQL reads from end to end, in the words of SQLite."""
    kind = node["Node Type"]
    is_whole = kind.endswith("Scan") and "Relation Name" in node and "Index Cond" not in node
    if is_whole and kind != "Bitmap Heap Scan":  # what that reads is found below it
        index = f" USING INDEX {node['Index Name']}" if "Index Name" in node else ""
        yield f"SCAN {node['Relation Name']}{index}"
    for below in node.get("Plans", []):
        yield from whole_scans(below)


def few() -> set[str]:
    """Indexes that hold a few rows of a table, as they have a condition."""
    return {
        index.name
        for model in apps.get_models()
        for index in [*model._meta.indexes, *model._meta.constraints]
        if getattr(index, "condition", None) is not None
    } - HOLDS_ALL


def reads_all(sql: str, line: str) -> bool:
    # A row number as the only way in is a scan of all rows before it, or after it.
    found = re.search(r"SCAN (\w+)|SEARCH (\w+) USING INTEGER.*rowid[<>]", line)
    table = next((name for name in found.groups() if name), "") if found else ""
    index = re.search(r"USING (?:COVERING )?INDEX (\w+)", line)
    is_alias = re.fullmatch(r"[A-Z]\d+", table)  # of a table within a condition
    if not (table in GROWING or is_alias) or (index and index[1] in few()):
        return False
    # Without a condition it is the first rows of an order that are read.
    outer = without_groups(sql)
    return " WHERE " in outer or " LIMIT " not in outer


def without_groups(sql: str) -> str:
    """The statement itself, without what is in brackets within it."""
    inner = re.compile(r"\([^()]*\)")
    while inner.search(sql):
        sql = inner.sub("", sql)
    return sql


def reports(attempt: Attempt, number: int) -> list[dict[str, Any]]:
    """What a provider says of a send, by each name it may give it."""
    status = {"type": "status", "contactId": CUSTOMER}
    return [
        {**status, "status": "read", "messageId": f"EARLY-{number}"},
        {**status, "status": "sent", "messageId": f"M-{number}", "intentTxId": attempt.job_id},
        {**status, "status": "read", "webhookPayload": str(attempt.delivery.reference)},
        echo_of(f"E-{number}", "Bom dia"),
    ]


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_a_statement_that_reads_all_is_noticed(kept: None, asked: Asked) -> None:
    with connection.execute_wrapper(asked):
        list(Conversation.objects.filter(bot_state={}))
        list(Conversation.objects.order_by("-id")[:50])
        list(Conversation.objects.filter(pk=1))
    (found,) = asked.reading_all()
    assert "bot_state" in found


def test_nothing_that_runs_all_day_reads_a_table_from_end_to_end(
    customer: Customer,
    provider: Provider,
    api: Callable[[str], Any],
    drain: Callable[[], None],
    kept: None,
    asked: Asked,
) -> None:
    with connection.execute_wrapper(asked):
        customer.says("Oi")
        customer.says("2")
        conversation = Conversation.objects.latest("id").pk
        ana = api("atendente")
        ana.post(f"/api/v1/conversations/{conversation}/assume/")
        for number in range(2):
            ana.answer(conversation, "Bom dia")
            drain()
            attempt = Attempt.objects.select_related("delivery").latest("id")
            for report in reports(attempt, number):
                customer.event(report)
        customer.event(snapshot("2026-11-30T00:00:00Z"))
        provider.switch(send="server_error")
        ana.answer(conversation, "Ainda aí?")
        drain()
        for sweep in (deliveries.recover, deliveries.drain, webhooks.drain, tasks.look_after):
            sweep()
        ana.get(f"/api/v1/conversations/{conversation}/messages/")
        for who in ("atendente", "supervisor"):
            screen = Client()
            screen.force_login(person(who))
            for tab in TABS:
                assert screen.get(f"/omnichannel/lista/?tab={tab}").status_code == 200
            assert screen.get(f"/omnichannel/{conversation}/").status_code == 200
            for status_ in ("waiting", "closed"):
                api(who).get(f"/api/v1/conversations/?status={status_}")
    assert len(asked.statements) > 60
    assert asked.reading_all() == []
