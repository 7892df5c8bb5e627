"""Parameters in Django's administration: the console's checks, and secrets by their masks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from chat.models import (
    AuditEntry,
    Channel,
)
from chat.services import audit
from parameters import store
from parameters.models import Detail, Parameter, ParameterUser
from tests.chat.conftest import person
from tests.conftest import Api
from tests.isobot.administration import CANARY, address, administrator


@pytest.fixture
def client(house: None) -> Client:
    return administrator()


def detail(question: str) -> Detail:
    return Detail.objects.select_related("user__parameter").get(
        question=question, user__parameter__name="ISOCHATBOT"
    )


def form_of(row: Detail, **values: Any) -> dict[str, Any]:
    answer, note = store.shown(row)
    return {"answer": answer, "note": note, "order": row.order, "active": "on", **values}


def save(client: Client, row: Detail, **values: Any) -> Any:
    return client.post(address(Detail, "change", row.pk), form_of(row, **values))


def test_SE3_a_secret_is_shown_by_its_mask_and_kept_by_it(client: Client) -> None:
    before = detail("PROVEDOR_REFRESHTOKEN")
    page = client.get(address(Detail, "change", before.pk)).content.decode()
    assert before.note not in page
    assert store.mask(before.note) in page
    assert save(client, before, order=2).status_code == 302
    after = detail("PROVEDOR_REFRESHTOKEN")
    assert (after.note, after.order) == (before.note, 2)


def test_a_new_secret_replaces_the_old_one_and_leaves_only_a_fingerprint(client: Client) -> None:
    row = detail("PROVEDOR_SECRET_ID")
    assert save(client, row, answer=CANARY).status_code == 302
    assert detail("PROVEDOR_SECRET_ID").answer == CANARY
    entry = AuditEntry.objects.latest("id")
    assert (entry.by, entry.what) == (person("admin"), "changed")
    assert "PROVEDOR_SECRET_ID" in entry.about
    assert audit.fingerprint(CANARY) in json.dumps(entry.data)
    assert CANARY not in json.dumps(entry.data)
    assert CANARY not in repr(list(LogEntry.objects.values()))
    for page in ("change", "history"):
        assert CANARY not in client.get(address(Detail, page, row.pk)).content.decode()


def test_a_secret_pasted_where_none_belongs_is_audited_as_a_fingerprint(client: Client) -> None:
    row = detail("NomeBot")
    jwt = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
    assert save(client, row, answer=jwt).status_code == 302
    assert save(client, detail("NomeBot"), answer="isocrm").status_code == 302
    told = json.dumps(list(AuditEntry.objects.values_list("data", flat=True)))
    assert audit.fingerprint(jwt) in told
    assert jwt not in told


def test_a_refused_secret_is_not_sent_back(client: Client) -> None:
    row = detail("PROVEDOR_SECRET_ID")
    answer = save(client, row, answer="with a space")
    assert answer.status_code == 200
    assert "with a space" not in answer.content.decode()
    assert detail("PROVEDOR_SECRET_ID").answer == row.answer


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("CLASS_CHAT_ATENDIMENTO", "999"),
        ("CLASS_CHAT_BOT", "1,2"),
        ("PROVEDOR_PHONE", "12"),
        ("AVISO_TRANSFER", "X"),
        ("TAMANHO_MAX_ANEXO", "-1"),
        ("PROVEDOR_API", "v3"),
        ("PROVEDOR_SECRET_ID", "••••0000"),
    ],
)
def test_an_illegal_value_is_refused_with_the_words_of_rest(
    client: Client, api: Callable[[str], Api], question: str, value: str
) -> None:
    row = detail(question)
    path = f"/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/{question}/"
    refusal = api("supervisor").put(path, {"answer": value}, format="json")
    assert refusal.status_code == 400
    page = save(client, row, answer=value)
    assert page.status_code == 200
    assert page.context["adminform"].form.errors["answer"] == refusal.json()["answer"]
    assert detail(question).answer == row.answer


def test_what_became_illegal_can_still_be_switched_off(client: Client) -> None:
    row = detail("AVISO_TRANSFER")
    Detail.objects.filter(pk=row.pk).update(answer="X")
    data = form_of(detail("AVISO_TRANSFER"))
    del data["active"]
    assert client.post(address(Detail, "change", row.pk), data).status_code == 302
    assert not detail("AVISO_TRANSFER").active


def test_what_the_system_keeps_is_read_only(client: Client) -> None:
    row = detail("PROVEDOR_DATE")
    assert client.get(address(Detail, "change", row.pk)).status_code == 200
    assert save(client, row, answer="2020-01-01T00:00:00-03:00").status_code == 403
    assert client.post(address(Detail, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert detail("PROVEDOR_DATE").answer == row.answer
    row.delete()
    added = client.post(
        address(Detail, "add"), {**form_of(row), "user": row.user_id, "question": "provedor_date"}
    )
    assert added.status_code == 200


def test_a_second_active_detail_of_a_question_is_refused(client: Client) -> None:
    row = detail("NomeBot")
    other = Detail.objects.create(user=row.user, question="NOMEBOT", active=False)
    assert save(client, other).status_code == 200
    new = {**form_of(row), "user": row.user_id, "question": " nomebot "}
    assert client.post(address(Detail, "add"), new).status_code == 200
    assert Detail.objects.filter(question__iexact="nomebot", active=True).count() == 1


def test_a_new_line_is_followed_by_its_channel(client: Client) -> None:
    row = detail("PROVEDOR_PHONE")
    assert save(client, row, answer="+55 (41) 98888-0000").status_code == 302
    assert Channel.objects.get(kind="whatsapp").line == "5541988880000"


def test_the_standard_user_brings_its_rows_with_it(client: Client) -> None:
    Parameter.objects.all().delete()
    parameter = Parameter.objects.create(name="ISOCHATBOT")
    data = {"parameter": parameter.pk, "name": "ISOPADRAO", "order": 1, "active": "on"}
    assert client.post(address(ParameterUser, "add"), data).status_code == 302
    assert Detail.objects.filter(question="PROVEDOR_WEBHOOK_TOKEN").exists()
