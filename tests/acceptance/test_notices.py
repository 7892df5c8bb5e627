"""The acceptance list, 11: what a customer receives when the conversation is closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Conversation, Identity
from provider.models import Delivery
from tests.conftest import Customer, Provider

# As the guide has it, letter by letter: "a disposição" is how its readers typed it.
VERBATIM = (
    "Olá cliente, esse atendimento foi finalizado, mas qualquer dúvida, estamos a disposição. "
    "Atenciosamente, Central de Atendimento."
)
DETAIL = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/MSG_ENCERRAMENTO/"


@pytest.fixture
def close(provider: Provider, customer: Customer, api: Any) -> Any:
    """Serve a customer and close; what the customer was sent on closing comes back."""

    def run(hours_later: int = 0) -> list[str]:
        agent = api("atendente")
        customer.says("Oi")
        customer.says("2")
        conversation = Conversation.objects.get()
        assert agent.post(f"/api/v1/conversations/{conversation.pk}/assume/").status_code == 200
        customer.drain()
        heard_at = timezone.now() - timedelta(hours=hours_later)
        Identity.objects.update(last_inbound_at=heard_at)
        before = len(provider.texts)
        assert agent.post(f"/api/v1/conversations/{conversation.pk}/close/").status_code == 200
        customer.drain()
        assert Conversation.objects.get().status == "closed"
        return provider.texts[before:]

    return run


def test_11_closing_text_as_seeded_is_the_guides_verbatim(close: Any) -> None:
    assert close() == [VERBATIM]
    assert Delivery.objects.filter(text=VERBATIM).count() == 1


@pytest.mark.parametrize("note", ["", "   "])
def test_11_closing_text_left_blank_sends_nothing(close: Any, api: Any, note: str) -> None:
    saved = api("supervisor").put(DETAIL, {"answer": "", "note": note}, format="json")
    assert saved.status_code == 200
    assert close() == []


def test_11_closing_text_is_not_sent_where_the_answer_is_n(close: Any, api: Any) -> None:
    api("supervisor").put(DETAIL, {"answer": "N"}, format="json")
    assert close() == []


def test_11_closing_text_of_nobody_sends_nothing(close: Any, api: Any) -> None:
    api("supervisor").delete(DETAIL)
    assert close() == []


def test_11_closing_text_is_not_sent_after_the_window_and_that_is_recorded(
    close: Any, api: Any
) -> None:
    assert close(hours_later=25) == []
    (conversation,) = api("supervisor").get("/api/v1/conversations/").json()["results"]
    said = [line["what"] + " " + line["why"] for line in conversation["trace"]]
    assert any("encerramento" in line and "24 horas" in line for line in said), said


def test_11_closing_text_leaves_while_the_window_is_open(close: Any) -> None:
    assert close(hours_later=23) == [VERBATIM]
