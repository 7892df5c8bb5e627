"""Botmaker: HTTP API v1 and v2, and both formats of its webhooks.

Documented at help.botmaker.com ("webhook example formats", "How to Send and Receive Messages
via API") and in its OpenAPI description; what is not documented is told apart by its keys.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from provider import http
from provider.adapter import Adapter
from provider.channels import bare_id
from provider.contracts import (
    Cause,
    ChannelKind,
    Credentials,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    OutboundMessage,
    Parsed,
    Reason,
    Receipt,
    Status,
    StatusReport,
    Watermark,
    storable,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ForgedWebhook,
    RejectedError,
    RenewalRefused,
    TemporaryError,
    UnreadableBody,
)

Body = dict[str, Any]

PLATFORMS = {
    "whatsapp": ChannelKind.WHATSAPP,
    "messenger": ChannelKind.MESSENGER,
    "facebook": ChannelKind.MESSENGER,
    "instagram": ChannelKind.INSTAGRAM,
    "instagram_chat": ChannelKind.INSTAGRAM,
    "telegram": ChannelKind.TELEGRAM,
}
STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
    "error": Status.FAILED,
}
AUTHORS = {"bot": "bot", "operator": "agent", "agent": "agent"}
ATTACHMENTS = ("image", "audio", "video", "file", "location", "contacts")
# The keys under which an id of ours or of the sending job may come back; no page says which.
TIES = (
    "txId",
    "intentTxId",
    "webhookNotificationId",
    "requestId",
    "webhookPayload",
    "clientPayload",
)
# Error codes in the body of a refusal, wherever the version puts them.
CAUSES = {"101": Cause.SERVICE_ACCESS, "201": Cause.WINDOW}


class Botmaker(Adapter):
    slug = "botmaker"
    label = "Botmaker"
    channels = frozenset(ChannelKind)
    credentials: ClassVar[Mapping[str, str]] = {
        "access_token": "ISOCHATBOT.PROVEDOR_TOKEN",
        "refresh_token": "ISOCHATBOT.PROVEDOR_REFRESHTOKEN",
        "client_id": "ISOCHATBOT.PROVEDOR_ID",
        "account": "ISOCHATBOT.PROVEDOR_ACCOUNT",
        "secret_id": "ISOCHATBOT.PROVEDOR_SECRET_ID",
        "webhook_token": "ISOCHATBOT.PROVEDOR_WEBHOOK_TOKEN",
        "api": "ISOCHATBOT.PROVEDOR_API",
        "v1_url": "setting:BOTMAKER_V1_URL",
        "v2_url": "setting:BOTMAKER_V2_URL",
    }
    secret_names = ("access_token", "refresh_token", "secret_id", "webhook_token")
    refresh_names = ("refresh_token", "secret_id", "client_id")

    def verify(self, body: bytes, headers: Mapping[str, str], credentials: Credentials) -> None:
        expected = credentials["webhook_token"]
        received = headers.get("auth-bm-token", "")
        # Compared as bytes: compare_digest raises on text that is not ASCII.
        if not expected or not hmac.compare_digest(
            received.encode("utf-8", "surrogateescape"), expected.encode()
        ):
            raise ForgedWebhook("auth-bm-token is missing or wrong")

    def parse(self, body: bytes) -> list[Parsed]:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableBody(type(error).__name__) from error
        if not isinstance(data, dict):
            raise UnreadableBody("not an object")
        return list(_items(data))

    def send(self, message: OutboundMessage, credentials: Credentials) -> Receipt:
        if credentials["api"] == "v1":
            return _send_v1(message, credentials)
        return _send_v2(message, credentials)

    def refresh(self, credentials: Credentials) -> dict[str, str] | None:
        names = ("clientId", "secretId", "refreshToken")
        client_id = credentials["client_id"] or credentials["account"]
        values = (client_id, credentials["secret_id"], credentials["refresh_token"])
        asked = dict(zip(names, values, strict=True))
        headers = {"access-token": credentials["access_token"]}
        try:
            if credentials["api"] == "v1":
                url = f"{credentials['v1_url']}/auth/credentials"
                answer = http.call("POST", url, headers={**headers, **asked})
            else:
                url = f"{credentials['v2_url']}/auth/credentials"
                answer = http.call("POST", url, headers=headers, payload=asked)
        except AmbiguousError as error:
            # The provider may have rotated the pair; the next try will tell.
            raise TemporaryError(error.detail) from error
        return _renewed(answer)


def _renewed(answer: http.Answer) -> dict[str, str] | None:
    if answer.status == 204:
        return None
    access, refresh = answer.object.get("accessToken"), answer.object.get("refreshToken")
    if answer.status == 200 and isinstance(access, str) and isinstance(refresh, str):
        return {"access_token": access, "refresh_token": refresh}
    if 400 <= answer.status < 500 and answer.status != 429:
        raise RenewalRefused(f"HTTP {answer.status}", code=str(answer.status))
    raise TemporaryError(f"HTTP {answer.status}", code=str(answer.status))


# Sending


def _send_v2(message: OutboundMessage, credentials: Credentials) -> Receipt:
    chat = {
        "channelId": message.line.reference or message.line.line,
        "contactId": message.recipient,
    }
    payload = {
        "chat": chat,
        "messages": [{"text": message.text, "webhookPayload": str(message.reference)}],
    }
    answer = http.call(
        "POST",
        f"{credentials['v2_url']}/chats-actions/send-messages",
        headers={"access-token": credentials["access_token"]},
        payload=payload,
    )
    job = answer.object.get("webhookNotificationId") or answer.object.get("requestId")
    if answer.status == 202 or (answer.status == 200 and job and not _problem(answer)):
        return Receipt(job_id=str(job or ""))
    raise _refusal(answer)


def _send_v1(message: OutboundMessage, credentials: Credentials) -> Receipt:
    payload = {
        "chatPlatform": message.line.kind.value,
        "chatChannelNumber": message.line.line,
        "platformContactId": message.recipient,
        "messageText": message.text,
    }
    answer = http.call(
        "POST",
        f"{credentials['v1_url']}/message/v3",
        headers={"access-token": credentials["access_token"]},
        payload=payload,
    )
    message_id = answer.object.get("id")
    if answer.status in (200, 202) and message_id and not _problem(answer):
        return Receipt(external_id=str(message_id))
    raise _refusal(answer)


def _problem(answer: http.Answer) -> str:
    """v1 says what went wrong in the body of an HTTP 200."""
    problems = answer.object.get("problems") or answer.object.get("error")
    if isinstance(problems, dict):
        return str(problems.get("message") or problems.get("code") or "problems")
    return str(problems or "")


def _refusal(answer: http.Answer) -> Exception:
    """The error an answer means that is not a receipt."""
    code, detail = _explained(answer)
    if answer.status == 401:
        return CredentialsError(detail, code=code)
    if answer.status in (429, 503):
        return TemporaryError(detail, code=code, retry_after=http.pause(answer.headers))
    if answer.status in (500, 502):
        return TemporaryError(detail, code=code)
    if answer.status == 504:
        return AmbiguousError(detail, code=code)
    if answer.status < 300 and not _problem(answer):
        return AmbiguousError("the answer holds no id", code=code)
    by_status = {400: Cause.CONTENT, 403: Cause.SERVICE_ACCESS, 404: Cause.RECIPIENT}
    cause = CAUSES.get(code) or by_status.get(answer.status, Cause.OTHER)
    return RejectedError(detail, cause=cause, code=code)


def _explained(answer: http.Answer) -> tuple[str, str]:
    """The provider's code and sentence, whichever shape it chose; the sentence is cut."""
    error = answer.object.get("error")
    errors = answer.object.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        error = {"code": errors[0].get("type"), "message": errors[0].get("message")}
    if isinstance(error, dict):
        code, text = error.get("code"), error.get("message")
    else:
        code, text = None, _problem(answer) or None
    return str(code or answer.status), str(text or f"HTTP {answer.status}")[:300]


