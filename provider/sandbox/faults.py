"""Carries out a send the way the switches ask for: well, badly or not at all."""

from collections.abc import Callable, Sequence

from .delivery import Failure, Outgoing
from .exchange import Reply, aborted, answer, v1_error, v2_error
from .switches import Switches
from .world import World

NOT_DELIVERED = Failure("131049.0", "not delivered, to keep the ecosystem healthy")
WINDOW_OVER = Failure("131047.0", "more than 24 hours since the customer's last message")
NO_RECIPIENT = Failure("131026.0", "this message cannot be delivered to this recipient")
HTML = b"<!doctype html><html><body><h1>Welcome to this network</h1></body></html>"

# mode: HTTP status, v2 type, message
_PLAIN_ERRORS = {
    "bad_request": (400, "invalid-request", "The message was refused by the switch"),
    "unauthorized": (401, "unauthorized", "Not authorized"),
    "rate_limited": (429, "too-many-requests", "Too many requests"),
    "server_error": (500, "internal-error", "Internal error"),
    "unavailable": (503, "unavailable", "Service unavailable"),
}


def send(
    world: World,
    messages: Sequence[Outgoing],
    *,
    version: str,
    template: bool,
    success: Callable[[list[str]], Reply],
) -> Reply:
    """Accept or refuse the messages; `success` makes the answer from their ids."""
    mode = world.switches.take_send(template=template)
    refusal = _refusal(mode, version, world.switches)
    if refusal is not None:
        return refusal
    ids = world.delivery.accept(messages, _failure(mode))
    reply = success(ids)
    if mode == "drop":
        return aborted("accepted, no answer", accepted=True)
    if mode == "no_id":
        return answer(reply.status, {}, accepted=True, note="accepted, no id")
    if mode == "slow":
        world.stopping.wait(world.switches["slow_seconds"])
    return reply


def account(switches: Switches, *, version: str) -> Reply | None:
    """How a question about the account fails, or None where it does not."""
    mode = str(switches["account"])
    if mode == "ok":
        return None
    if mode in _PLAIN_ERRORS:
        return _plain_error(mode, version, switches)
    status, kind = (403, "forbidden") if mode == "forbidden" else (404, "not-found")
    if version == "v1":
        return v1_error(status, status, f"The account is {mode}", note=mode)
    return v2_error(status, kind, "request", f"The account is {mode}", note=mode)


def _refusal(mode: str, version: str, switches: Switches) -> Reply | None:
    if mode in _PLAIN_ERRORS:
        return _plain_error(mode, version, switches)
    if mode == "no_credit":
        return v1_error(403, 101, "Insufficient credit")
    if mode == "window" and version == "v1":
        return v1_error(403, 201, "User window is over 24 hours")
    if mode == "problems":
        message = "The message could not be sent"
        if version == "v1":
            return answer(200, {"problems": {"message": message}}, note="problems")
        return v2_error(400, "problems", "body", message)
    if mode == "html":
        return Reply(200, HTML, content_type="text/html; charset=utf-8", note="html")
    if mode == "refuse":
        return aborted("closed before recording")
    return None


def _plain_error(mode: str, version: str, switches: Switches) -> Reply:
    status, kind, message = _PLAIN_ERRORS[mode]
    if version == "v1":
        reply = v1_error(status, status, message, note=mode)
    else:
        reply = v2_error(status, kind, "request", message, note=mode)
    wait = switches["retry_after"]
    if mode == "rate_limited" and wait is not None:
        return Reply(status, reply.body, headers={"Retry-After": str(wait)}, note=mode)
    return reply


def _failure(mode: str) -> Failure | None:
    # On v2 a closed window is only told later; v1 never gets here with it.
    late = {"async_failure": NOT_DELIVERED, "window": WINDOW_OVER, "no_recipient": NO_RECIPIENT}
    return late.get(mode)
