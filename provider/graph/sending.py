"""What is sent through a page or an Instagram account, and what the answers mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from provider import choices, http
from provider.channels import FACTS
from provider.contracts import Cause, Content, OutboundMessage, Receipt, storable
from provider.errors import AmbiguousError, RejectedError
from provider.graph.errors import refusal
from provider.meta import GRAPH_VERSION

MAX_TITLE, MAX_PAYLOAD = 20, 1000
TYPES = {
    Content.IMAGE: "image",
    Content.AUDIO: "audio",
    Content.VIDEO: "video",
    Content.DOCUMENT: "file",
}


def address(base: str, account: str) -> str:
    """Where the page or account is at the API."""
    return f"{base.rstrip('/')}/{GRAPH_VERSION}/{quote(account, safe='')}"


def send(message: OutboundMessage, url: str, token: str, *, metadata: str = "") -> Receipt:
    """Hand one message over. `metadata` comes back in its echo, where the channel has that."""
    content = _content(message)
    if metadata:
        content["metadata"] = metadata
    payload: dict[str, Any] = {
        "recipient": {"id": message.recipient},
        "messaging_type": "RESPONSE",
        "message": content,
    }
    if message.reply_to:
        payload["reply_to"] = {"mid": message.reply_to}
    answer = http.call("POST", f"{url}/messages", headers=_signed(token), payload=payload)
    message_id = answer.object.get("message_id")
    if answer.status == 200 and isinstance(message_id, str) and message_id:
        return Receipt(external_id=storable(message_id))
    raise refusal(answer)


def _content(message: OutboundMessage) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if message.template is not None:
        raise RejectedError("templates are not sent on this channel", cause=Cause.TEMPLATE)
    if message.file is not None:
        kind = TYPES.get(message.file.content)
        if kind is None or message.text:
            raise RejectedError("a file goes alone on this channel", cause=Cause.CONTENT)
        content["attachment"] = {"type": kind, "payload": {"url": message.file.url}}
    else:
        facts = FACTS[message.line.kind]
        if facts.length(message.text) > facts.max_text:
            raise RejectedError("the text is longer than the channel takes", cause=Cause.CONTENT)
        content["text"] = message.text
    if replies := _quick_replies(message):
        content["quick_replies"] = replies
    return content


def _quick_replies(message: OutboundMessage) -> list[dict[str, str]]:
    """None where two would read alike once shortened: there is nothing to tell them apart by."""
    offered = message.choices[: FACTS[message.line.kind].max_choices]
    titles = [choices.shortened(choice.title, MAX_TITLE) for choice in offered]
    if len(set(titles)) < len(titles):
        return []
    return [
        {"content_type": "text", "title": title, "payload": choice.id[:MAX_PAYLOAD]}
        for choice, title in zip(offered, titles, strict=True)
    ]


def name_of(url: str, token: str, *fields: str) -> list[str]:
    """What the page, account or person is called, field by field, without those that are empty.

    Only the holder of the token is told.
    """
    asked = f"{url}?fields={','.join(fields)}"
    answer = http.call("GET", asked, headers=_signed(token))
    if answer.status != 200 or "error" in answer.object:
        raise refusal(answer)
    if not isinstance(answer.data, dict):
        raise AmbiguousError("the answer is not the provider's", code=str(answer.status))
    found = (answer.object.get(field) for field in fields)
    names = (storable(name).strip() for name in found if isinstance(name, str))
    return [name for name in names if name]


def _signed(token: str) -> dict[str, str]:
    # Never in the address: addresses end up in logs on the way.
    return {"Authorization": f"Bearer {token}"}
