"""Whether each step of the guide is done, and what shows it: the cards of Setup chat.

A step is one function here, in the guide's order. It answers what was expected and what was
found; a row that exists is not yet a step that works, so what can be proven by the provider is
ready only once the provider said so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.console import direct_channels
from chat.console.cards import ATTENTION, MISSING, READY, Card, Text
from chat.models import AuditEntry, Channel, Classification, Contact, Membership, Message
from chat.models.message import Author
from chat.services import classifications
from parameters import store
from parameters.catalogue import ISOCHATBOT, SMTPCONFIG
from parameters.keys import Key
from parameters.models import STANDARD_USER, Detail, ParameterUser
from provider import gateway
from provider.contracts import ChannelKind

Step = Callable[[], Card | None]
STEPS: list[Step] = []


def step(function: Step) -> Step:
    STEPS.append(function)
    return function


def cards() -> list[Card]:
    """The cards of the steps there are here."""
    return [card for one in STEPS if (card := one()) is not None]


def missing(found: Sequence[Card]) -> list[Card]:
    """What keeps the guide's path from working."""
    return [card for card in found if card.state == MISSING]


@step
def anonymous() -> Card:
    contact = Contact.objects.filter(anonymous=True).first()
    return Card(
        "anonymous",
        gettext_lazy("Customer “anônimo” registered"),
        gettext_lazy("Conversations of people nobody knows yet belong to this contact."),
        READY if contact else MISSING,
        gettext_lazy("One contact marked as anonymous"),
        contact.name if contact else _("None"),
        contact.created_at if contact else None,
    )


@step
def mail() -> Card:
    state, found, at = _mail_proof()
    return Card(
        "mail",
        gettext_lazy("Parameter “SMTPCONFIG” configured and active"),
        gettext_lazy("Mail about token failures and new passwords. Conversations work without it."),
        state,
        gettext_lazy("HOST and REMETENTE, and a test mail the server took"),
        found,
        at,
        action=gettext_lazy("Open SMTPCONFIG"),
        url=_parameter("SMTPCONFIG"),
    )


def _mail_proof() -> tuple[str, str, datetime | None]:
    """Whether the mail server took a test with the very settings that are filled in."""
    names = (SMTPCONFIG.HOST, SMTPCONFIG.REMETENTE)
    lacking = [key.name for key in names if not store.read(key)]
    if lacking:
        return ATTENTION, _("Missing: %(names)s") % {"names": ", ".join(lacking)}, None
    tested = AuditEntry.objects.filter(what="mail_tested").first()
    rows = Detail.objects.filter(user__parameter__name__iexact="SMTPCONFIG")
    changed = rows.aggregate(at=Max("updated_at"))["at"]
    if tested is None or tested.at < changed:
        return ATTENTION, _("Not tested yet"), None
    if tested.data.get("result") != "sent":
        return ATTENTION, _("The last test failed"), tested.at
    return READY, _("The mail server took the test"), tested.at


@step
def access() -> Card:
    state, found = _proof()
    incident = next(iter(gateway.open_incidents(gateway.MAIN_ADAPTER)), None)
    return Card(
        "access",
        gettext_lazy("Access to the provider"),
        gettext_lazy("An authenticated call shows that the provider accepts the token."),
        state,
        gettext_lazy("The provider accepts the token"),
        found,
        incident.last_seen_at if incident else gateway.account_state().checked_at,
    )


def _proof() -> tuple[str, str]:
    """Whether the provider took the very token that is filled in."""
    account = gateway.account_state()
    incident = next(iter(gateway.open_incidents(gateway.MAIN_ADAPTER)), None)
    if not account.has_token:
        return MISSING, _("No token yet")
    if incident is not None:
        return MISSING, str(incident.happened)
    changed_at = _changed_at(ISOCHATBOT.PROVEDOR_TOKEN)
    if gateway.has_taken_since(changed_at):
        return READY, _("The provider accepted a message with the token")
    if account.checked_at is None:
        return MISSING, _("Not tested yet")
    if account.checked_at < changed_at:
        return MISSING, _("Not tested since the token was changed")
    return READY, _("The provider accepted the token")


