"""The rest of the configuration in Django's administration: it keeps the console's rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.models import (
    AuditEntry,
    Channel,
    Classification,
    Contact,
    ContactPhone,
    EContactType,
    Membership,
    Menu,
    MenuOption,
    PhoneType,
)
from tests.chat.conftest import human, person
from tests.isobot.administration import address, administrator


@pytest.fixture
def client(house: None) -> Client:
    return administrator()


NO_PHONES = {
    f"{name}-{part}_FORMS": "0" for name in ("phones", "econtacts") for part in ("TOTAL", "INITIAL")
}


def test_anonimo_stays_as_it_is(client: Client) -> None:
    anonymous = Contact.objects.get(anonymous=True)
    change = address(Contact, "change", anonymous.pk)
    assert client.post(change, {"name": "Outro", **NO_PHONES}).status_code == 403
    delete = address(Contact, "delete", anonymous.pk)
    assert client.post(delete, {"post": "yes"}).status_code == 403
    client.post(
        address(Contact, "changelist"),
        {"action": "delete_selected", "_selected_action": anonymous.pk, "post": "yes"},
    )
    phone = {"contact": anonymous.pk, "type": PhoneType.objects.all()[0].pk, "number": "1"}
    assert client.post(address(ContactPhone, "add"), phone).status_code == 200
    second = client.post(address(Contact, "add"), {"name": "ANONIMO", **NO_PHONES})
    assert second.status_code == 200
    assert list(Contact.objects.values_list("name", "anonymous")) == [("Anônimo", True)]
    assert not ContactPhone.objects.exists()


def test_a_contact_is_written_with_its_telephones(client: Client) -> None:
    data = {
        "name": "Maria",
        **NO_PHONES,
        "phones-TOTAL_FORMS": "1",
        "phones-0-type": PhoneType.objects.all()[0].pk,
        "phones-0-number": "5541988887777",
    }
    assert client.post(address(Contact, "add"), data).status_code == 302
    assert Contact.objects.get(name="Maria").phones.get().number == "5541988887777"
    assert AuditEntry.objects.filter(what="added").count() == 2


def test_a_type_of_e_mail_takes_only_e_mail_addresses(client: Client) -> None:
    kind = EContactType.objects.get(description="E-mail")
    data = {
        "name": "Maria",
        **NO_PHONES,
        "econtacts-TOTAL_FORMS": "1",
        "econtacts-0-type": kind.pk,
        "econtacts-0-address": "@maria",
    }
    page = client.post(address(Contact, "add"), data).content.decode()
    assert "“@maria” não é um e-mail" in page and not Contact.objects.filter(name="Maria").exists()
    data["econtacts-0-address"] = "maria@example.com"
    assert client.post(address(Contact, "add"), data).status_code == 302


def menu_form(menu: Menu, **values: Any) -> dict[str, Any]:
    options = {"options-TOTAL_FORMS": "0", "options-INITIAL_FORMS": "0"}
    return {"name": menu.name, **options, **values}


def test_there_is_always_one_default_menu(client: Client) -> None:
    usual = Menu.objects.get(default=True)
    change = address(Menu, "change", usual.pk)
    assert client.post(change, menu_form(usual)).status_code == 200
    delete = address(Menu, "delete", usual.pk)
    assert client.post(delete, {"post": "yes"}).status_code == 403
    other = Menu.objects.create(name="Outro")
    change = address(Menu, "change", other.pk)
    assert client.post(change, menu_form(other, is_default="on")).status_code == 302
    assert Menu.objects.get(default=True) == other


def test_an_option_does_what_is_known_below_an_option_of_its_own_menu(client: Client) -> None:
    menu = Menu.objects.get()
    other = MenuOption.objects.create(
        menu=Menu.objects.create(name="Outro"), label="x", action="submenu"
    )
    option = {"menu": menu.pk, "order": 9, "label": "Nova", "action": "end"}
    add = address(MenuOption, "add")
    assert client.post(add, {**option, "action": "fly"}).status_code == 200
    assert client.post(add, {**option, "parent": other.pk}).status_code == 200
    bot = Classification.objects.get(kind="bot")
    assert client.post(add, {**option, "classification": bot.pk}).status_code == 200
    assert not MenuOption.objects.filter(label="Nova").exists()
    assert client.post(add, option).status_code == 302


def test_nobody_serves_in_the_classification_of_the_bot(client: Client) -> None:
    bot = Classification.objects.get(kind="bot")
    ana = person("atendente")
    add = {"classification": bot.pk, "user": ana.pk}
    assert client.post(address(Membership, "add"), add).status_code == 200
    again = {"classification": human().pk, "user": ana.pk}
    assert client.post(address(Membership, "add"), again).status_code == 200
    inline = {
        "description": "x",
        "kind": "bot",
        "active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert client.post(address(Classification, "change", human().pk), inline).status_code == 200
    assert human().kind == "human"


def test_a_line_belongs_to_one_channel(client: Client) -> None:
    taken = Channel.objects.get(kind="whatsapp")
    new = {
        "key": "other",
        "kind": "whatsapp",
        "adapter": "botmaker",
        "line": "+55 41 99999-0000",
        "menu": taken.menu_id,
        "active": "on",
    }
    add = address(Channel, "add")
    assert client.post(add, new).status_code == 200
    assert client.post(add, {**new, "line": "12"}).status_code == 200
    assert (
        client.post(add, {**new, "adapter": "nobody", "line": "5541988880000"}).status_code == 200
    )
    assert client.post(add, {**new, "line": "+55 41 98888-0000"}).status_code == 302
    assert Channel.objects.get(key="other").line == "5541988880000"