# Webhooks


def _items(data: Body) -> Iterator[Parsed]:
    """Tell the formats apart by their keys: the envelope has `type`, the flat one has not."""
    kind = data.get("type")
    if kind == "status":
        yield _envelope_status(data)
    elif kind == "message" or isinstance(data.get("messages"), list):
        messages = data.get("messages")
        for message in messages if isinstance(messages, list) else []:
            if isinstance(message, dict):
                yield _message(message, data)
            else:
                yield Ignored(Reason.UNKNOWN_KIND)
        if not messages:
            yield Ignored(Reason.EMPTY)
    elif isinstance(kind, str):
        yield Ignored(Reason.UNKNOWN_KIND, kind[:50])
    elif "STATUS" in data:
        yield from _flat_status(data)
    elif "_id_" in data or "_id" in data or "MESSAGE" in data or "IMAGES_URLS" in data:
        yield _message(data, data)
    else:
        yield Ignored(Reason.UNKNOWN_KIND)


def _message(message: Body, outer: Body) -> Parsed:
    """A message of the flat format (`outer` is itself), or one inside an envelope."""
    both = {**outer, **message}
    external_id = _text(both, "_id_", "_id") or _digest(both)
    line = _line(both)
    if line is None:
        return Ignored(Reason.UNKNOWN_PLATFORM, external_id)
    contact_id = bare_id(line.kind, _text(both, "contactId", "PLATFORM_CONTACT_ID", "FROM"))
    if not contact_id:
        return Ignored(Reason.NO_SENDER, external_id)
    content, text = _content(both)
    sent_at = _moment(both.get("date") or both.get("CREATION_TIME"))
    author = _text(both, "from").lower()
    if author not in ("", "user"):
        if author not in AUTHORS:
            return Ignored(Reason.UNKNOWN_KIND, external_id)
        name = _text(both, "operatorName", "fromName")
        ties = (external_id, *_ties(both))
        return EchoMessage(
            line, external_id, contact_id, AUTHORS[author], name, text, sent_at, content, ties
        )
    full_name = f"{_text(both, 'firstName')} {_text(both, 'lastName')}".strip()
    name = _text(both, "fromName", "FROM_NAME") or full_name or _text(both, "whatsappNickName")
    payload = _text(both, "buttonPayload")
    return InboundMessage(line, external_id, contact_id, name, text, sent_at, content, payload)


