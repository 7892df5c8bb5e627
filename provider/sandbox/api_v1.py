"""The older API: flat bodies, errors with a code, an id at once."""

from collections.abc import Callable, Mapping
from typing import Any

from .auth import RefreshRefused, as_answered, refresh
from .channels import Channel
from .customers import Customer
from .delivery import Outgoing
from .exchange import BadJson, Reply, Request, answer, parse, v1_error
from .faults import account, send
from .templates import rendered
from .world import World

ADDRESS = {"chatPlatform", "chatChannelNumber", "platformContactId"}
MEDIA = {"imageURL": "image", "audioURL": "audio", "fileURL": "file", "videoURL": "video"}
SEND_PATHS = {("message", "v3"), ("intent", "v2")}


class _Refused(Exception):
    """A request this API answers 400."""


class ApiV1:
    """Answers what comes under /api/v1.0."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._posts: dict[tuple[str, ...], Callable[[Mapping[str, Any]], Reply]] = {
            ("message", "v3"): self._send_message,
            ("intent", "v2"): self._trigger_intent,
            ("customer", "checkWhatsAppContact"): self._check_contacts,
        }

    def handle(self, request: Request) -> Reply:
        """Route, authorise, answer."""
        if request.segments == ("auth", "credentials") and request.method == "POST":
            return self._refresh(request)
        action = self._posts.get(request.segments)
        if action is None or request.method != "POST":
            return v1_error(404, 404, "Not found")
        if not self._world.accepts_access(request.header("access-token")):
            return v1_error(401, 401, "Not authorized")
        try:
            body = parse(request.body)
            if not isinstance(body, dict):
                raise _Refused("a JSON object is expected")
            return action(body)
        except (BadJson, _Refused) as fault:
            return v1_error(400, 400, str(fault))

    def _refresh(self, request: Request) -> Reply:
        names = ("clientid", "secretid", "refreshtoken")
        try:
            pair = refresh(self._world, *(request.header(name) for name in names))
        except RefreshRefused as refused:
            return v1_error(refused.status, refused.status, "The refresh was refused")
        if pair is None:
            return Reply(204, note="nothing changed")
        return answer(200, as_answered(pair))

    def _send_message(self, body: Mapping[str, Any]) -> Reply:
        _check_fields(body, ADDRESS | {"messageText"} | set(MEDIA))
        attachments = [
            {"kind": kind, "url": body[name]} for name, kind in MEDIA.items() if body.get(name)
        ]
        text = str(body.get("messageText") or "")
        if not text.strip() and not attachments:
            raise _Refused("messageText or a media URL is required")
        message = Outgoing(
            customer=self._customer(body), text=text, api="v1", attachments=attachments
        )
        return self._send(message, template=False)

    def _trigger_intent(self, body: Mapping[str, Any]) -> Reply:
        _check_fields(body, ADDRESS | {"ruleNameOrId", "clientPayload"}, objects={"params"})
        name = body.get("ruleNameOrId")
        if not name:
            raise _Refused("ruleNameOrId is required")
        params = body.get("params") or {}
        if not all(isinstance(value, str | int | float | bool) for value in params.values()):
            raise _Refused("params takes plain values")
        variables = {key: str(value) for key, value in params.items()}
        text, interactive = rendered(self._world.templates.find(name), name, variables)
        message = Outgoing(
            customer=self._customer(body),
            text=text,
            api="v1",
            interactive=interactive,
            payload=body.get("clientPayload"),
            intent=name,
            variables=variables,
        )
        return self._send(message, template=True)

    def _check_contacts(self, body: Mapping[str, Any]) -> Reply:
        fault = account(self._world.switches, version="v1")
        if fault is not None:
            return fault
        contacts = body.get("contacts")
        if self._channel("whatsapp", body.get("chatChannelNumber")) is None:
            raise _Refused("chatChannelNumber is not a line of this account")
        if not isinstance(contacts, list):
            raise _Refused("contacts must be a list")
        result = {}
        for contact in contacts:
            digits = "".join(sign for sign in str(contact) if sign in "0123456789")
            # Short numbers stand for the ones nobody has: they are absent, not null.
            if 10 <= len(digits) <= 15:
                result[str(contact)] = digits
        return answer(200, {"result": result})

    def _send(self, message: Outgoing, *, template: bool) -> Reply:
        return send(
            self._world,
            [message],
            version="v1",
            template=template,
            success=lambda ids: answer(200, {"id": ids[0]}, accepted=True),
        )

    def _customer(self, body: Mapping[str, Any]) -> Customer:
        contact, platform = body.get("platformContactId"), body.get("chatPlatform")
        if not contact:
            raise _Refused("platformContactId is required")
        if not platform:
            raise _Refused("chatPlatform is required")
        channel = self._channel(platform, body.get("chatChannelNumber"))
        if channel is None:
            raise _Refused("chatChannelNumber is not a line of this platform")
        return self._world.customers.of(channel, contact)

    def _channel(self, platform: str, number: object) -> Channel | None:
        channel = self._world.channels.of_platform(platform)
        if channel is None:
            return None
        if not number:
            # Only WhatsApp is documented to need the line; the others have one page here.
            return None if channel.platform == "whatsapp" else channel
        named = self._world.channels.find(str(number).removeprefix("+"))
        return channel if named is channel else None


def _check_fields(
    body: Mapping[str, Any], texts: set[str], objects: set[str] | None = None
) -> None:
    for name, value in body.items():
        if objects and name in objects:
            wrong = not isinstance(value, dict)
        elif name in texts:
            wrong = not isinstance(value, str)
        else:
            raise _Refused(f"unknown field {name[:60]}")
        if wrong and value is not None:
            raise _Refused(f"{name} has the wrong type")
