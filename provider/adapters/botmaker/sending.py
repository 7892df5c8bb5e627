"""What is sent through Botmaker, and what its answers mean."""

from __future__ import annotations

from provider import choices, http
from provider.adapters.botmaker import files
from provider.contracts import (
    Cause,
    ChannelKind,
    Credentials,
    Extra,
    OutboundMessage,
    OutboundTemplate,
    Person,
    Place,
    Receipt,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    RejectedError,
    TemporaryError,
)

# What v2 takes besides text and files, where that is more than a location; no version has replies.
EXTRAS = {ChannelKind.WHATSAPP: {Extra.LOCATION, Extra.CONTACTS}}

# Error codes in the body of a refusal, wherever the version puts them.
CAUSES = {"101": Cause.SERVICE_ACCESS, "201": Cause.WINDOW}
BY_STATUS = {
    400: Cause.CONTENT,
    402: Cause.SERVICE_ACCESS,
    403: Cause.SERVICE_ACCESS,
    404: Cause.RECIPIENT,
    413: Cause.CONTENT,
    415: Cause.CONTENT,
    422: Cause.CONTENT,
}


def by_v2(message: OutboundMessage, credentials: Credentials) -> Receipt:
    chat = {
        "channelId": message.line.reference or message.line.line,
        "contactId": message.recipient,
    }
    content: dict[str, object] = (
        {"text": message.text} if message.text or message.file is None else {}
    )
    if message.file is not None:
        content["media"] = files.by_v2(message.file)
    elif message.place is not None:
        content = {"location": _place(message.place)}
    elif message.people:
        content = {"contact": _person(message.people[0])}
    elif message.choices and message.line.kind is ChannelKind.WHATSAPP:
        content = {"whatsappInteractive": _list(message)}
    payload = {
        "chat": chat,
        "messages": [{**content, "webhookPayload": str(message.reference)}],
    }
    answer = http.call(
        "POST",
        f"{credentials['v2_url']}/chats-actions/send-messages",
        headers={"access-token": credentials["access_token"]},
        payload=payload,
    )
    return _queued(message, answer)


def _place(place: Place) -> dict[str, str]:
    named = {"name": place.name, "address": place.address}
    degrees = {"latitude": f"{place.latitude:.6f}", "longitude": f"{place.longitude:.6f}"}
    return {**degrees, **{name: said for name, said in named.items() if said}}


def _person(person: Person) -> dict[str, object]:
    card: dict[str, object] = {"firstName": person.name, "phones": list(person.phones)}
    return {**card, "emails": list(person.emails)} if person.emails else card


def _list(message: OutboundMessage) -> dict[str, object]:
    """A list to tap, with the text above it. Buttons of this provider fire intents instead."""
    section = {"rows": choices.rows(message.choices)}
    action = {"type": "list", "button": choices.LIST_LABEL, "sections": [section]}
    return {"body": message.text, "action": action}


def by_v1(message: OutboundMessage, credentials: Credentials) -> Receipt:
    payload = {
        "chatPlatform": message.line.kind.value,
        "chatChannelNumber": message.line.line,
        "platformContactId": message.recipient,
    }
    if message.text or message.file is None:
        payload["messageText"] = message.text
    if message.file is not None:
        payload.update(files.by_v1(message.file))
    answer = http.call(
        "POST",
        f"{credentials['v1_url']}/message/v3",
        headers={"access-token": credentials["access_token"]},
        payload=payload,
    )
    if answer.status in (200, 202) and (external_id := _id(answer, "id")) and not problem(answer):
        return Receipt(external_id)
    raise refusal(answer)


def template(
    message: OutboundMessage, template: OutboundTemplate, credentials: Credentials
) -> Receipt:
    """A template is triggered like an intent, whose name it shares."""
    send = _template_by_v1 if credentials["api"] == "v1" else _template_by_v2
    try:
        return send(message, template, credentials)
    except RejectedError as error:
        if error.cause in (Cause.CONTENT, Cause.RECIPIENT):
            # What is refused of a call that names a template is the template.
            error.cause = Cause.TEMPLATE
        raise


def _template_by_v2(
    message: OutboundMessage, template: OutboundTemplate, credentials: Credentials
) -> Receipt:
    answer = http.call(
        "POST",
        f"{credentials['v2_url']}/chats-actions/trigger-intent",
        headers={"access-token": credentials["access_token"]},
        payload={
            "chat": {
                "channelId": message.line.reference or message.line.line,
                "contactId": message.recipient,
            },
            "intentIdOrName": template.name,
            "variables": dict(template.params),
            "webhookPayload": str(message.reference),
        },
    )
    return _queued(message, answer)


def _template_by_v1(
    message: OutboundMessage, template: OutboundTemplate, credentials: Credentials
) -> Receipt:
    answer = http.call(
        "POST",
        f"{credentials['v1_url']}/intent/v2",
        headers={"access-token": credentials["access_token"]},
        payload={
            "chatPlatform": message.line.kind.value,
            "chatChannelNumber": message.line.line,
            "platformContactId": message.recipient,
            "ruleNameOrId": template.name,
            "params": dict(template.params),
            "clientPayload": str(message.reference),
        },
    )
    if answer.status in (200, 202) and (external_id := _id(answer, "id")) and not problem(answer):
        return Receipt(external_id)
    raise refusal(answer)


def _queued(message: OutboundMessage, answer: http.Answer) -> Receipt:
    """The receipt of v2. A 202 that names nothing is taken all the same.

    Our reference comes back with its statuses, and stands in for the name of the job.
    """
    job = _id(answer, "webhookNotificationId") or _id(answer, "requestId")
    if answer.status == 202 or (answer.status == 200 and job and not problem(answer)):
        return Receipt(job_id=job or str(message.reference))
    raise refusal(answer)


def _id(answer: http.Answer, name: str) -> str:
    """An id, which may be a number; nothing where it is no id."""
    value = answer.object.get(name)
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if is_id and value else ""


def problem(answer: http.Answer) -> str:
    """v1 says what went wrong in the body of an HTTP 200."""
    problems = answer.object.get("problems") or answer.object.get("error")
    if isinstance(problems, dict):
        return str(problems.get("message") or problems.get("code") or "problems")
    return str(problems or "")


def refusal(answer: http.Answer) -> Exception:
    """The error an answer means that is not a receipt."""
    code, detail = explained(answer)
    if answer.status == 401:
        return CredentialsError(detail, code=code)
    if answer.status == 429:
        return TemporaryError(detail, code=code, retry_after=http.pause(answer.headers))
    if answer.status in (500, 502, 503):
        return TemporaryError(detail, code=code, retry_after=http.pause_if_asked(answer))
    if answer.status >= 500 or answer.status == 408:
        return AmbiguousError(detail, code=code)
    if answer.status < 300 and not problem(answer):
        return AmbiguousError("the answer holds no id", code=code)
    cause = CAUSES.get(code) or BY_STATUS.get(answer.status, Cause.OTHER)
    return RejectedError(detail, cause=cause, code=code)


def explained(answer: http.Answer) -> tuple[str, str]:
    """The provider's code and sentence, whichever shape it chose; the sentence is cut."""
    error = answer.object.get("error")
    errors = answer.object.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        error = {"code": errors[0].get("type"), "message": errors[0].get("message")}
    if isinstance(error, dict):
        code, text = error.get("code"), error.get("message")
    else:
        code, text = None, problem(answer) or None
    return str(code or answer.status), str(text or f"HTTP {answer.status}")[:300]