def _content(message: Body) -> tuple[str, str]:
    """The kind of content and its text: a caption where the message is a file."""
    caption = _text(message, "caption")
    for kind in ATTACHMENTS:
        if message.get(kind):
            return kind, caption or _text(message, "message")
    if message.get("IMAGES_URLS"):
        return "image", caption
    text = _text(message, "message", "MESSAGE", "buttonName")
    if not text:
        return "unsupported", ""
    return "text", text


def _envelope_status(data: Body) -> Parsed:
    status = STATUSES.get(_text(data, "status").lower())
    ties = tuple(tie for tie in (_text(data, "messageId"), *_ties(data)) if tie)
    if status is None:
        return Ignored(Reason.UNKNOWN_STATUS, ties[0] if ties else "")
    if not ties:
        return Ignored(Reason.EMPTY)
    line = _line(data) or Line(Botmaker.slug, ChannelKind.WHATSAPP)
    at = _moment(data.get("date") or data.get("statusChangeTime") or data.get("creationTime"))
    code, reason = _text(data, "error"), _text(data, "reason")
    return StatusReport(
        line,
        status,
        ties,
        at,
        bare_id(line.kind, _text(data, "contactId")),
        code[:50],
        reason[:300],
    )


def _flat_status(data: Body) -> Iterator[Parsed]:
    """A customer snapshot, whose `_id_` is the customer's, or the short form of 2019.

    Only the short form names the message in `_id_`; the snapshot names it inside LAST_MESSAGE,
    which may be the customer's own message, and then the status is not about it.
    """
    status = STATUSES.get(_text(data, "STATUS").lower())
    line = _line(data) or Line(Botmaker.slug, ChannelKind.WHATSAPP)
    at = _moment(data.get("STATUS_CHANGE_TIME") or data.get("CREATION_TIME"))
    contact = bare_id(line.kind, _text(data, "PLATFORM_CONTACT_ID", "FROM"))
    is_snapshot = any(
        name in data for name in ("LAST_MESSAGE", "BUSINESS_ID", "PLATFORM_CONTACT_ID")
    )
    if status is None:
        yield Ignored(Reason.UNKNOWN_STATUS)
    elif not is_snapshot:
        ties = (_text(data, "_id_", "_id"), *_ties(data))
        yield StatusReport(line, status, tuple(t for t in ties if t), at, contact)
    else:
        yield from _snapshot(data, line, status, contact, at)


def _snapshot(
    data: Body, line: Line, status: Status, contact: str, at: datetime | None
) -> Iterator[Parsed]:
    found = False
    last = data.get("LAST_MESSAGE")
    if isinstance(last, dict) and _text(last, "from").lower() in AUTHORS:
        echo = _message(last, {**_only(data, "WHATSAPP_NUMBER", "chatChannelId"), **last})
        yield echo
        if isinstance(echo, EchoMessage):
            found = True
            yield StatusReport(line, status, echo.ties, at, contact)
    for name, reached in (
        ("USER_LAST_MSG_RECEIVED", Status.DELIVERED),
        ("USER_LAST_MSG_READ", Status.READ),
    ):
        moment = _moment(data.get(name))
        if moment is not None and contact:
            found = True
            yield Watermark(line, contact, reached, moment)
    if not found:
        yield Ignored(Reason.EMPTY)


def _line(data: Body) -> Line | None:
    platform = _text(data, "chatPlatform", "CHAT_PLATFORM_ID").lower()
    kind = PLATFORMS.get(platform)
    if kind is None:
        return None
    reference = _text(data, "chatChannelId", "CHAT_CHANNEL_ID")
    number = _text(data, "whatsappNumber", "WHATSAPP_NUMBER", "chatIdInChatPlatform")
    # A channel id is <business>-<platform>-<number or id>, and the last part may hold hyphens.
    tail = reference.split(f"-{platform}-", 1)[-1] if f"-{platform}-" in reference else ""
    if kind is not ChannelKind.WHATSAPP:
        number = tail or ("" if reference else number)
    return Line(Botmaker.slug, kind, bare_id(kind, number or tail), reference)


def _ties(data: Body) -> tuple[str, ...]:
    return tuple(value for name in TIES if (value := _text(data, name)))


def _only(data: Body, *names: str) -> Body:
    return {name: data[name] for name in names if name in data}


def _text(data: Body, *names: str) -> str:
    """The first of these values that says something, as text; never the repr of a structure."""
    for name in names:
        value = data.get(name)
        if isinstance(value, str) and (text := storable(value)).strip():
            return text if name in ("message", "MESSAGE", "caption") else text.strip()
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
            return str(value)
    return ""


def _digest(data: Body) -> str:
    """A stand-in for the id the oldest format lacks: the same message gives the same one."""
    names = (
        "CUSTOMER_ID",
        "customerId",
        "contactId",
        "CREATION_TIME",
        "date",
        "MESSAGE",
        "message",
    )
    parts = json.dumps([_text(data, name) for name in names])
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
