"""The templates of an account at Botmaker, which are WhatsApp's (API v2, /whatsapp/templates)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from provider import http
from provider.adapters.botmaker.sending import refusal
from provider.contracts import Credentials, storable
from provider.errors import AmbiguousError
from provider.templates import Template, TemplateDraft, TemplateState

# ACCOUNT_PENDING and BOTMAKER_PENDING wait for somebody; so does every word not known.
_STATES = {"APPROVED": TemplateState.APPROVED, "REJECTED": TemplateState.REJECTED}


def listed(credentials: Credentials) -> list[Template]:
    answer = _call("GET", "", credentials)
    items = answer.object.get("items")
    if answer.status != 200:
        raise refusal(answer)
    if not isinstance(items, list):
        raise AmbiguousError("the answer holds no list", code=str(answer.status))
    found = [_template(item) for item in items if isinstance(item, dict)]
    return [template for template in found if template.name]


def created(draft: TemplateDraft, credentials: Credentials) -> Template:
    body: dict[str, Any] = {
        "name": draft.name,
        "locale": draft.language,
        "category": draft.category,
        "body": {"text": draft.body},
    }
    optional = {
        "phoneLineNumber": draft.line,
        "botName": draft.bot,
        "optInImage": draft.image,
        "header": {"format": "TEXT", "text": draft.header} if draft.header else None,
        "footer": {"text": draft.footer} if draft.footer else None,
        "buttons": [
            {"type": "QUICK_REPLY", "text": label, "webhookPayload": label}
            for label in draft.buttons
        ],
    }
    body.update({name: value for name, value in optional.items() if value})
    answer = _call("POST", "", credentials, body)
    if answer.status not in (200, 201):
        raise refusal(answer)
    template = _template(answer.object)
    if not template.name:
        raise AmbiguousError("the answer holds no template", code=str(answer.status))
    return template


def deleted(name: str, credentials: Credentials) -> None:
    answer = _call("DELETE", f"/{quote(name, safe='')}", credentials)
    if answer.status not in (200, 204, 404):
        raise refusal(answer)


def _call(method: str, path: str, credentials: Credentials, payload: Any = None) -> http.Answer:
    return http.call(
        method,
        f"{credentials['v2_url']}/whatsapp/templates{path}",
        headers={"access-token": credentials["access_token"]},
        payload=payload,
    )


def _template(item: dict[str, Any]) -> Template:
    header, buttons = item.get("header"), item.get("buttons")
    labels = [_text(button.get("text")) for button in _objects(buttons)]
    notes = [_text(note.get("text") or note.get("message")) for note in _objects(item.get("notes"))]
    return Template(
        name=_text(item.get("name"))[:512],
        language=_text(item.get("locale"))[:20],
        state=_STATES.get(_text(item.get("state")), TemplateState.PENDING),
        body=_unquoted(_inner(item.get("body"))),
        header=_inner(header),
        footer=_inner(item.get("footer")),
        category=_text(item.get("category"))[:40],
        buttons=tuple(label for label in labels if label),
        note="; ".join(note for note in notes if note)[:300],
    )


def _inner(part: object) -> str:
    return _text(part.get("text")) if isinstance(part, dict) else ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return storable(value).strip() if isinstance(value, str) else ""


def _unquoted(text: str) -> str:
    """The body without the quotes it may come in."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
