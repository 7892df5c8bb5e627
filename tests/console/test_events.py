"""Provider events in the console: what became of each, processing again, channels for lines."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from chat.models import AuditEntry, Channel, Message
from provider.models import WebhookEvent
from provider.services import webhooks
from tests.chat.conftest import person
from tests.conftest import Customer, user_text

LIST = "/supervisor/chat/eventos/"
OTHER_LINE = "5541911112222"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpc29ib3QifQ.c2lnbmF0dXJl"


@pytest.fixture
def console(house: None) -> Client:
    client = Client()
    client.force_login(person("supervisor"))
    return client


def page(event: WebhookEvent) -> str:
    return f"{LIST}ver,{event.pk}"


def replay(event: WebhookEvent) -> str:
    return f"{LIST}reprocessar,{event.pk}"


def make_channel(event: WebhookEvent) -> str:
    return f"{LIST}criar-canal,{event.pk}"


def shown(answer: Any) -> str:
    return unescape(re.sub(r"<[^>]*>", "", answer.content.decode()))


def numbers(answer: Any) -> list[int]:
    """The events a list shows, in its order."""
    return [
        int(found) for found in re.findall(rf'href="{LIST}ver,(\d+)">#', answer.content.decode())
    ]


def from_other_line(customer: Customer, text: str = "Oi") -> WebhookEvent:
    return customer.event(user_text(text, WHATSAPP_NUMBER=OTHER_LINE))


def test_events_are_listed_newest_first_with_state_and_reason(
    console: Client, customer: Customer
) -> None:
    good, bad = customer.event(user_text("Oi")), customer.event(b"nope")
    answer = console.get(LIST)
    assert numbers(answer) == [bad.pk, good.pk]
    assert str(bad.reason) in shown(answer)
    assert f'aria-label="{bad.pk}' not in answer.content.decode()


def test_an_empty_list_says_so(console: Client) -> None:
    answer = console.get(LIST)
    assert numbers(answer) == []
    assert b"day-bar" not in answer.content
    assert b'class="panel empty"' in answer.content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("estado=discarded", ["bad"]),
        ("estado=processed", ["good"]),
        ("estado=dead", []),
        ("estado=nonsense", ["bad", "good"]),
        ("q={good}", ["good"]),
        ("q=UNKNOWN-ID-7", ["bad"]),
        ("q=nothing-like-it", []),
        ("de=2020-01-01", ["bad", "good"]),
        ("ate=2020-01-01", []),
        ("de=9999-12-31&ate=9999-12-31", []),
        ("de=x&ate=-1", ["bad", "good"]),
        ("q=%00", ["bad", "good"]),
    ],
)
def test_the_list_is_filtered(
    console: Client, customer: Customer, query: str, found: list[str]
) -> None:
    good = customer.event(user_text("Oi"))
    bad = customer.event(user_text("Oi", WHATSAPP_NUMBER=OTHER_LINE, _id_="UNKNOWN-ID-7"))
    of = {"good": good.pk, "bad": bad.pk}
    assert numbers(console.get(f"{LIST}?{query.format(**of)}")) == [of[name] for name in found]


def test_the_list_goes_on_over_pages(console: Client, customer: Customer) -> None:
    for number in range(51):
        customer.post({"type": "event", "number": number})
    assert len(numbers(console.get(LIST))) == 50
    assert len(numbers(console.get(f"{LIST}?pagina=2"))) == 1


def test_the_picture_of_the_day_counts_each_state_without_inline_style(
    console: Client, customer: Customer
) -> None:
    customer.event(user_text("Oi"))
    customer.event(b"nope")
    old = customer.event(b"older")
    WebhookEvent.objects.filter(pk=old.pk).update(received_at="2020-01-01T00:00:00Z")
    text = console.get(LIST).content.decode()
    picture = text[text.index("day-bar") : text.index("day-legend")]
    assert picture.count("<rect") == 2
    assert 'width="500"' in picture
    assert "style=" not in text
    assert re.findall(r"<strong>(\d+)</strong>", text) == ["0", "1", "1", "0"]


def test_an_events_page_shows_what_came_and_what_was_not_applied(
    console: Client, customer: Customer
) -> None:
    event = customer.event(
        {"type": "message", "messages": [user_text("um"), user_text("dois", contactId="")]}
    )
    text = shown(console.get(page(event)))
    assert str(event.reason) in text
    assert "Maria Souza" in text
    assert '"message": "dois"' in text
    assert "application/json" in text


@pytest.mark.parametrize("fields", [{"fromName": "\u202eMia\nReis"}, {"fromName": "\u200b"}])
def test_a_name_does_not_turn_its_sentence_around(
    console: Client, customer: Customer, fields: dict[str, str]
) -> None:
    told = shown(console.get(page(customer.event(user_text("Oi", **fields)))))
    assert ("de Mia Reis" in told) == ("Mia" in fields["fromName"])
    assert ("de 5541988887777" in told) == ("Mia" not in fields["fromName"])


def test_phones_are_shown_and_tokens_are_not(console: Client, customer: Customer) -> None:
    secrets = {"accessToken": "s3cret-value", "note": f"x {JWT}", "url": "https://a/?token=abc123"}
    event = customer.event(user_text("Oi", **secrets, password='with "quotes" inside'))
    text = console.get(page(event)).content.decode()
    for secret in ("s3cret-value", "eyJ", "abc123", "quotes"):
        assert secret not in text
    assert event.body
    assert "5541988887777" in text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b"x" * 300_000,
        b'{"a": "' + b"eyJ" * 90_000 + b'"}',
    ],
    ids=range(7),
)
def test_any_body_has_a_page(console: Client, customer: Customer, body: bytes) -> None:
    answer = console.get(page(customer.event(body)))
    assert answer.status_code == 200
    assert len(answer.content) < 120_000


def test_what_customers_write_is_text(console: Client, customer: Customer) -> None:
    bad = "<script>alert(1)</script>"
    event = customer.event(user_text(bad, fromName=bad, _id_=bad, WHATSAPP_NUMBER=OTHER_LINE))
    for address in (LIST, page(event)):
        assert b"<script>alert" not in console.get(address).content


@pytest.mark.parametrize("number", [999, 2**70])
def test_an_event_that_is_not_there_is_404(console: Client, number: int) -> None:
    for address in ("ver", "reprocessar", "criar-canal"):
        method = console.get if address == "ver" else console.post
        assert method(f"{LIST}{address},{number}").status_code == 404


def test_processing_again_applies_what_was_not_applied(console: Client, customer: Customer) -> None:
    event = from_other_line(customer)
    Channel.objects.create(
        kind="whatsapp",
        key="w2",
        adapter="botmaker",
        line=OTHER_LINE,
        menu=Channel.objects.get(kind="whatsapp").menu,
    )
    answer = console.post(replay(event))
    assert answer["Location"] == page(event)
    customer.drain()
    event.refresh_from_db()
    assert event.state == "processed"
    assert Message.objects.get(direction="in").text == "Oi"
    entry = AuditEntry.objects.get(what="event_replayed")
    assert entry.by == person("supervisor")
    assert str(event.pk) in entry.about


def test_what_already_took_effect_is_not_repeated(console: Client, customer: Customer) -> None:
    event = customer.event(user_text("Oi"))
    for _ in range(2):
        console.post(replay(event))
        customer.drain()
    assert Message.objects.filter(direction="in").count() == 1
    assert Message.objects.filter(author="bot").count() == 1


def test_a_dead_event_is_brought_back(console: Client, customer: Customer) -> None:
    event = customer.event(user_text("Oi"))
    WebhookEvent.objects.filter(pk=event.pk).update(state="dead", tries=webhooks.MAX_TRIES)
    console.post(replay(event))
    event.refresh_from_db()
    assert (event.state, event.tries) == ("received", 0)


def test_an_event_in_line_is_not_put_there_twice(console: Client, customer: Customer) -> None:
    customer.post(user_text("Oi"))
    event = WebhookEvent.objects.get()
    assert replay(event) not in console.get(page(event)).content.decode()
    assert b"alert-danger" in console.post(replay(event), follow=True).content
    assert not AuditEntry.objects.exists()


def test_a_channel_is_made_for_the_line_and_the_event_takes_effect(
    console: Client, customer: Customer
) -> None:
    event = from_other_line(customer)
    assert make_channel(event) in console.get(page(event)).content.decode()
    data = {"line": f"whatsapp:{OTHER_LINE}"}
    answer = console.post(make_channel(event), data, follow=True)
    made = Channel.objects.get(line=OTHER_LINE)
    assert made.menu.default
    assert OTHER_LINE in shown(answer)
    customer.drain()
    event.refresh_from_db()
    assert event.state == "processed"
    assert Message.objects.get(direction="in").channel == made
    assert list(AuditEntry.objects.values_list("what", flat=True).order_by("id")) == [
        "added",
        "event_replayed",
    ]


def test_the_channel_is_made_once_however_often_it_is_asked_for(
    console: Client, customer: Customer
) -> None:
    event = from_other_line(customer)
    data = {"line": f"whatsapp:{OTHER_LINE}"}
    console.post(make_channel(event), data)
    assert b"alert-danger" in console.post(make_channel(event), data, follow=True).content
    assert Channel.objects.filter(line=OTHER_LINE).count() == 1
    assert AuditEntry.objects.filter(what="added").count() == 1


def test_a_line_that_got_a_channel_meanwhile_is_not_offered(
    console: Client, customer: Customer
) -> None:
    event, other = from_other_line(customer), from_other_line(customer, "Oi?")
    console.post(make_channel(event), {"line": f"whatsapp:{OTHER_LINE}"})
    text = console.get(page(other)).content.decode()
    assert make_channel(other) not in text
    assert replay(other) in text


@pytest.mark.parametrize("line", ["", "whatsapp:5541900000000", "telegram:1", "nonsense"])
def test_only_a_line_the_event_names_gets_a_channel(
    console: Client, customer: Customer, line: str
) -> None:
    event, before = from_other_line(customer), Channel.objects.count()
    assert b"alert-danger" in console.post(make_channel(event), {"line": line}, follow=True).content
    assert Channel.objects.count() == before


def test_an_event_with_another_reason_offers_no_channel(
    console: Client, customer: Customer
) -> None:
    event, before = customer.event(user_text("Oi", contactId="")), Channel.objects.count()
    assert make_channel(event) not in console.get(page(event)).content.decode()
    console.post(make_channel(event), {"line": "whatsapp:5541999990000"})
    assert Channel.objects.count() == before


def test_a_number_of_another_provider_is_not_given_a_second_channel(
    console: Client, customer: Customer
) -> None:
    event = from_other_line(customer)
    menu = Channel.objects.get(kind="whatsapp").menu
    Channel.objects.create(kind="whatsapp", key="w2", adapter="direct", line=OTHER_LINE, menu=menu)
    answer = console.post(make_channel(event), {"line": f"whatsapp:{OTHER_LINE}"}, follow=True)
    assert b"alert-danger" in answer.content
    assert Channel.objects.filter(line=OTHER_LINE).count() == 1


@pytest.mark.parametrize("username", ["atendente", "atendente2"])
def test_events_are_for_supervisors(customer: Customer, username: str) -> None:
    event = from_other_line(customer)
    client = Client()
    client.force_login(person(username))
    assert client.get(LIST).status_code == 403
    assert client.get(page(event)).status_code == 403
    assert client.post(replay(event)).status_code == 403
    data = {"line": f"whatsapp:{OTHER_LINE}"}
    assert client.post(make_channel(event), data).status_code == 403
    assert not Channel.objects.filter(line=OTHER_LINE).exists()
    assert WebhookEvent.objects.get().state == "discarded"


def test_looking_changes_nothing(console: Client, customer: Customer) -> None:
    event = from_other_line(customer)
    assert console.get(replay(event)).status_code == 405
    assert console.get(make_channel(event)).status_code == 405
    console.get(page(event))
    event.refresh_from_db()
    assert event.state == "discarded"