def _changed_at(key: Key[Any]) -> datetime:
    """When the detail that counts was written, to the second: PROVEDOR_DATE is no finer."""
    row = store.effective_row(key)
    return row.updated_at.replace(microsecond=0) if row else datetime.min.replace(tzinfo=UTC)


@step
def webhook() -> Card:
    last = gateway.events().order_by("-id").first()
    has_token = bool(store.read(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN))
    if not has_token:
        state, found = MISSING, _("No token yet: add the user ISOPADRAO to ISOCHATBOT")
    elif last is None:
        state, found = MISSING, _("No event received yet")
    elif last.received_at < _changed_at(ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN):
        state, found = MISSING, _("No event received since the token was changed")
    else:
        state, found = READY, _("Event received")
    return Card(
        "webhook",
        gettext_lazy("Webhook configured at the provider"),
        gettext_lazy("The provider posts every message to this address, with this token."),
        state,
        gettext_lazy("An event with the right token"),
        found,
        last.received_at if last else None,
    )


@step
def human() -> Card:
    return _classification(
        "human",
        gettext_lazy("PASSO 1: classification for human service"),
        gettext_lazy("Where conversations wait for an agent, for example WhatsApp."),
        Classification.Kind.HUMAN,
    )


@step
def bot() -> Card:
    return _classification(
        "bot",
        gettext_lazy("PASSO 2: classification “ISOCHAT BOT”"),
        gettext_lazy("Where conversations are while the isoBot answers."),
        Classification.Kind.BOT,
    )


def _classification(name: str, title: Text, sentence: Text, kind: str) -> Card:
    rows = Classification.objects.filter(kind=kind, active=True)
    found = ", ".join(f"{one.description} ({one.code})" for one in rows[:5])
    return Card(
        name,
        title,
        sentence,
        READY if found else MISSING,
        gettext_lazy("At least one, active"),
        found or _("None yet"),
        action=gettext_lazy("Open the classifications") if found else gettext_lazy("Include"),
        url=reverse("console-classificacao" if found else "console-classificacao-add"),
    )


@step
def parameter() -> Card:
    user = (
        ParameterUser.objects.filter(
            parameter__name__iexact="ISOCHATBOT", name__iexact=STANDARD_USER
        )
        .select_related("parameter")
        .first()
    )
    if user is None:
        state, found = MISSING, _("Not there yet")
    elif not (user.active and user.parameter.active):
        state, found = MISSING, _("Not active")
    else:
        state, found = READY, str(user)
    return Card(
        "parameter",
        gettext_lazy("PASSO 3: parameter “ISOCHATBOT” with the user “ISOPADRAO”"),
        gettext_lazy("What the isoBot and the provider need is read from this user's details."),
        state,
        "ISOCHATBOT › ISOPADRAO",
        found,
        action=gettext_lazy("Open the parameter"),
        url=_parameter("ISOCHATBOT"),
    )


@step
def human_code() -> Card:
    return _code(ISOCHATBOT.CLASS_CHAT_ATENDIMENTO, Classification.Kind.HUMAN)


@step
def bot_code() -> Card:
    return _code(ISOCHATBOT.CLASS_CHAT_BOT, Classification.Kind.BOT)


def _code(key: Key[int | None], kind: str) -> Card:
    code = store.read(key)
    problem = None if code is None else classifications.problem_with(kind, code)
    named = Classification.objects.filter(pk=code).first() if code is not None else None
    if code is None:
        found = _("No code")
    elif problem:
        found = str(problem)
    else:
        found = f"{named} ({code})"
    return Card(
        key.name,
        key.name,
        key.label,
        MISSING if code is None or problem else READY,
        gettext_lazy("Code of an active classification of this type"),
        found,
        action=gettext_lazy("Open the detail"),
        url=_detail(key),
    )


@step
def token() -> Card:
    state, found = _proof()
    return Card(
        "PROVEDOR_TOKEN",
        "PROVEDOR_TOKEN",
        gettext_lazy("“Acessar Token” (Access Token) of the provider."),
        state,
        gettext_lazy("The token, in Observação or Resposta"),
        found,
        action=gettext_lazy("Open the detail"),
        url=_detail(ISOCHATBOT.PROVEDOR_TOKEN),
    )


