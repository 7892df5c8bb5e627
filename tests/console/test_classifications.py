"""Supervisor > Chat > Classificação: the list, the form, and the tab Atendentes."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from chat.models import AuditEntry, Classification, Membership
from chat.services import classifications
from tests.chat.conftest import human, person, waiting
from tests.console.conftest import At

LIST = "/supervisor/chat/classificacao/"
ADD = f"{LIST}incluir/"
SALES = {"description": "Vendas", "kind": "human", "active": "on"}


def row(code: int) -> str:
    return f"{LIST}ver,{code}"


def agents(code: int) -> str:
    return f"{LIST}{code}/atendentes/"


def test_the_list_shows_codes_and_addresses_that_end_in_them(desk: At) -> None:
    page = desk("supervisor").get(LIST)
    for one in Classification.objects.all():
        assert f"<code>{one.code}</code>" in page.text
        assert f'data-copy="{one.code}"' in page.text
        assert f'href="{LIST}ver,{one.code}"' in page.text


def test_a_new_one_is_saved_and_shown_with_its_code(desk: At) -> None:
    supervisor = desk("supervisor")
    saved = supervisor.add(ADD, **SALES)
    made = Classification.objects.get(description="Vendas")
    assert saved.status == 302 and saved.location == row(made.code)
    shown = supervisor.get(saved.location)
    assert f"Vendas ({made.code})" in shown.text and "Inserir" in shown.text
    assert "Vendas" in supervisor.get(LIST).text
    entry = AuditEntry.objects.get()
    assert (entry.what, entry.by) == ("added", person("supervisor"))


def test_inserir_on_a_saved_one_changes_nothing(desk: At) -> None:
    supervisor = desk("supervisor")
    address = supervisor.add(ADD, **SALES).location
    again = supervisor.post(address, **SALES)
    assert again.location == address
    assert "nada mudou" in supervisor.get(address).text
    assert Classification.objects.filter(description="Vendas").count() == 1
    assert AuditEntry.objects.count() == 1


def test_a_form_that_was_refused_can_be_sent_again(desk: At) -> None:
    supervisor = desk("supervisor")
    token = supervisor.get(ADD).submission
    refused = supervisor.post(ADD, submission=token, **{**SALES, "description": ""})
    assert refused.status == 400
    assert 'value="human" selected' in refused.text, "what was chosen stays"
    saved = supervisor.post(ADD, submission=refused.submission, **SALES)
    assert saved.status == 302
    assert Classification.objects.filter(description="Vendas").count() == 1


def test_a_token_of_somebody_else_is_a_form_of_its_own(desk: At) -> None:
    first = desk("supervisor")
    token = first.get(ADD).submission
    first.post(ADD, submission=token, **SALES)
    other = desk("admin").post(ADD, submission=token, **{**SALES, "description": "Outra"})
    assert other.location == row(Classification.objects.get(description="Outra").code)
    assert Classification.objects.filter(description="Vendas").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("description", ""), ("description", "x" * 101), ("kind", ""), ("kind", "outro")],
)
def test_what_is_wrong_is_said_beside_the_field_and_above(desk: At, field: str, value: str) -> None:
    page = desk("supervisor").add(ADD, **{**SALES, field: value})
    assert page.status == 400
    assert page.errors, "beside the field"
    assert f'href="#id_{field}"' in page.text, "and above, with the way to it"
    assert "data-focus" in page.text
    assert not Classification.objects.filter(description="Vendas").exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "whats"}, {"WhatsApp"}),
        ({"q": "isochat"}, {"ISOCHAT BOT"}),
        ({"tipo": "bot"}, {"ISOCHAT BOT"}),
        ({"ativo": "0"}, set()),
        ({"tipo": "outro"}, {"WhatsApp", "ISOCHAT BOT"}),
        ({"q": "' OR 1=1 --"}, set()),
        ({"q": "%"}, set()),
        ({"q": "\x00"}, {"WhatsApp", "ISOCHAT BOT"}),
        ({"q": "9" * 300}, set()),
        ({"pagina": "abc"}, {"WhatsApp", "ISOCHAT BOT"}),
    ],
)
def test_the_filter_leaves_what_was_asked_for(
    desk: At, query: dict[str, str], found: set[str]
) -> None:
    page = desk("supervisor").get(LIST, **query)
    assert page.status == 200
    shown = {one for one in ("WhatsApp", "ISOCHAT BOT") if f'">{one}</a>' in page.text}
    assert shown == found
    if not found:
        assert "Nada corresponde a este filtro." in page.text


def test_the_code_finds_it_too(desk: At) -> None:
    page = desk("supervisor").get(LIST, q=str(human().code))
    assert '">WhatsApp</a>' in page.text


def test_an_empty_list_says_what_to_do_first(desk: At) -> None:
    Membership.objects.all().delete()
    Classification.objects.all().delete()
    page = desk("supervisor").get(LIST)
    assert "Nenhuma classificação ainda." in page.text and f'href="{ADD}"' in page.text


def test_an_agent_is_included_once_however_often_it_is_asked(desk: At) -> None:
    User.objects.create_user("carla", first_name="Carla", password=None)
    supervisor = desk("supervisor")
    add = f"{agents(human().code)}incluir/"
    carla = person("carla")
    token = supervisor.get(add).submission
    answers = [
        supervisor.post(add, submission=token, user=carla.pk, supervisor="on") for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [302, 302]
    assert answers[0].location == answers[1].location
    one = Membership.objects.get(user=carla)
    assert one.classification == human() and one.supervisor
    repeated = supervisor.add(add, user=carla.pk)
    assert repeated.status == 400, "somebody who is there already is not offered again"


def test_the_mark_can_be_taken_and_the_agent_removed(desk: At) -> None:
    supervisor = desk("supervisor")
    ana = Membership.objects.get(user=person("atendente"))
    address = f"{agents(human().code)}ver,{ana.pk}"
    supervisor.post(address, supervisor="on")
    ana.refresh_from_db()
    assert ana.supervisor
    remove = f"{agents(human().code)}excluir,{ana.pk}"
    assert "Remover" in supervisor.get(remove).text
    assert Membership.objects.filter(pk=ana.pk).exists(), "asking removes nothing"
    supervisor.post(remove)
    assert not Membership.objects.filter(pk=ana.pk).exists()
    whats = list(AuditEntry.objects.values_list("what", flat=True))
    assert whats == ["removed", "changed"]


def test_a_user_switched_off_is_not_offered(desk: At) -> None:
    off = User.objects.create_user("carla", password=None, is_active=False)
    supervisor = desk("supervisor")
    add = f"{agents(human().code)}incluir/"
    assert "carla" not in supervisor.get(add).text
    assert supervisor.add(add, user=off.pk).status == 400


def test_the_bot_has_no_tab_for_agents(desk: At) -> None:
    bot = Classification.objects.get(kind="bot")
    page = desk("supervisor").get(row(bot.code))
    assert "Atendentes" not in page.text


def test_an_agent_of_another_classification_is_not_reached_through_this_one(desk: At) -> None:
    other = Classification.objects.create(description="Outra", kind="human")
    ana = Membership.objects.get(user=person("atendente"))
    assert desk("supervisor").get(f"{agents(other.code)}ver,{ana.pk}").status == 404


@pytest.mark.parametrize("code", [999_999, 2**70])
def test_a_code_nobody_has_is_not_there(desk: At, code: int) -> None:
    assert desk("supervisor").get(row(code)).status == 404
    assert desk("supervisor").get(agents(code)).status == 404


def test_hostile_names_are_only_text(desk: At) -> None:
    name = "<img src=x onerror=alert(1)>{{7*7}}"
    supervisor = desk("supervisor")
    address = supervisor.add(ADD, **{**SALES, "description": name}).location
    for page in (supervisor.get(LIST), supervisor.get(address)):
        assert "<img src=x" not in page.text
        assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page.text


def test_an_agent_has_no_business_here(desk: At) -> None:
    ana = desk("atendente")
    for address in (LIST, ADD, row(human().code), agents(human().code)):
        assert ana.get(address).status == 403
        assert ana.post(address, **SALES).status == 403
        nobody = desk(None).get(address)
        assert unquote(nobody.location) == f"/entrar/?next={address}"
    assert not Classification.objects.filter(description="Vendas").exists()


def test_what_the_database_refuses_is_said_and_not_a_crash(
    desk: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_args: object, **_options: object) -> None:
        raise IntegrityError("another wrote it first")

    monkeypatch.setattr(classifications, "save", taken)
    page = desk("supervisor").add(ADD, **SALES)
    assert page.status == 400
    assert "Outra pessoa acabou de salvar" in page.text
    assert not Classification.objects.filter(description="Vendas").exists()


def test_what_waits_in_one_that_is_made_inactive_is_said(desk: At) -> None:
    supervisor, held = desk("supervisor"), human()
    supervisor.post(row(held.code), description=held.description, kind="human")
    assert "Classificação salva." in supervisor.get(LIST).text
    supervisor.post(row(held.code), description=held.description, kind="human", active="on")
    supervisor.get(LIST)
    waiting()
    supervisor.post(row(held.code), description=held.description, kind="human")
    assert "Conversas que esperam nela: 1." in supervisor.get(LIST).text
