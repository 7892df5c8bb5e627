"""The cadastro through REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat.models import Contact, EContactType, PhoneType
from tests.api.conftest import As

CONTACTS = "/api/v1/contacts/"


@pytest.fixture
def types(house: None) -> tuple[int, int]:
    """A type of telephone and a type of e-contact."""
    phone, econtact = PhoneType.objects.first(), EContactType.objects.first()
    assert phone is not None
    assert econtact is not None
    return phone.pk, econtact.pk


def test_a_name_alone_is_enough(rest: As) -> None:
    answer = rest("atendente").post(CONTACTS, {"name": " Maria "})
    assert answer.status_code == 201
    number = answer.json()["id"]
    expected = {"id": number, "name": "Maria", "anonymous": False, "phones": [], "econtacts": []}
    assert answer.json() == expected
    assert rest("atendente2").get(f"{CONTACTS}{number}/").json() == expected


def test_a_contact_is_written_and_rewritten_list_by_list(rest: As, types: tuple[int, int]) -> None:
    phone, econtact = types
    client = rest("atendente")
    body = {
        "name": "Maria",
        "phones": [{"type": phone, "number": "5541988887777"}] * 2,
        "econtacts": [{"type": econtact, "address": "maria@example.com"}],
    }
    made = client.post(CONTACTS, body).json()
    assert made["phones"] == body["phones"][:1]
    assert made["econtacts"] == body["econtacts"]
    address = f"{CONTACTS}{made['id']}/"
    assert client.patch(address, {"name": "Maria Souza"}).json()["phones"] == made["phones"]
    changed = client.patch(address, {"phones": []})
    assert (changed.status_code, changed.json()["phones"]) == (200, [])
    assert changed.json()["econtacts"] == made["econtacts"]
    assert client.get(address).json() == changed.json()


@pytest.mark.parametrize("description", ["E-mail", "EMAIL", "é-máil"])
def test_a_type_of_e_mail_takes_only_e_mail_addresses(rest: As, description: str) -> None:
    EContactType.objects.filter(description="E-mail").delete()
    kind = EContactType.objects.create(description=description)
    other = EContactType.objects.get(description="Telegram")
    contact = Contact.objects.create(name="Maria")
    contact.econtacts.create(type=kind, address="escrito antes")
    address = f"{CONTACTS}{contact.pk}/"
    kept = {"type": kind.pk, "address": "escrito antes"}
    good = [kept, *({"type": one.pk, "address": "m@example.com"} for one in (kind, other))]
    assert rest("atendente").patch(address, {"econtacts": good}).status_code == 200
    bad = [*good, {"type": kind.pk, "address": "@maria"}]
    refused = rest("atendente").patch(address, {"econtacts": bad})
    sentence = "“@maria” não é um e-mail, como ana@example.com."
    assert (refused.status_code, refused.json()) == (400, {"econtacts": [sentence]})
    assert contact.econtacts.count() == 3


def test_contacts_are_listed_by_name(rest: As) -> None:
    client = rest("atendente")
    for name in ("Carla", "Bia"):
        client.post(CONTACTS, {"name": name})
    page = client.get(CONTACTS).json()
    assert set(page) == {"next", "previous", "results"}
    assert [row["name"] for row in page["results"]] == ["Anônimo", "Bia", "Carla"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "  "},
        {"name": None},
        {"name": ["Maria"]},
        {"name": "a\x00"},
        {"name": "a\ud800"},
        {"name": "x" * 201},
        {"name": "Anônimo"},
        {"name": " ANÔNIMO "},
        {"name": "anonimo"},
        {"name": "M", "phones": None},
        {"name": "M", "phones": {}},
        {"name": "M", "phones": [1]},
        {"name": "M", "phones": [{"type": 1}]},
        {"name": "M", "phones": [{"type": "x", "number": "1"}]},
        {"name": "M", "phones": [{"type": 10**30, "number": "1"}]},
        {"name": "M", "phones": [{"type": 9_000_000, "number": "1"}]},
        {"name": "M", "phones": [{"type": 1, "number": "1" * 31}]},
        {"name": "M", "econtacts": [{"type": 1, "address": ""}]},
        {"name": "M", "econtacts": [{"type": 9_000_000, "address": "a"}]},
        {"name": "M", "econtacts": [{"type": 1, "address": "a" * 256}]},
    ],
)
def test_bad_input_is_400_and_writes_nothing(rest: As, body: Any) -> None:
    client = rest("atendente")
    kept = client.post(CONTACTS, {"name": "Kept"}).json()
    raw = json.dumps(body).encode()
    assert client.raw("POST", CONTACTS, raw).status_code == 400
    if body:
        assert client.raw("PATCH", f"{CONTACTS}{kept['id']}/", raw).status_code == 400
    assert client.get(f"{CONTACTS}{kept['id']}/").json() == kept
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("body", [{"name": "Outro"}, {"phones": []}, {}])
def test_the_anonymous_contact_stays_as_it_is(rest: As, body: dict[str, Any]) -> None:
    number = Contact.objects.get(anonymous=True).pk
    assert rest("supervisor").patch(f"{CONTACTS}{number}/", body).status_code == 400
    assert Contact.objects.get(anonymous=True).name == "Anônimo"


def test_MA1_what_is_not_the_callers_to_set_is_ignored(rest: As) -> None:
    body = {"name": "M", "id": 1, "anonymous": True, "created_at": "2020-01-01"}
    made = rest("atendente").post(CONTACTS, body).json()
    assert made["anonymous"] is False
    assert Contact.objects.filter(anonymous=True).count() == 1


@pytest.mark.parametrize("number", ["0", "9000000", "9" * 30])
def test_a_contact_that_is_not_there_is_404(rest: As, number: str) -> None:
    client = rest("atendente")
    assert client.get(f"{CONTACTS}{number}/").status_code == 404
    assert client.patch(f"{CONTACTS}{number}/", {"name": "M"}).status_code == 404
