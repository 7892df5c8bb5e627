"""Whether choices go with a text, whoever carries it."""

from __future__ import annotations

import uuid

import pytest

from provider.channels import FACTS
from provider.choices import offered, shortened
from provider.contracts import ChannelKind, Choice, Line, OutboundMessage


def message(kind: ChannelKind, titles: list[str], text: str = "Escolha:") -> OutboundMessage:
    line = Line("any", kind, "1")
    choices = tuple(Choice(str(n), title) for n, title in enumerate(titles, 1))
    return OutboundMessage(uuid.UUID(int=1), "identity:1", line, "2", text, choices=choices)


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_as_many_as_the_channel_takes_are_offered_and_not_some_of_more(kind: ChannelKind) -> None:
    titles = [f"Assunto {number}" for number in range(FACTS[kind].max_choices + 1)]
    assert offered(whole := message(kind, titles[:-1])) == whole.choices
    assert offered(message(kind, titles)) == ()


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_a_text_too_long_for_the_channel_offers_nothing(kind: ChannelKind) -> None:
    longest = FACTS[kind].max_text
    assert offered(message(kind, ["Sim"], "x" * longest))
    assert offered(message(kind, ["Sim"], "x" * (longest + 1))) == ()


def test_a_choice_without_words_leaves_them_all_to_the_text() -> None:
    assert offered(message(ChannelKind.WHATSAPP, ["Sim", "  "])) == ()


@pytest.mark.parametrize(
    ("text", "short"), [("Sim", "Sim"), ("a" * 10, "a" * 10), ("Bom dia, Ana", "Bom dia,…")]
)
def test_a_title_is_shortened_where_it_has_to_be(text: str, short: str) -> None:
    assert shortened(text, 10) == short