@step
def renewal() -> Card:
    lacking = gateway.account_state().missing
    return Card(
        "renewal",
        "PROVEDOR_REFRESHTOKEN, PROVEDOR_SECRET_ID, PROVEDOR_ID",
        gettext_lazy(
            "With these the token is renewed by itself; without them it will end one day."
        ),
        ATTENTION if lacking else READY,
        gettext_lazy("All three filled in"),
        _("Missing: %(names)s") % {"names": ", ".join(lacking)} if lacking else _("Filled in"),
        action=gettext_lazy("Open the parameter"),
        url=_parameter("ISOCHATBOT"),
        links=[(name, _detail(ISOCHATBOT.keys[name])) for name in lacking],
    )


@step
def phone() -> Card:
    line = store.read(ISOCHATBOT.PROVEDOR_PHONE)
    needed = not Channel.objects.filter(active=True).exclude(kind=ChannelKind.WHATSAPP).exists()
    return Card(
        "PROVEDOR_PHONE",
        "PROVEDOR_PHONE",
        gettext_lazy(
            "The number registered as WhatsApp Business. "
            "Instagram, Messenger and Telegram work without one."
        ),
        READY if line else (MISSING if needed else ATTENTION),
        "5541999999999",
        line or _("Empty"),
        action=gettext_lazy("Open the detail"),
        url=_detail(ISOCHATBOT.PROVEDOR_PHONE),
    )


@step
def account_id() -> Card:
    values = (store.read(ISOCHATBOT.PROVEDOR_ID), store.read(ISOCHATBOT.PROVEDOR_ACCOUNT))
    return Card(
        "PROVEDOR_ACCOUNT",
        "PROVEDOR_ACCOUNT",
        gettext_lazy("“Id do usuário” on the provider's page Provedor API."),
        READY if any(values) else MISSING,
        gettext_lazy("PROVEDOR_ACCOUNT or PROVEDOR_ID"),
        next(filter(None, values), _("Empty")),
        action=gettext_lazy("Open the detail"),
        url=_detail(ISOCHATBOT.PROVEDOR_ACCOUNT),
    )


@step
def agents() -> Card:
    serving = classifications.for_people()
    rows = Membership.objects.filter(classification=serving, user__is_active=True)
    count = rows.count() if serving else 0
    return Card(
        "agents",
        gettext_lazy("4º Passo: agents included in the classification"),
        gettext_lazy("Who answers what waits in the classification for human service."),
        READY if count else MISSING,
        gettext_lazy("At least one active agent"),
        _("%(count)d in %(name)s") % {"count": count, "name": serving or "—"},
        action=gettext_lazy("Include agents"),
        url=reverse("console-classificacao-atendentes", args=[serving.pk])
        if serving
        else reverse("console-classificacao"),
    )


@step
def tried() -> Card:
    answered = Message.objects.filter(
        author=Author.AGENT, status__in=["sent", "delivered", "read"]
    ).order_by("-id")
    last = answered.first()
    return Card(
        "tried",
        gettext_lazy("The test: message, isoBot, agent, answer"),
        gettext_lazy(
            "Send a message to the number, ask the isoBot for an agent, answer in the Omnichannel."
        ),
        READY if last else MISSING,
        gettext_lazy("An agent's answer the provider took"),
        _("Tested and approved") if last else _("No answer sent yet"),
        last.created_at if last else None,
        action=gettext_lazy("Open the Omnichannel"),
        url=reverse("omnichannel"),
    )


def _parameter(name: str) -> str:
    return f"{reverse('console-parameter-open')}?{urlencode({'parametro': name})}"


def _detail(key: Key[Any]) -> str:
    """Where the detail is edited, or added where nobody added it yet."""
    query = urlencode({"parametro": key.parameter, "pergunta": key.name})
    return f"{reverse('console-parameter-open')}?{query}"


step(direct_channels.card)
