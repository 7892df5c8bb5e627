"""Cadastros > Tipos de telefone and Tipos de e-contact: codes to copy, and what keeps them."""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.db import connection

from chat.models import AuditEntry, Contact, EContactType, PhoneType
from chat.services import contacts
from tests.chat.conftest import setting, silence
from tests.console.conftest import At

BASE = "/supervisor/cadastros/"
PHONES, OTHERS = f"{BASE}tipos-de-telefone/", f"{BASE}tipos-de-econtact/"
KINDS = [
    pytest.param(PHONES, PhoneType, "TIPO_TELEFONE", id="telephone"),
    pytest.param(OTHERS, EContactType, "TIPO_ECONTACT", id="e-contact"),
]
Model = type[PhoneType | EContactType]


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_the_list_shows_codes_to_copy_and_the_one_in_use(
    desk: At, address: str, model: Model, key: str
) -> None:
    page = desk("supervisor").get(address).text
    for one in model.objects.all():
        assert f'data-copy="{one.pk}"' in page and f">{one.description}</a>" in page
    assert page.count(f"</svg>\n{key}</span>") == 1


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_a_type_sent_twice_is_made_once(desk: At, address: str, model: Model, key: str) -> None:
    supervisor, add = desk("supervisor"), f"{address}incluir/"
    token = supervisor.get(add).submission
    for _ in range(2):
        supervisor.post(add, submission=token, description="Recado")
    made = model.objects.get(description="Recado")
    assert f"Recado ({made.pk})" in supervisor.get(f"{address}ver,{made.pk}").text
    assert AuditEntry.objects.get().what == "added"


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_a_type_is_renamed_and_keeps_its_code(
    desk: At, address: str, model: Model, key: str
) -> None:
    one = model.objects.all()[0]
    desk("supervisor").post(f"{address}ver,{one.pk}", description="Outro nome")
    assert model.objects.get(pk=one.pk).description == "Outro nome"


@pytest.mark.parametrize("description", ["", "x" * 101, "residencial"])
def test_a_description_nobody_could_tell_apart_is_refused(desk: At, description: str) -> None:
    page = desk("supervisor").add(f"{PHONES}incluir/", description=description)
    assert page.status == 400 and page.errors
    assert PhoneType.objects.count() == 3


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_the_type_a_parameter_names_is_kept_and_the_sentence_says_which(
    desk: At, address: str, model: Model, key: str
) -> None:
    one, other = model.objects.all()[0], model.objects.all()[1]
    setting(key, str(one.pk))
    supervisor = desk("supervisor")
    assert key in supervisor.get(f"{address}excluir,{one.pk}").text
    supervisor.post(f"{address}excluir,{one.pk}")
    assert model.objects.filter(pk=one.pk).exists()
    setting(key, str(other.pk))
    supervisor.post(f"{address}excluir,{one.pk}")
    assert not model.objects.filter(pk=one.pk).exists(), "once another one is named, it may go"


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_the_type_of_a_contacts_row_is_kept_with_how_often_it_is_used(
    desk: At, address: str, model: Model, key: str
) -> None:
    silence(key)
    one = model.objects.get(description="Comercial" if model is PhoneType else "Telegram")
    rows = [(one.pk, "5541988887777"), (one.pk, "5541977776666")]
    field = "phones" if model is PhoneType else "econtacts"
    maria = contacts.save(Contact(), name="Maria", **{field: rows})
    supervisor, remove = desk("supervisor"), f"{address}excluir,{one.pk}"
    assert "em cadastros: 2." in supervisor.get(remove).text
    supervisor.post(remove)
    assert "em cadastros: 2." in supervisor.get(address).text
    assert model.objects.filter(pk=one.pk).exists()
    contacts.save(maria, **{field: []})
    supervisor.post(remove)
    assert not model.objects.filter(pk=one.pk).exists()
    assert AuditEntry.objects.get().what == "removed"


def test_the_filter_and_the_empty_list(desk: At) -> None:
    supervisor = desk("supervisor")
    code = PhoneType.objects.get(description="Comercial").pk
    for q in ("comer", str(code)):
        page = supervisor.get(PHONES, q=q).text
        assert ">Comercial</a>" in page and ">Residencial</a>" not in page
    PhoneType.objects.all().delete()
    assert "Nenhum tipo ainda." in supervisor.get(PHONES).text


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_an_agent_has_no_business_here(desk: At, address: str, model: Model, key: str) -> None:
    code = model.objects.all()[0].pk
    for one in (address, f"{address}incluir/", f"{address}ver,{code}", f"{address}excluir,{code}"):
        assert desk("atendente").get(one).status == 403
        assert desk("atendente").post(one, description="x").status == 403
        assert unquote(desk(None).get(one).location) == f"/entrar/?next={one}"
    assert not model.objects.filter(description="x").exists()


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_of_two_at_one_moment_the_second_is_refused(
    desk: At, monkeypatch: pytest.MonkeyPatch, address: str, model: Model, key: str
) -> None:
    def late(*_: Any, **_options: Any) -> None:
        model.objects.create(description="RECADO")

    # After the form has looked, and before the row is written.
    monkeypatch.setattr(model, "validate_constraints", late)
    page = desk("supervisor").add(f"{address}incluir/", description="Recado")
    assert page.status == 400 and "acabou de salvar" in page.text
    assert not model.objects.filter(description="Recado").exists()


@pytest.mark.parametrize(("address", "model", "key"), KINDS)
def test_of_types_that_read_the_same_the_later_ones_got_a_number(
    house: None, address: str, model: Model, key: str
) -> None:
    index = "phone_type_once" if model is PhoneType else "econtact_type_once"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    long = "y" * 100
    names = ["Recado", "recado", "RECADO (2)", "recado", long, long]
    made = [model.objects.create(description=name).pk for name in names]
    migration = importlib.import_module("chat.migrations.0004_one_type_of_a_name")
    migration.rename_later_ones(apps, None)
    kept = dict(model.objects.values_list("pk", "description"))
    expected = ["Recado", "recado (3)", "RECADO (2)", "recado (4)", long, "y" * 96 + " (2)"]
    assert [kept[pk] for pk in made] == expected
