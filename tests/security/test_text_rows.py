"""TP: texts with places to fill in. Only what is listed is filled in, once, and it fits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.services import messages
from provider.models import Delivery, MessageTemplate
from provider.templates import TemplateState
from tests.chat.conftest import sent, served, setting, trace, waiting
from tests.conftest import Api, Customer, Provider

ATTACKS = [
    "{{settings.SECRET_KEY}}",
    "{% include 'base.html' %}",
    "{% debug %}",
    "{0.__class__}",
    "{cliente.__class__.__mro__}",
    "{cliente!r}",
    "%(cliente)s %s",
    "${cliente} ${settings}",
    "#{7*7} <%= 7*7 %>",
    "{{cliente}}",
]


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("key", ["MSG_ENCERRAMENTO", "AVISO_CONV_INCIADA"])
def test_TP1_a_notice_with_anything_else_in_braces_is_refused_or_is_text(
    key: str, text: str, api: Callable[[str], Api], customer: Customer
) -> None:
    address = f"/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/{key}/"
    answer = api("supervisor").put(address, {"answer": "S", "note": text}, format="json")
    if "{" in text.replace("${cliente}", "").replace("{cliente}", ""):
        assert answer.status_code == 400
        assert "chaves" in answer.json()["note"][0]
        return
    assert answer.status_code == 200
    conversation = served()
    messages.close(conversation.pk, by=User.objects.get(username="atendente"))
    filled_in = text.replace("{cliente}", "Maria Souza")
    assert filled_in in sent(conversation)


@pytest.mark.parametrize(
    "name", ["{{agent}}", "{atendente}", "{cliente}", "%(x)s", "{0.__class__}", "${nome}"]
)
def test_TP1_a_name_is_never_a_template(name: str, house: None, ana: User) -> None:
    setting("AVISO_CONV_INCIADA", "S", "Oi, {cliente}. Aqui é {atendente}.")
    conversation = waiting(name=name)
    messages.assume(conversation.pk, by=ana)
    assert sent(conversation)[-1] == f"Oi, {name}. Aqui é Ana Lima."


@pytest.mark.parametrize("value", ["${outra}", "{{7*7}}", "{nome}", "%s"])
def test_TP1_the_value_of_a_variable_is_never_a_template(
    value: str, provider: Provider, api: Callable[[str], Api]
) -> None:
    MessageTemplate.objects.create(
        adapter="botmaker", name="ola", language="pt_BR", state=TemplateState.APPROVED,
        body="Olá ${nome}, de ${outra}.", seen_at=timezone.now(),
    )  # fmt: skip
    conversation = served()
    body = {"template": {"name": "ola", "params": {"nome": value, "outra": "X"}}, "client_id": "1"}
    answer = api("atendente").post(
        f"/api/v1/conversations/{conversation.pk}/messages/", body, format="json"
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["text"] == f"Olá {value}, de X."


@pytest.mark.parametrize("text", ATTACKS)
def test_TP1_what_a_customer_types_is_quoted_as_it_is(text: str, customer: Customer) -> None:
    customer.says("Oi")
    customer.says(text)
    assert " ".join(text.split()) in Delivery.objects.latest("id").text


@pytest.fixture
def ana(house: None) -> User:
    return User.objects.get(username="atendente")


LONG = "á" * 600  # 1,200 bytes: more than Instagram takes, and fewer than any other channel


@pytest.fixture
def on_instagram(customer: Customer) -> Any:
    """A conversation that waits there."""
    from chat.models import Conversation  # noqa: PLC0415

    fields = {"chatPlatform": "instagram", "contactId": "900100200", "WHATSAPP_NUMBER": None}
    customer.says("Oi", **fields)
    customer.says("2", **fields)
    return Conversation.objects.get()


def test_TP2_a_notice_that_became_too_long_is_not_sent_and_the_trace_says_why(
    on_instagram: Any, ana: User
) -> None:
    setting("AVISO_CONV_INCIADA", "S", f"{{cliente}} {LONG}")
    before = sent(on_instagram)
    messages.assume(on_instagram.pk, by=ana)
    assert sent(on_instagram) == before
    assert ("start_not_sent", "too_long") in trace(on_instagram)


def test_TP2_a_notice_that_became_empty_is_not_sent(house: None, ana: User) -> None:
    setting("AVISO_CONV_INCIADA", "S", "{cliente}")
    conversation = waiting(name="")
    before = sent(conversation)
    messages.assume(conversation.pk, by=ana)
    assert sent(conversation) == before


def test_TP2_a_name_brings_no_line_and_no_control_into_a_notice(house: None, ana: User) -> None:
    setting("AVISO_CONV_INCIADA", "S", "Oi, {cliente}!")
    conversation = waiting(name="Maria\r\n\u2028Fim\x07\x1b[31m")
    messages.assume(conversation.pk, by=ana)
    assert sent(conversation)[-1] == "Oi, Maria Fim[31m!"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", LONG])
def test_TP2_an_answer_that_does_not_fit_is_refused_before_it_is_queued(
    text: str, on_instagram: Any, api: Callable[[str], Api]
) -> None:
    before = Delivery.objects.count()
    answer = api("atendente").answer(on_instagram.pk, text)
    assert answer.status_code == 400
    assert Delivery.objects.count() == before


def test_TP2_a_template_whose_value_is_too_long_is_refused_before_it_is_queued(
    provider: Provider, api: Callable[[str], Api]
) -> None:
    MessageTemplate.objects.create(
        adapter="botmaker", name="ola", language="pt_BR", state=TemplateState.APPROVED,
        body="Olá ${nome}.", seen_at=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    conversation = served()
    before = Delivery.objects.count()
    for value in ("x" * 5000, "", "\n"):
        body = {"template": {"name": "ola", "params": {"nome": value}}, "client_id": value[:5]}
        answer = api("atendente").post(
            f"/api/v1/conversations/{conversation.pk}/messages/", body, format="json"
        )
        assert answer.status_code == 400, value[:5]
    assert Delivery.objects.count() == before
