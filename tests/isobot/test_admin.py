"""Django's administration: every model, every page and search, and no secret anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from chat.models import (
    ApiToken,
    Attachment,
    Contact,
    ContactLink,
    ContactPhone,
    EContactType,
    PhoneType,
    Profile,
    Submission,
)
from chat.services import access, audit
from isobot import health
from isobot.models import Tries
from parameters.models import Detail, ParameterUser
from provider.models import (
    ChannelCredentials,
    EventTie,
    Incident,
    Lane,
    MessageTemplate,
    SendingPause,
    WebhookEvent,
)
from tests.chat.conftest import person, served
from tests.conftest import FULL, WEBHOOK_TOKEN, Customer
from tests.isobot.administration import CANARY, address, administrator

OURS = [model for app in ("isobot", "parameters", "provider", "chat") for model in
        apps.get_app_config(app).get_models()]  # fmt: skip
EDITABLE = {
    "Parameter", "ParameterUser", "Detail", "Channel", "Classification", "Membership", "Menu",
    "MenuOption", "Contact", "ContactPhone", "ContactEContact", "PhoneType", "EContactType",
    "Profile",
}  # fmt: skip
ODD = ["%", "a\x00b", "x" * 10_000, "a " * 5_000, "1e999"]
ODDER = ["'", '"', "\x00", "\\", "Ω é 😀"]
# Where secrets are kept or told of; of others a row shows what all of its kind show.
EACH_ROW = (Detail, ChannelCredentials, WebhookEvent)


@pytest.fixture
def client(house: None) -> Client:
    return administrator()


@pytest.fixture
def full(client: Client, customer: Customer, provider: Any) -> None:
    """At least one row of every model, and secrets where secrets are kept."""
    owner = ParameterUser.objects.get(parameter__name="ISOCHATBOT")
    for question in ("PROVEDOR_TOKEN", "PROVEDOR_REFRESHTOKEN", "PROVEDOR_SECRET_ID"):
        Detail.objects.filter(user=owner, question=question).update(answer=CANARY, note=CANARY)
    ChannelCredentials.objects.create(
        adapter="whatsapp", channel_key="x", values=json.dumps({"access_token": CANARY})
    )
    customer.says("Oi")
    customer.post({"type": "unknown", "token": WEBHOOK_TOKEN, "body": "kept"})
    conversation = served(who="5541966665555")
    customer.drain()
    event = WebhookEvent.objects.latest("id")
    EventTie.objects.create(event=event, tie="m-1")
    Lane.objects.get_or_create(name="events")
    now = timezone.now()
    Incident.objects.get_or_create(
        adapter="botmaker", kind="token_refused", defaults={"opened_at": now, "last_seen_at": now}
    )
    health.beat(health.WORKER)
    Tries.objects.create(key="x", until=now)
    access.issue(person("atendente"))
    ana = person("atendente")
    phone = ContactPhone.objects.create(
        contact=Contact.objects.create(name="Maria"), type=PhoneType.objects.all()[0], number="1"
    )
    phone.contact.econtacts.create(type=EContactType.objects.first(), address="maria@example.com")
    ContactLink.objects.create(
        conversation=conversation,
        identity=conversation.identity,
        contact=phone.contact,
        previous=conversation.contact,
        by=ana,
        at=now,
    )
    MessageTemplate.objects.create(
        adapter="botmaker", name="boas_vindas", language="pt_BR", body="Olá", seen_at=now
    )
    SendingPause.objects.create(since=now, last_restored=0)
    Attachment.objects.create(
        message=conversation.messages.first(), content="image", name="foto.jpg", created_at=now
    )
    Submission.objects.create(user=ana, location="/")
    Profile.objects.create(user=ana)
    audit.record(ana, "changed", "Algo", changes={"Resposta": ("a", "b")})


def first(model: type[Model]) -> Model:
    return model._default_manager.all()[0]


def test_every_model_of_ours_is_there() -> None:
    assert [model for model in OURS if not admin.site.is_registered(model)] == []


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_every_page_opens(full: None, client: Client, language: str) -> None:
    Profile.objects.create(user=person("admin"), language=language)
    assert client.get("/admin/").status_code == 200
    for model in OURS:
        listing = client.get(address(model, "changelist"))
        assert listing.status_code == 200, model
        if language == "en" and not FULL:
            continue  # the forms say in the language they are written in what they say above
        # A detail's form is its key's.
        for row in Detail.objects.all() if model is Detail else [first(model)]:
            assert client.get(address(model, "change", row.pk)).status_code == 200, model
        assert client.get(address(model, "history", first(model).pk)).status_code == 200, model
        adding = client.get(address(model, "add")).status_code
        assert adding == (200 if model.__name__ in EDITABLE else 403), model


def test_AU1_what_the_system_wrote_cannot_be_written_by_hand(full: None, client: Client) -> None:
    for model in OURS:
        if model.__name__ in EDITABLE:
            continue
        before = model._default_manager.count()
        row = first(model)
        assert client.post(address(model, "add"), {}).status_code == 403, model
        assert client.post(address(model, "change", row.pk), {}).status_code == 403, model
        if model is not ApiToken:
            assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
            client.post(
                address(model, "changelist"),
                {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
            )
        assert model._default_manager.count() == before, model


def test_a_token_can_be_ended(full: None, client: Client) -> None:
    token = ApiToken.objects.all()[0]
    assert token.digest not in client.get(address(ApiToken, "change", token.pk)).content.decode()
    client.post(address(ApiToken, "delete", token.pk), {"post": "yes"})
    assert not ApiToken.objects.filter(pk=token.pk).exists()


@pytest.mark.parametrize(
    "text",
    [*ODD, *(pytest.param(text, marks=pytest.mark.full) for text in ODDER)],
    ids=lambda text: ascii(text)[:12],
)
def test_IN1_any_search_is_answered(full: None, client: Client, text: str) -> None:
    for model in [*OURS, User]:
        assert admin.site.get_model_admin(model).search_fields, model
        answer = client.get(address(model, "changelist"), {"q": text})
        assert answer.status_code == 200, model


@pytest.mark.parametrize("year", ["9999", "99999999999", "0", "-1", "²", "1e999"])
def test_a_filter_by_an_impossible_year_is_a_wrong_filter(client: Client, year: str) -> None:
    for model, moment in ((WebhookEvent, "received_at"), (User, "date_joined")):
        listing = address(model, "changelist")
        answer = client.get(listing, {f"{moment}__year": year})
        assert answer.status_code in (200, 302), model
        if answer.status_code == 302:
            assert answer.headers["Location"] == f"{listing}?e=1"


def test_SE1_no_page_shows_a_secret(full: None, client: Client) -> None:
    found = []
    for model in [*OURS, User]:
        pages = [address(model, "changelist")]
        rows = model._default_manager.all()
        for row in rows if FULL or model in EACH_ROW else rows[:2]:
            pages += [address(model, page, row.pk) for page in ("change", "history")]
        found += [page for page in pages if CANARY in client.get(page).content.decode()]
    assert Detail.objects.filter(question="PROVEDOR_TOKEN")[0].answer == CANARY
    assert found == []


def test_no_search_finds_a_secret(full: None, client: Client) -> None:
    def found(model: type[Model], lookup: str, text: str) -> int:
        page = client.get(address(model, "changelist"), {lookup: text}, follow=True)
        count: int = page.context["cl"].result_count
        return count

    for model, lookups in (
        (Detail, ("q", "answer__contains", "note__startswith", "answer")),
        (ChannelCredentials, ("q", "values__contains")),
    ):
        for lookup in lookups:
            assert found(model, lookup, CANARY) == found(model, lookup, "nowhere"), lookup


def test_the_body_of_an_event_is_shown_without_the_secrets_of_the_house(
    full: None, client: Client
) -> None:
    event = WebhookEvent.objects.latest("id")
    page = client.get(address(WebhookEvent, "change", event.pk)).content.decode()
    assert "kept" in page
    assert WEBHOOK_TOKEN not in page
