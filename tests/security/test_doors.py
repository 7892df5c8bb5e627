"""Ways around a rule that once were open."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from chat.models import AuditEntry, Contact
from isobot import reset
from parameters import store
from parameters.catalogue import SMTPCONFIG
from parameters.models import Detail, Parameter, ParameterUser
from provider import credentials, registry
from provider.contracts import Credentials
from tests.chat.conftest import person
from tests.conftest import PASSWORD, Api
from tests.console.conftest import Desk

SECRET = "a-password-of-the-mail-server"


def details(parameter: str, question: str) -> str:
    return f"/api/v1/parameters/{parameter}/users/ISOPADRAO/details/{question}/"


@pytest.mark.parametrize("name", ["ISOCHATBOT", "SMTPCONFIG"])
@pytest.mark.parametrize("new", ["XPTO", "ISOCHATBOT", "SMTPCONFIG"])
def test_a_known_parameter_keeps_its_name_and_its_secrets(
    house: None, api: Callable[[str], Api], name: str, new: str
) -> None:
    if name == new:
        return
    row = Parameter.objects.get(name=name)
    supervisor = Desk("supervisor")
    page = supervisor.post(f"/supervisor/parametros/ver,{row.pk}", name=new, active="on")
    assert page.status == 400 and "não pode mudar" in page.errors[0]
    assert Parameter.objects.get(pk=row.pk).name == name
    admin = Client()
    admin.force_login(person("admin"))
    admin.post(f"/admin/parameters/parameter/{row.pk}/change/", {"name": new, "active": "on"})
    assert Parameter.objects.get(pk=row.pk).name == name
    token = api("supervisor").get(details("ISOCHATBOT", "PROVEDOR_TOKEN")).json()
    assert token["note"].startswith("••••")


def test_another_parameter_does_not_take_a_known_name(house: None) -> None:
    row = Parameter.objects.create(name="OUTRO")
    page = Desk("supervisor").post(
        f"/supervisor/parametros/ver,{row.pk}", name="isotoken2", active="on"
    )
    assert page.status == 302
    Parameter.objects.filter(name="SMTPCONFIG").delete()
    page = Desk("supervisor").post(
        f"/supervisor/parametros/ver,{row.pk}", name="smtpconfig", active="on"
    )
    assert page.status == 400


def test_a_user_of_a_parameter_is_not_moved_to_another(house: None) -> None:
    owner = ParameterUser.objects.get(parameter__name="ISOCHATBOT")
    other = Parameter.objects.create(name="OUTRO")
    admin = Client()
    admin.force_login(person("admin"))
    form = {"name": "ISOPADRAO", "parameter": other.pk, "order": 1, "active": "on"}
    admin.post(f"/admin/parameters/parameteruser/{owner.pk}/change/", form)
    owner.refresh_from_db()
    assert owner.parameter.name == "ISOCHATBOT"


def filled(api: Callable[[str], Api]) -> Api:
    supervisor = api("supervisor")
    for question, answer in (("HOST", "mail.example.com"), ("PORTA", "587"), ("SENHA", SECRET)):
        body = {"answer": answer, "note": ""}
        answered = supervisor.put(details("SMTPCONFIG", question), body, format="json")
        assert answered.status_code in (200, 201), answered.content
    assert store.read(SMTPCONFIG.SENHA) == SECRET
    return supervisor


@pytest.mark.parametrize(("question", "answer"), [("HOST", "evil.example.com"), ("PORTA", "2599")])
def test_SF8_the_mail_password_goes_to_no_other_server(
    house: None, api: Callable[[str], Api], question: str, answer: str
) -> None:
    supervisor = filled(api)
    supervisor.put(details("SMTPCONFIG", question), {"active": False}, format="json")
    supervisor.put(details("SMTPCONFIG", question), {"answer": answer}, format="json")
    assert store.read(SMTPCONFIG.SENHA) == ""
    assert SECRET not in repr(list(AuditEntry.objects.values_list("data", flat=True)))


def test_taking_the_server_away_takes_the_password_too(
    house: None, api: Callable[[str], Api]
) -> None:
    supervisor = filled(api)
    supervisor.delete(details("SMTPCONFIG", "HOST"))
    supervisor.put(details("SMTPCONFIG", "HOST"), {"answer": "evil.example.com"}, format="json")
    assert store.read(SMTPCONFIG.SENHA) == ""


def test_the_same_server_keeps_the_password(house: None, api: Callable[[str], Api]) -> None:
    supervisor = filled(api)
    for question, answer in (("HOST", "mail.example.com"), ("REMETENTE", "eu@example.com")):
        supervisor.put(details("SMTPCONFIG", question), {"answer": answer}, format="json")
    assert store.read(SMTPCONFIG.SENHA) == SECRET


def test_no_mail_leads_into_the_account_of_who_configures(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reset, "later", lambda message: message.send())
    for username in ("admin", "supervisor", "atendente"):
        user = person(username)
        user.email = f"{username}@example.com"
        user.save()
        answer = Client().post("/entrar/esqueci/", {"email": user.email})
        assert answer.status_code == 302
    assert [one.to for one in mail.outbox] == [["atendente@example.com"]]


def test_pieces_of_a_token_are_hidden_too() -> None:
    secret = "eyJhbGciOiJIUzUxMiJ9.abcdefghijklmnopqrstuvwxyz.0123456789"
    adapter = registry.get("botmaker")
    held = Credentials({"access_token": secret})
    said = credentials.without_secrets(f"bad token {secret[:20]} {secret[20:]}!", adapter, held)
    assert not re.search(r"[\w.]{12,}", said.replace("•", ""))
    assert said.startswith("bad token ") and said.endswith("!")


def test_a_contact_written_by_a_program_is_audited(house: None, api: Callable[[str], Api]) -> None:
    agent = api("atendente")
    made = agent.post("/api/v1/contacts/", {"name": "Cliente Novo"}, format="json").json()
    agent.patch(f"/api/v1/contacts/{made['id']}/", {"name": "Cliente Velho"}, format="json")
    entries: list[Any] = list(AuditEntry.objects.order_by("id"))
    assert [(one.what, one.by_name) for one in entries] == [
        ("added", "Ana Lima"),
        ("changed", "Ana Lima"),
    ]
    assert Contact.objects.get(pk=made["id"]).name in entries[1].about
    assert PASSWORD not in repr([one.data for one in entries])
    assert Detail.objects.exists()
