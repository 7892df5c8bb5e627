"""Turns the messages of an API v2 request into what a phone can show."""

from collections.abc import Mapping
from typing import Any

from .customers import Customer
from .delivery import Outgoing

MOST_ROWS = 10
_CONTENT = ("text", "media", "location", "contact", "whatsappInteractive")


class ContentFault(ValueError):
    """A message the provider could not send although its shape is right."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(message)
        self.source = source


def compose(customer: Customer, message: Mapping[str, Any], source: str, tx_id: str) -> Outgoing:
    """One message of `send-messages`; `source` names it in faults."""
    _check(customer, message, source)
    interactive, text = message.get("whatsappInteractive"), str(message.get("text") or "")
    shown: Mapping[str, object] | None
    if interactive:
        text = text or str(interactive.get("body") or "")
        shown = _interactive(interactive, source)
    else:
        shown = _buttons(message.get("buttons"))
    return Outgoing(
        customer=customer,
        text=text,
        api="v2",
        interactive=shown,
        attachments=_attachments(message, source),
        payload=message.get("webhookPayload"),
        tx_id=tx_id,
    )


def media_kind(mime_type: str) -> str:
    """The webhook key a MIME type goes under."""
    kind = mime_type.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "file"


def _check(customer: Customer, message: Mapping[str, Any], source: str) -> None:
    if not any(_has_content(message.get(name)) for name in _CONTENT):
        raise ContentFault(source, "a message needs a content")
    media = message.get("media")
    if media is not None and not (media.get("url") and media.get("mimeType")):
        raise ContentFault(f"{source}.media", "media needs a url and a mimeType")
    if customer.channel.platform != "whatsapp":
        for name in ("contact", "whatsappInteractive"):
            if name in message:
                raise ContentFault(f"{source}.{name}", "only WhatsApp has this content")


def _has_content(value: Any) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _attachments(message: Mapping[str, Any], source: str) -> list[Mapping[str, object]]:
    attachments: list[Mapping[str, object]] = []
    media = message.get("media")
    if media:
        kind = media_kind(media["mimeType"])
        attachments.append({"kind": kind, **media})
    if message.get("location"):
        attachments.append(
            {"kind": "location", "value": _placed(message["location"], f"{source}.location")}
        )
    if message.get("contact"):
        attachments.append({"kind": "contact", "value": _card(message["contact"])})
    return attachments


def _placed(location: Mapping[str, Any], source: str) -> dict[str, object]:
    """As webhooks tell it: with numbers, which requests write as text."""
    try:
        at = float(location["latitude"]), float(location["longitude"])
    except (KeyError, ValueError):
        raise ContentFault(source, "a location needs a latitude and a longitude") from None
    if not (abs(at[0]) <= 90 and abs(at[1]) <= 180):
        raise ContentFault(source, "a location outside of the world")
    return {**location, "latitude": at[0], "longitude": at[1]}


def _card(contact: Mapping[str, Any]) -> dict[str, object]:
    """As webhooks tell it, which is Meta's shape."""
    names = (contact.get(part) for part in ("firstName", "middleName", "lastName"))
    card: dict[str, object] = {"name": {"formatted_name": " ".join(filter(None, names))}}
    for name, one in (("phones", "phone"), ("emails", "email")):
        if contact.get(name):
            card[name] = [{one: value} for value in contact[name]]
    return card


def _buttons(buttons: Any) -> Mapping[str, object] | None:
    if not buttons:
        return None
    options = [
        {"label": button.get("label", ""), "payload": button.get("intent", "")}
        for button in buttons
    ]
    return {"type": "buttons", "options": options}


def _interactive(block: Mapping[str, Any], source: str) -> Mapping[str, object]:
    place = f"{source}.whatsappInteractive"
    action = block.get("action")
    if not action or not block.get("body"):
        raise ContentFault(place, "an interactive message needs a body and an action")
    frame = {"header": block.get("header"), "footer": block.get("footer")}
    match action.get("type"):
        case "intent":
            _need(action, f"{place}.action", "buttons")
            return {**(_buttons(action["buttons"]) or {}), **frame}
        case "list":
            _need(action, f"{place}.action", "button", "sections")
            options = _rows(action, place)
            return {"type": "list", "button": action["button"], "options": options, **frame}
        case "url":
            _need(action, f"{place}.action", "urlLink", "label")
            return {"type": "url", "label": action["label"], "url": action["urlLink"], **frame}
        case "requestLocation":
            if block.get("header") or block.get("footer"):
                raise ContentFault(place, "a location request has no header and no footer")
            return {"type": "request_location"}
        case _:
            raise ContentFault(f"{place}.action.type", "the type of action is missing")


def _rows(action: Mapping[str, Any], place: str) -> list[dict[str, object]]:
    rows = [
        {
            "label": row["title"],
            "payload": row["id"],
            "description": row.get("description", ""),
            "section": section.get("title", ""),
        }
        for section in action["sections"]
        for row in section["rows"]
    ]
    if len(rows) > MOST_ROWS:
        raise ContentFault(f"{place}.action.sections", f"at most {MOST_ROWS} rows in total")
    if len({row["payload"] for row in rows}) < len(rows):
        raise ContentFault(f"{place}.action.sections", "two rows have the same id")
    return rows


def _need(action: Mapping[str, Any], place: str, *names: str) -> None:
    for name in names:
        if not action.get(name):
            raise ContentFault(f"{place}.{name}", "required for this type of action")
