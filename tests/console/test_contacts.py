"""Cadastros > Clientes: people with telephones and e-contacts, and the one who stays."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from chat.models import AuditEntry, Contact, EContactType, PhoneType
from chat.services import contacts
from tests.chat.conftest import person, waiting
from tests.console.conftest import At

LIST = "/supervisor/cadastros/contatos/"
ADD = f"{LIST}incluir/"


def row(contact: Contact) -> str:
    return f"{LIST}ver,{contact.pk}"


def type_of(description: str) -> int:
    return int(EContactType.objects.get(description=description).pk)


def filled(name: str, *phones: str, econtacts: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a browser sends: rows with their types, and the blank ones too."""
    phone, network = PhoneType.objects.all()[0].pk, type_of("Telegram")
    return {
        "name": name,
        "phones-type": [phone] * (len(phones) + 1),
        "phones-text": [*phones, ""],
        "econtacts-type": [network] * (len(econtacts) + 1),
        "econtacts-text": [*econtacts, " "],
    }


def made(name: str, *phones: str, econtacts: tuple[str, ...] = ()) -> Contact:
    phone, network = PhoneType.objects.all()[0].pk, type_of("Telegram")
    return contacts.save(
        Contact(),
        name=name,
        phones=[(phone, number) for number in phones],
        econtacts=[(network, address) for address in econtacts],
    )


def numbers(contact: Contact) -> list[str]:
    return [one.number for one in contact.phones.all()]


def test_a_contact_is_saved_with_its_rows_and_shown_formatted(desk: At) -> None:
    supervisor = desk("supervisor")
    saved = supervisor.add(
        ADD, **filled("Maria", "(41) 98888-7777", "+1 202 555 0100", econtacts=("maria@x.example",))
    )
    maria = Contact.objects.get(name="Maria")
    assert saved.location == row(maria)
    assert numbers(maria) == ["5541988887777", "12025550100"]
    shown = supervisor.get(LIST).text
    for text in ("+55 (41) 98888-7777", "+12025550100", "maria@x.example"):
        assert text in shown
        assert f'value="{text}"' in supervisor.get(row(maria)).text
    entry = AuditEntry.objects.get()
    assert (entry.what, entry.by) == ("added", person("supervisor"))
    assert ["", "5541988887777, 12025550100"] in entry.data["changes"].values()


def test_an_e_mail_that_is_none_is_refused_in_its_row(desk: At) -> None:
    fields = {**filled("Maria", econtacts=("@maria",)), "econtacts-type": [type_of("E-mail")] * 2}
    page = desk("supervisor").add(ADD, **fields)
    assert (page.status, page.errors) == (400, ["“@maria” não é um e-mail, como ana@example.com."])
    assert 'value="@maria"' in page.text and not Contact.objects.filter(name="Maria").exists()


def test_the_same_form_sent_twice_makes_one_contact(desk: At) -> None:
    supervisor = desk("supervisor")
    token = supervisor.get(ADD).submission
    first, second = (
        supervisor.post(ADD, submission=token, **filled("Maria", "41988887777")) for _ in range(2)
    )
    assert first.location == second.location == row(Contact.objects.get(name="Maria"))


def test_saving_what_is_there_changes_nothing(desk: At) -> None:
    maria = made("Maria", "5541988887777")
    answer = desk("supervisor").post(row(maria), **filled("Maria", "+55 (41) 98888-7777"))
    assert answer.status == 302
    assert not AuditEntry.objects.exists()


def test_rows_are_added_changed_and_taken_off_and_the_others_stay(desk: At) -> None:
    maria = made("Maria", "5541988887777", "5541977776666")
    kept = maria.phones.get(number="5541988887777").pk
    desk("supervisor").post(row(maria), **filled("Maria S.", "41 98888-7777", "41 3333-4444"))
    maria.refresh_from_db()
    assert (maria.name, numbers(maria)) == ("Maria S.", ["5541988887777", "554133334444"])
    assert maria.phones.get(number="5541988887777").pk == kept
    desk("supervisor").post(row(maria), **filled("Maria S."))
    assert numbers(maria) == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": " anônimo "}, "name"),
        ({"phones-type": ["known"], "phones-text": ["liga depois"]}, "phones"),
        ({"phones-type": ["known"], "phones-text": ["123"]}, "phones"),
        ({"phones-type": ["999999"], "phones-text": ["41988887777"]}, "phones"),
        ({"phones-type": ["x"], "phones-text": ["41988887777"]}, "phones"),
        ({"phones-type": ["known"] * 21, "phones-text": ["41988887777"] * 21}, "phones"),
        ({"econtacts-type": [""], "econtacts-text": ["a@b.example"]}, "econtacts"),
        ({"econtacts-type": ["known"], "econtacts-text": ["x" * 256]}, "econtacts"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(
    desk: At, fields: dict[str, Any], wrong: str
) -> None:
    sent = {"name": "Maria", **fields}
    for rows, model in (("phones-type", PhoneType), ("econtacts-type", EContactType)):
        known = str(model.objects.all()[0].pk)
        sent[rows] = [known if code == "known" else code for code in sent.get(rows, ())]
    page = desk("supervisor").add(ADD, **sent)
    assert page.status == 400
    assert len(page.errors) == 1 and f'href="#id_{wrong}"' in page.text
    assert not Contact.objects.filter(anonymous=False).exists()


def test_a_telephone_another_program_wrote_does_not_stop_the_rest(desk: At) -> None:
    maria = made("Maria", "ramal 23")
    answer = desk("supervisor").post(row(maria), **filled("Maria S.", "ramal 23"))
    assert answer.status == 302
    assert Contact.objects.get(pk=maria.pk).name == "Maria S."


@pytest.mark.parametrize("kept", ["5541988887777", "554188887777", "+55 (41) 98888-7777"])
@pytest.mark.parametrize(
    "typed",
    [
        "5541988887777",
        "+55 (41) 98888-7777",
        "(41) 8888-7777",
        "041 98888 7777",
        "98888-7777",
        "8888-7777",
    ],
)
def test_a_telephone_is_found_however_it_is_written(desk: At, kept: str, typed: str) -> None:
    made("Maria", kept)
    made("Joana", "5511955554444")
    page = desk("supervisor").get(LIST, q=typed)
    assert ">Maria</a>" in page.text and ">Joana</a>" not in page.text


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("mari", {"Maria"}),
        ("@maria.s", {"Maria"}),
        ("MARIA.S", {"Maria"}),
        ("@", set()),
        ("41", set()),
        ("%", set()),
        ("9" * 200, set()),
        ("\x00", {"Maria", "Joana"}),
    ],
)
def test_the_filter_leaves_what_was_asked_for(desk: At, q: str, found: set[str]) -> None:
    made("Maria", "5541988887777", econtacts=("maria.s",))
    made("Joana", "5541977776666")
    page = desk("supervisor").get(LIST, q=q)
    assert page.status == 200
    assert {one for one in ("Maria", "Joana") if f">{one}</a>" in page.text} == found


