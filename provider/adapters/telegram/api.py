"""What is asked of the Bot API, and what its answers mean."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from provider import http
from provider.accounts import AccountReport, ReportedLine, WebhookReport
from provider.adapters.telegram.updates import moment
from provider.contracts import (
    Cause,
    ChannelKind,
    Content,
    Credentials,
    Located,
    Media,
    OutboundMessage,
    Person,
    Place,
    Receipt,
    storable,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
)

# The call for each content, and what it calls the file.
FILES = {
    Content.IMAGE: ("sendPhoto", "photo"),
    Content.VIDEO: ("sendVideo", "video"),
    Content.AUDIO: ("sendAudio", "audio"),
    Content.DOCUMENT: ("sendDocument", "document"),
}
MOST_PENDING = 1_000_000
MOST_OF_CARD = 2048  # bytes
# Words of a 400 that speak of the person, not of the message.
_OF_RECIPIENT = ("chat not found", "peer_id_invalid", "user is deactivated", "user not found")
_NUMBER = re.compile(r"-?[0-9]{1,18}")


def bot_id(credentials: Credentials) -> str:
    """The public part of a token."""
    number, colon, _secret = credentials["bot_token"].partition(":")
    return number if colon and number.isascii() and number.isdigit() else ""


def sent(message: OutboundMessage, credentials: Credentials) -> Receipt:
    if message.template is not None:
        raise RejectedError("Telegram has no templates", cause=Cause.TEMPLATE)
    method, payload = _body(message)
    result = _result(_call(method, credentials, payload))
    message_id, chat = result.get("message_id"), result.get("chat")
    if not isinstance(message_id, int):
        raise AmbiguousError("the answer holds no id")
    chat_id = chat.get("id") if isinstance(chat, dict) else None
    return Receipt(f"{chat_id if isinstance(chat_id, int) else message.recipient}:{message_id}")


def _body(message: OutboundMessage) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"chat_id": _number(message.recipient)}
    method = "sendMessage"
    if message.place is not None:
        method, more = _place(message.place)
        payload |= more
    elif message.people:
        method = "sendContact"
        payload |= _card(message.people[0])
    elif message.file is None:
        payload["text"] = message.text
    else:
        method, name = FILES.get(message.file.content, FILES[Content.DOCUMENT])
        payload[name] = message.file.url
        if message.text:
            payload["caption"] = message.text
    if message.choices:
        rows = [[{"text": one.title, "callback_data": one.id}] for one in message.choices]
        payload["reply_markup"] = {"inline_keyboard": rows}
    chat_id, _colon, answered = message.reply_to.rpartition(":")
    if chat_id == message.recipient and _NUMBER.fullmatch(answered):
        payload["reply_parameters"] = {
            "message_id": int(answered),
            "allow_sending_without_reply": True,
        }
    return method, payload


def _place(place: Place) -> tuple[str, dict[str, Any]]:
    """A venue where the place has a name or an address; it takes both."""
    at = {"latitude": place.latitude, "longitude": place.longitude}
    if not place.name and not place.address:
        return "sendLocation", at
    title = place.name or place.address
    return "sendVenue", {**at, "title": title, "address": place.address or title}


def _card(person: Person) -> dict[str, Any]:
    """One telephone of its own, and all in the card where there are more."""
    first = person.phones[0] if person.phones else ""
    card = {"phone_number": first, "first_name": person.name}
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escaped(person.name)}"]
    lines += [f"TEL;TYPE=CELL:{_escaped(phone)}" for phone in person.phones]
    lines += [f"EMAIL:{_escaped(email)}" for email in person.emails]
    whole = "\r\n".join([*lines, "END:VCARD"])
    has_more = len(person.phones) > 1 or bool(person.emails)
    if has_more and len(whole.encode()) <= MOST_OF_CARD:
        card["vcard"] = whole
    return card


def _escaped(value: str) -> str:
    """A value of a vCard (RFC 6350, 3.4)."""
    value = re.sub(r"([\\,;])", r"\\\1", value)
    return value.replace("\r", "").replace("\n", "\\n")


def _number(recipient: str) -> int | str:
    return int(recipient) if _NUMBER.fullmatch(recipient) else recipient


def located(media: Media, credentials: Credentials) -> Located:
    path = _result(_call("getFile", credentials, {"file_id": media.source})).get("file_path")
    # The path goes into an address that holds the token: nothing may lead out of its folder.
    if not isinstance(path, str) or not path or ".." in path.split("/"):
        raise TemporaryError("the answer holds no path")
    token = quote(credentials["bot_token"], safe=":")
    return Located(f"{credentials['api_url']}/file/bot{token}/{quote(path)}")


def answer_query(query: str, credentials: Credentials) -> None:
    """Say that a tapped button was heard; until then the customer's phone shows it as waiting."""
    answer = _call("answerCallbackQuery", credentials, {"callback_query_id": query})
    if answer.status != 200:
        raise refusal(answer)


