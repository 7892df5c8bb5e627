"""Names that people give themselves stand in one line, turn nothing around and hide nothing."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from chat.models import Identity, Message
from chat.services import intake
from provider.contracts import Applied, ChannelKind, EchoMessage, Line
from tests.chat.conftest import LINES, person, served, writes

MARK = "\u0301"
CALLED = [
    ("Ana\nLima\r\n\tSilva", "Ana Lima Silva"),
    ("\u202eanA\u202c", "anA"),
    ("Ana\u2067Lima\u2069", "AnaLima"),
    ("A\u200bn\u200da\ufeff\u00ad", "Ana"),
    ("\x1b[31mAna\x07\x85", "[31mAna"),
    ("Ana\u2028Lima\u00a0\u3000Silva", "Ana Lima Silva"),
    ("  Ana \u200b  Lima ", "Ana Lima"),
    ("A" + MARK * 10_000, "\u00c1" + MARK * 3),
    (MARK * 3 + "Ana " + MARK + "Lima", "Ana Lima"),
    ("\u3164\u2800", ""),
    ("\u202e\u200b", ""),
    # What is a name stays one.
    ("Jose\u0301 D'\u00c1vila-N\u00fa\u00f1ez", "Jos\u00e9 D'\u00c1vila-N\u00fa\u00f1ez"),
    ("\u0645\u064e\u0651\u062f", "\u0645\u064e\u0651\u062f"),
    ("\u0e1b\u0e34\u0e48\u0e19", "\u0e1b\u0e34\u0e48\u0e19"),
    ("\u5f20\u4f1f \U0001f338", "\u5f20\u4f1f \U0001f338"),
    ("Ana & <b>", "Ana & <b>"),
    ("x" * 300, "x" * 200),
]


@pytest.mark.parametrize(("called", "kept"), CALLED)
def test_XS3_what_is_kept_of_a_name(house: None, called: str, kept: str) -> None:
    name = writes("Oi", name=called).identity.name
    assert name == kept
    assert Message.objects.get(direction="in").author_name == name


def test_who_has_nothing_left_of_a_name_keeps_the_one_before(house: None) -> None:
    writes("Oi", name="Ana")
    writes("1", name="\u202e\u200b")
    assert Identity.objects.get().name == "Ana"


def test_the_name_of_who_answers_elsewhere_is_cleaned_too(house: None) -> None:
    conversation = writes("Oi")
    line = Line("botmaker", ChannelKind.WHATSAPP, LINES[ChannelKind.WHATSAPP])
    who = conversation.identity.external_id
    assert (
        intake.receive(EchoMessage(line, "e", who, "agent", "\u202eBia\n", "Oi", None)) == Applied()
    )
    assert conversation.messages.get(external_id="e").author_name == "Bia"


def test_an_id_that_turns_the_line_around_is_kept_and_shown_apart(house: None) -> None:
    """It is written to as it came, so nothing may be taken out of it."""
    conversation = served(who="BR.1\u202e77", name="")
    browser = Client()
    browser.force_login(person("atendente"))
    page = browser.get(f"/omnichannel/{conversation.pk}/").content.decode()
    shown = [line for line in page.splitlines() if ">BR.1\u202e77<" in line]
    assert len(shown) == 2
    assert all(re.search('dir="auto"[^>]*>BR.1', line) for line in shown), shown