def test_the_list_counts_conversations_without_a_query_for_each_row(
    desk: At, django_assert_max_num_queries: Any
) -> None:
    waiting()
    for number in range(10):
        made(f"Pessoa {number}", f"554198888{number:04d}", econtacts=(f"p{number}@x.example",))
    supervisor = desk("supervisor")
    with django_assert_max_num_queries(13):
        page = supervisor.get(LIST)
    assert 'class="is-number"><span dir="auto">1</span>' in page.text


def test_anonimo_is_marked_read_only_and_stays(desk: At) -> None:
    unknown, supervisor = contacts.anonymous(), desk("supervisor")
    assert "Reúne quem não é conhecido" in supervisor.get(LIST).text
    page = supervisor.get(row(unknown)).text
    assert "disabled" in page and 'type="submit" class="btn btn-primary"' not in page
    assert f"excluir,{unknown.pk}" not in page + supervisor.get(LIST).text
    assert supervisor.post(row(unknown), **filled("Outro")).status == 403
    assert supervisor.get(f"{LIST}excluir,{unknown.pk}").status == 403
    assert supervisor.post(f"{LIST}excluir,{unknown.pk}").status == 403
    assert contacts.anonymous().name == "Anônimo"


def test_where_anonimo_is_missing_the_page_offers_to_make_it(desk: At) -> None:
    Contact.objects.all().delete()
    supervisor = desk("supervisor")
    page = supervisor.get(LIST).text
    assert "Nenhum cadastro ainda." in page and f"{LIST}anonimo/" in page
    for _ in range(2):
        assert supervisor.post(f"{LIST}anonimo/").location == LIST
    assert Contact.objects.get().anonymous
    assert AuditEntry.objects.count() == 1
    assert f"{LIST}anonimo/" not in supervisor.get(LIST).text


def test_a_contact_with_conversations_is_kept_with_a_reason(desk: At) -> None:
    maria = made("Maria")
    conversation = waiting()
    conversation.contact = conversation.identity.contact = maria
    conversation.identity.save()
    conversation.save()
    supervisor, remove = desk("supervisor"), f"{LIST}excluir,{maria.pk}"
    asked = supervisor.get(remove).text
    assert "não pode ser removido" in asked and "tem conversas" in asked
    assert "btn-danger" not in asked
    supervisor.post(remove)
    assert "tem conversas" in supervisor.get(LIST).text
    assert Contact.objects.filter(pk=maria.pk).exists()


def test_a_contact_without_conversations_is_removed_after_a_question(desk: At) -> None:
    maria = made("Maria", "5541988887777")
    supervisor, remove = desk("supervisor"), f"{LIST}excluir,{maria.pk}"
    assert "btn-danger" in supervisor.get(remove).text
    supervisor.post(remove)
    assert not Contact.objects.filter(pk=maria.pk).exists()
    assert AuditEntry.objects.get().what == "removed"


def test_hostile_rows_are_only_text(desk: At) -> None:
    address = '"><img src=x onerror=alert(1)>'
    maria = made("Maria", econtacts=(address,))
    for page in (desk("supervisor").get(LIST), desk("supervisor").get(row(maria))):
        assert "<img src=x" not in page.text and "&lt;img src=x" in page.text


def test_an_agent_has_no_business_here(desk: At) -> None:
    maria = made("Maria")
    for address in (LIST, ADD, row(maria), f"{LIST}excluir,{maria.pk}"):
        assert desk("atendente").get(address).status == 403
        assert desk("atendente").post(address, **filled("Outra")).status == 403
        assert unquote(desk(None).get(address).location) == f"/entrar/?next={address}"
    assert desk("atendente").post(f"{LIST}anonimo/").status == 403
    assert Contact.objects.get(pk=maria.pk).name == "Maria"