def checked(credentials: Credentials) -> AccountReport:
    """Who the bot is, and whether it has an address to post to."""
    bot = _result(_call("getMe", credentials))
    number, name = bot.get("id"), bot.get("username")
    if not isinstance(number, int):
        raise AmbiguousError("the answer is not the provider's")
    webhook = _webhook(_result(_call("getWebhookInfo", credentials)))
    name = storable(name) if isinstance(name, str) else ""
    line = ReportedLine(ChannelKind.TELEGRAM, "", str(number), bool(webhook.url), name)
    return AccountReport((line,), webhook)


def _webhook(info: dict[str, Any]) -> WebhookReport:
    url, pending = info.get("url"), info.get("pending_update_count")
    said, at = info.get("last_error_message"), info.get("last_error_date")
    return WebhookReport(
        url if isinstance(url, str) else "",
        min(pending, MOST_PENDING) if isinstance(pending, int) and pending > 0 else 0,
        storable(said)[:300] if isinstance(said, str) else "",
        moment(at),
    )


def register_webhook(url: str, updates: tuple[str, ...], credentials: Credentials) -> None:
    """Updates that are not named are not posted, and those it leaves out unless asked are many."""
    payload = {
        "url": url,
        "secret_token": credentials["secret_token"],
        "allowed_updates": list(updates),
    }
    answer = _call("setWebhook", credentials, payload)
    if answer.status != 200 or answer.object.get("ok") is not True:
        raise refusal(answer)


def _call(method: str, credentials: Credentials, payload: Any = None) -> http.Answer:
    token = quote(credentials["bot_token"], safe=":")
    return http.call("POST", f"{credentials['api_url']}/bot{token}/{method}", payload=payload)


def _result(answer: http.Answer) -> dict[str, Any]:
    result = answer.object.get("result")
    if answer.status == 200 and answer.object.get("ok") is True and isinstance(result, dict):
        return result
    raise refusal(answer)


def refusal(answer: http.Answer) -> ProviderError:
    """The error an answer means that is no result."""
    said = answer.object.get("description")
    detail = storable(said)[:300] if isinstance(said, str) else f"HTTP {answer.status}"
    code, asked = str(answer.status), _parameters(answer)
    match answer.status:
        case 401 | 404:  # an address with a wrong token is not found
            return CredentialsError(detail, code=code)
        case 429:
            seconds = asked.get("retry_after", answer.headers.get("Retry-After", ""))
            wait = http.pause({"Retry-After": str(seconds)})
            return TemporaryError(detail, code=code, retry_after=wait)
        case 500 | 502 | 503:
            wanted = http.pause_if_asked(answer)
            return TemporaryError(detail, code=code, retry_after=wanted)
        case 400 | 402 | 403 | 409 | 413:
            return RejectedError(detail, cause=_cause(answer.status, detail, asked), code=code)
    if 400 <= answer.status < 500 and answer.status != 408:
        return RejectedError(detail, cause=Cause.OTHER, code=code)
    return AmbiguousError(detail, code=code)


def _parameters(answer: http.Answer) -> dict[str, Any]:
    found = answer.object.get("parameters")
    return found if isinstance(found, dict) else {}


def _cause(status: int, detail: str, asked: dict[str, Any]) -> Cause:
    if status in (402, 409):  # 409: another program asks for this bot's updates
        return Cause.SERVICE_ACCESS
    words = detail.lower()
    if status == 403 or "migrate_to_chat_id" in asked or any(w in words for w in _OF_RECIPIENT):
        return Cause.RECIPIENT
    return Cause.CONTENT
