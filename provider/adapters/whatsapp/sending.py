"""What is sent by the Cloud API."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from provider import choices, http
from provider.adapters.whatsapp.answers import refusal
from provider.adapters.whatsapp.templates import parameters
from provider.contracts import (
    Content,
    Credentials,
    OutboundMessage,
    OutboundTemplate,
    Person,
    Place,
    Receipt,
)
from provider.errors import AmbiguousError
from provider.meta import GRAPH_VERSION

Body = dict[str, Any]
MAX_BUTTONS, BUTTON_TITLE, MAX_BUTTON_TEXT = 3, 20, 1024
KINDS = {
    Content.IMAGE: "image",
    Content.AUDIO: "audio",
    Content.VIDEO: "video",
    Content.DOCUMENT: "document",
}


def sent(message: OutboundMessage, credentials: Credentials) -> Receipt:
    answer = http.call(
        "POST",
        f"{address(credentials)}/messages",
        headers={"Authorization": f"Bearer {credentials['access_token']}"},
        payload={
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **_recipient(message.recipient),
            **_context(message.reply_to),
            **_content(message),
            # Comes back with the statuses, which may overtake the answer to this call.
            "biz_opaque_callback_data": str(message.reference),
        },
    )
    if answer.status != 200 or "error" in answer.object:
        raise refusal(answer)
    messages = answer.object.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    message_id = first.get("id") if isinstance(first, dict) else None
    if not isinstance(message_id, str) or not message_id:
        raise AmbiguousError("the answer holds no id")
    return Receipt(external_id=message_id)


def address(credentials: Credentials) -> str:
    number = quote(credentials["phone_number_id"], safe="")
    return f"{credentials['graph_url']}/{GRAPH_VERSION}/{number}"


def _recipient(recipient: str) -> Body:
    """With a plus: without it the company's own country code is put before the number."""
    if recipient.isascii() and recipient.isdigit():
        return {"to": f"+{recipient}"}
    return {"recipient": recipient}


def _context(reply_to: str) -> Body:
    return {"context": {"message_id": reply_to}} if reply_to else {}


def _content(message: OutboundMessage) -> Body:
    if message.template is not None:
        return {"type": "template", "template": _template(message.template)}
    if message.place is not None:
        return {"type": "location", "location": _place(message.place)}
    if message.people:
        return {"type": "contacts", "contacts": [_card(person) for person in message.people]}
    if message.choices:
        return {"type": "interactive", "interactive": _choices(message)}
    if message.file is None:
        return {"type": "text", "text": {"body": message.text, "preview_url": True}}
    kind = KINDS.get(message.file.content, "document")
    media = {"link": message.file.url}
    if message.text and kind != "audio":
        media["caption"] = message.text
    if kind == "document" and message.file.name:
        media["filename"] = message.file.name
    return {"type": kind, kind: media}


def _place(place: Place) -> Body:
    named = {"name": place.name, "address": place.address}
    degrees = {"latitude": place.latitude, "longitude": place.longitude}
    return {**degrees, **{name: said for name, said in named.items() if said}}


def _card(person: Person) -> Body:
    # Besides the formatted name one more part of it is required. Without a `wa_id`, which would
    # claim that the number is on WhatsApp, the customer is offered to save or call it.
    card: Body = {"name": {"formatted_name": person.name, "first_name": person.name}}
    if person.phones:
        card["phones"] = [{"phone": phone, "type": "CELL"} for phone in person.phones]
    if person.emails:
        card["emails"] = [{"email": email, "type": "WORK"} for email in person.emails]
    return card


def _choices(message: OutboundMessage) -> Body:
    """Buttons where few choices fit them whole; a list, whose rows say more, for all others."""
    body = {"text": message.text}
    if _fit_buttons(message):
        buttons = [
            {"type": "reply", "reply": {"id": one.id, "title": one.title}}
            for one in message.choices
        ]
        return {"type": "button", "body": body, "action": {"buttons": buttons}}
    section = {"title": choices.LIST_LABEL, "rows": choices.rows(message.choices)}
    return {
        "type": "list",
        "body": body,
        "action": {"button": choices.LIST_LABEL, "sections": [section]},
    }


def _fit_buttons(message: OutboundMessage) -> bool:
    titles = {one.title for one in message.choices if len(one.title) <= BUTTON_TITLE}
    is_few = len(message.choices) <= MAX_BUTTONS
    # Every title whole, and no two alike, which are refused.
    return is_few and len(titles) == len(message.choices) and len(message.text) <= MAX_BUTTON_TEXT


def _template(template: OutboundTemplate) -> Body:
    made: Body = {"name": template.name, "language": {"code": template.language}}
    if components := parameters(template.params):
        made["components"] = components
    return made
