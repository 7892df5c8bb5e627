"""The acceptance list, 1: Inserir pressed twice, by one hand or by several at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.models import AuditEntry, Channel, Classification, Contact, Membership, Menu, PhoneType
from parameters.models import Detail, Parameter, ParameterUser
from tests import together
from tests.chat.conftest import colleague, human, person
from tests.console.conftest import Page
from tests.stack import PROFILES, why_not

CHAT, REGISTERS = "/supervisor/chat/", "/supervisor/cadastros/"
DETAIL = {"question_text": "NOVA", "answer": "a", "order": "1", "active": "on"}


def isopadrao() -> int:
    return ParameterUser.objects.get(name="ISOPADRAO", parameter__name="ISOCHATBOT").pk


# Address, what is typed, and the rows it is about.
FORMS: dict[str, Any] = {
    "classification": lambda: (
        f"{CHAT}classificacao/incluir/",
        {"description": "Vendas", "kind": "human", "active": "on"},
        Classification.objects.filter(description="Vendas"),
    ),
    "agent": lambda: (
        f"{CHAT}classificacao/{human().pk}/atendentes/incluir/",
        {"user": colleague("carla").pk},
        Membership.objects.filter(user__username="carla", classification=human()),
    ),
    "parameter": lambda: (
        "/supervisor/parametros/incluir/",
        {"name": "NOVO", "description": "NOVO", "active": "on"},
        Parameter.objects.filter(name="NOVO"),
    ),
    "user of a parameter": lambda: (
        f"/supervisor/parametros/{Parameter.objects.get(name='ISOCHATBOT').pk}/usuarios/incluir/",
        {"name": "FULANO", "order": "1", "active": "on"},
        ParameterUser.objects.filter(name="FULANO"),
    ),
    "detail": lambda: (
        f"/supervisor/parametros/usuarios/{isopadrao()}/detalhes/incluir/",
        DETAIL,
        Detail.objects.filter(question="NOVA"),
    ),
    "contact": lambda: (
        f"{REGISTERS}contatos/incluir/",
        {"name": "João da Silva"},
        Contact.objects.filter(name="João da Silva"),
    ),
    "type of telephone": lambda: (
        f"{REGISTERS}tipos-de-telefone/incluir/",
        {"description": "Recado"},
        PhoneType.objects.filter(description="Recado"),
    ),
    "channel": lambda: (
        f"{CHAT}canais/incluir/",
        {
            "kind": "whatsapp",
            "adapter": "botmaker",
            "line": "5541999990009",
            "menu": Menu.objects.get(default=True).pk,
            "active": "on",
        },
        Channel.objects.filter(line="5541999990009"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_01_a_double_inserir_is_one_record(house: None, form: str) -> None:
    address, typed, rows = FORMS[form]()
    browser = Client()
    browser.force_login(person("supervisor"))
    body = {"submission": Page(browser.get(address)).submission, **typed}
    before = AuditEntry.objects.count()
    first, second = browser.post(address, body), browser.post(address, body)
    assert (first.status_code, second.status_code) == (302, 302), first.content.decode()
    assert first.headers["Location"] == second.headers["Location"]
    assert rows.all().count() == 1
    assert AuditEntry.objects.count() == before + 1
    page = browser.get(second.headers["Location"])
    assert page.status_code == 200
    assert "Já estava salvo; nada foi repetido." in page.content.decode()


@pytest.mark.flow
@pytest.mark.parametrize("profile", PROFILES)
def test_01_a_double_inserir_at_one_moment_is_one_record(profile: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    together.run(profile, "inserir")
