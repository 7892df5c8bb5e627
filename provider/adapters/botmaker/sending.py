"""What is asked of Botmaker: sends and renewals, and what its answers mean."""

from __future__ import annotations

from provider import http
from provider.contracts import Cause, Credentials, OutboundMessage, Receipt
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    RejectedError,
    RenewalRefused,
    TemporaryError,
)

# Error codes in the body of a refusal, wherever the version puts them.
CAUSES = {"101": Cause.SERVICE_ACCESS, "201": Cause.WINDOW}


def by_v2(message: OutboundMessage, credentials: Credentials) -> Receipt:
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


def by_v1(message: OutboundMessage, credentials: Credentials) -> Receipt:
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
    if answer.status >= 500:
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


def renewed(credentials: Credentials) -> dict[str, str] | None:
    """The new pair of tokens, or None where the provider kept the old one."""
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
    return _pair(answer)


def _pair(answer: http.Answer) -> dict[str, str] | None:
    if answer.status == 204:
        return None
    access, refresh = answer.object.get("accessToken"), answer.object.get("refreshToken")
    if answer.status == 200 and isinstance(access, str) and isinstance(refresh, str):
        return {"access_token": access, "refresh_token": refresh}
    if 400 <= answer.status < 500 and answer.status != 429:
        raise RenewalRefused(f"HTTP {answer.status}", code=str(answer.status))
    raise TemporaryError(f"HTTP {answer.status}", code=str(answer.status))
