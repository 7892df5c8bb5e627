"""The agents' screen: the panels of transfer and link, and what is left after each action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.models import Classification, Contact, Conversation, EContactType, PhoneType
from chat.services import contacts, links, messages
from provider.contracts import ChannelKind, Status, StatusUpdate
from tests.chat.conftest import (
    IN_STATE,
    closed,
    colleague,
    held,
    human,
    person,
    sent,
    served,
    silence,
    waiting,
    writes,
)

LIST = "/omnichannel/lista/"
As = Callable[[str], Client]


@pytest.fixture
def screen(house: None) -> As:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(person(username))
        return client

    return sign_in


def at(conversation: Conversation, verb: str = "") -> str:
    return f"/omnichannel/{conversation.pk}/" + (f"{verb}/" if verb else "")


def first(types: type[PhoneType] | type[EContactType]) -> int:
    """The code of a type; codes are not reused, so it is not always 1."""
    return int(types.objects.values_list("pk", flat=True)[0])


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("make", "offered"),
    [
        (served, {"transferir", "esperar", "encerrar"}),
        (held, {"retomar", "transferir", "encerrar"}),
        (waiting, {"assumir"}),
        (closed, set()),
    ],
)
def test_the_bar_offers_what_the_owner_may_do(screen: As, make: Any, offered: set[str]) -> None:
    page = text_of(screen("atendente").get(at(make())))
    verbs = ("assumir", "transferir", "esperar", "retomar", "encerrar")
    assert {verb for verb in verbs if f"/{verb}/" in page} == offered


@pytest.mark.parametrize("status", IN_STATE)
def test_a_marked_agent_has_all_of_the_classification_under_todos(screen: As, status: str) -> None:
    colleague("marcada", marked=True, of=human())
    conversation = IN_STATE[status]()
    page = text_of(screen("marcada").get(LIST, {"tab": "todos"}))
    # The bot's are of the bot's classification, which nobody is marked for.
    assert (f'id="c{conversation.pk}"' in page) == (status != "bot")


def test_supervisors_find_the_unclassified_under_a_tab_of_their_own(screen: As) -> None:
    silence("CLASS_CHAT_BOT")
    supervisor = screen("supervisor")
    assert "sem-classificacao" not in text_of(supervisor.get(LIST))
    conversation = writes()
    page = text_of(supervisor.get(LIST, {"tab": "sem-classificacao"}))
    assert f'id="c{conversation.pk}"' in page
    assert "CLASS_CHAT_ATENDIMENTO" in page
    assert "sem-classificacao" not in text_of(screen("atendente").get(LIST))
    supervisor.post(at(conversation, "transferir"), {"to": f"classification:{human().pk}"})
    assert "sem-classificacao" not in text_of(supervisor.get(LIST))


def test_who_waits_in_a_classification_made_inactive_is_found_there_too(screen: As) -> None:
    conversation, supervisor = waiting(), screen("supervisor")
    assert "sem-classificacao" not in text_of(supervisor.get(LIST))
    Classification.objects.filter(pk=human().pk).update(active=False)
    assert f'id="c{conversation.pk}"' not in text_of(screen("atendente").get(LIST))
    assert f'id="c{conversation.pk}"' in text_of(supervisor.get(LIST, {"tab": "sem-classificacao"}))


def test_who_was_deactivated_leaves_no_conversation_behind_unseen(screen: As) -> None:
    conversation = served("atendente2")
    supervisor = screen("supervisor")
    page = text_of(supervisor.get("/supervisor/avisos/"))
    assert "sem-atendente" not in page + text_of(supervisor.get(LIST))
    User.objects.filter(username="atendente2").update(is_active=False)
    assert "Conversas com atendentes desativados: 1." in text_of(
        supervisor.get("/supervisor/avisos/")
    )
    assert f'id="c{conversation.pk}"' in text_of(supervisor.get(LIST, {"tab": "sem-atendente"}))
    assert "cujo acesso foi desativado" in text_of(supervisor.get(at(conversation)))
    assert "sem-atendente" not in text_of(screen("atendente").get(LIST))
    supervisor.post(at(conversation, "transferir"), {"to": "agent:atendente"})
    assert "sem-atendente" not in text_of(supervisor.get(LIST))


def test_a_row_says_that_the_last_message_failed(screen: As) -> None:
    conversation = served()
    answer, _new = messages.answer(conversation.pk, "Olá", client_id="1", by=person("atendente"))
    failed = "row-failed"
    assert failed not in text_of(screen("atendente").get(LIST, {"tab": "meus"}))
    update = StatusUpdate(
        Status.FAILED, timezone.now(), "botmaker", ChannelKind.WHATSAPP, answer.reference
    )
    messages.apply_update(update)
    assert failed in text_of(screen("atendente").get(LIST, {"tab": "meus"}))
    writes("Alô?")
    assert failed not in text_of(screen("atendente").get(LIST, {"tab": "meus"}))


class TestTransfer:
    def test_the_panel_names_who_may_receive_it(self, screen: As) -> None:
        Classification.objects.create(description="Vendas", kind="human")
        Classification.objects.create(description="Fechada", kind="human", active=False)
        page = text_of(screen("atendente").get(at(served(), "transferir")))
        assert "Bruno Reis" in page and "Vendas" in page and 'value="classification:' in page
        for absent in ("Ana Lima", "Fechada", "ISOCHAT BOT"):
            assert absent not in page

    def test_to_where_it_is_no_longer_seen_nothing_is_left(self, screen: As) -> None:
        conversation = served()
        answer = screen("atendente").post(
            at(conversation, "transferir"), {"to": "agent:atendente2", "note": "veja"}
        )
        assert (answer.status_code, answer.content) == (200, b"")
        assert "veja" in text_of(screen("atendente2").get(at(conversation)))
        assert "veja" not in sent(conversation)[-1]

    @pytest.mark.parametrize("to", ["", "agent:", "agent:x", "classification:", "classification:x"])
    def test_a_bad_choice_is_refused_in_words(self, screen: As, to: str) -> None:
        answer = screen("atendente").post(at(served(), "transferir"), {"to": to})
        assert answer.status_code == 400
        ((sentence,),) = answer.json().values()
        assert sentence


def test_hold_and_resume(screen: As) -> None:
    conversation, ana = served(), screen("atendente")
    assert 'data-state="on_hold:' in text_of(ana.post(at(conversation, "esperar")))
    assert ana.post(at(conversation, "esperar")).status_code == 409
    assert 'data-state="active:' in text_of(ana.post(at(conversation, "retomar")))


def test_closing_without_the_message(screen: As) -> None:
    conversation = served()
    before = sent(conversation)
    screen("atendente").post(at(conversation, "encerrar"), {"skip_message": "1"})
    assert sent(conversation) == before


class TestLink:
    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("souza", True),
            ("+55 41 98888", True),
            ("988887777", True),
            ("888", False),
            ("@maria", True),
            ("joão", False),
            ("%", False),
            ("Anônimo", False),
        ],
    )
    def test_the_panel_finds_contacts(self, screen: As, q: str, found: bool) -> None:
        contacts.save(
            Contact(),
            name="Maria de Souza",
            phones=[(first(PhoneType), "5541988887777")],
            econtacts=[(EContactType.objects.get(description="Telegram").pk, "@maria")],
        )
        page = text_of(screen("atendente").get(at(served(), "vincular"), {"q": q}))
        assert ("Maria de Souza" in page) == found
        assert page.count('name="contact"') == 1 + found, "never the anonymous one"

    def test_the_panel_says_what_will_be_written(self, screen: As) -> None:
        code = first(PhoneType)
        phones = [(code, "41 98888-7777"), (code, "5541988887777")]
        contacts.save(Contact(), name="Tem", phones=phones)
        contacts.save(Contact(), name="Não tem")
        page = text_of(screen("atendente").get(at(served(), "vincular")))
        assert page.count("+55 (41) 98888-7777") >= 2
        silence("TIPO_ECONTACT")
        conversation = served(kind=ChannelKind.TELEGRAM)
        assert "TIPO_ECONTACT" in text_of(screen("atendente").get(at(conversation, "vincular")))

    def test_link_and_undo(self, screen: As) -> None:
        conversation, ana = served(), screen("atendente")
        contact = contacts.save(Contact(), name="Maria de Souza")
        page = text_of(ana.post(at(conversation, "vincular"), {"contact": contact.pk}))
        assert "Maria de Souza" in page and "/desvincular/" in page
        page = text_of(ana.post(at(conversation, "desvincular")))
        assert "/desvincular/" not in page
        assert ana.post(at(conversation, "desvincular")).status_code == 409

    def test_a_new_contact_on_the_spot(self, screen: As) -> None:
        conversation = served()
        body = {"contact": "novo", "name": "Maria Nova"}
        page = text_of(screen("atendente").post(at(conversation, "vincular"), body))
        assert "Maria Nova" in page
        link = links.of(conversation)
        assert link is not None and link.contact.name == "Maria Nova"

    @pytest.mark.parametrize("body", [{}, {"contact": "x"}, {"contact": "novo", "name": " "}])
    def test_a_bad_choice_is_refused_in_words(self, screen: As, body: dict[str, str]) -> None:
        before = Contact.objects.count()
        answer = screen("atendente").post(at(served(), "vincular"), body)
        assert answer.status_code == 400
        assert Contact.objects.count() == before
