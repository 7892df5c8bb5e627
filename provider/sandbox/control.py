"""The control API of the sandbox: phones, switches, ledger, log and raw webhooks."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .channels import Channel
from .customers import Customer
from .exchange import BadJson, Reply, Request, answer, dump, parse
from .media import PREFIX
from .phones import PhoneMessage
from .switches import SwitchError
from .templates import STATES
from .world import World

MEDIA_KINDS = ("image", "audio", "video", "file")
# What stands for itself; `unsupported` is what the channel does not hand over, such as a poll.
_SHOWN = ("location", "contact", "unsupported")
_OBJECTS = {"media", *_SHOWN}
_WRITTEN = {"text", "name", "line", "button_payload", "id", *_OBJECTS}


class ControlFault(Exception):
    """A control request that cannot be done."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class _Phone:
    channel: Channel
    contact: str


class Control:
    """Answers what comes under /_sandbox/."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._routes: dict[tuple[str, ...], Callable[[Request], Reply]] = {
            ("GET", "health"): lambda _request: answer(200, {"status": "ok"}),
            ("GET", "switches"): lambda _request: answer(200, world.switches.all()),
            ("PUT", "switches"): self._set_switches,
            ("DELETE", "switches"): self._reset_switches,
            ("GET", "ledger"): lambda r: answer(200, {"entries": world.ledger.after(_after(r))}),
            ("GET", "log"): lambda r: answer(200, {"entries": world.journal.after(_after(r))}),
            ("GET", "counters"): lambda _request: answer(200, self._counters()),
            ("GET", "credentials"): self._credentials,
            ("POST", "webhooks"): self._post_webhook,
            ("PUT", "webhook"): self._configure_webhook,
            ("POST", "reset"): self._reset,
            ("POST", "media"): self._keep_file,
        }

    def handle(self, request: Request) -> Reply:
        """Route and answer; faults are JSON with one `error`."""
        try:
            return self._routed(request)
        except ControlFault as fault:
            return answer(fault.status, {"error": str(fault)})
        except (SwitchError, BadJson) as fault:
            return answer(400, {"error": str(fault)})

    def _routed(self, request: Request) -> Reply:
        segments = request.segments
        # An empty last segment is the optional trailing slash.
        if segments and segments[-1] == "":
            segments = segments[:-1]
        action = self._routes.get((request.method, *segments))
        if action is not None:
            return action(request)
        match segments:
            case ("phones", platform, contact, *rest) if contact:
                return self._on_phone(request, self._phone(platform, contact), rest)
            case ("files", name) if request.method == "GET":
                return self._file(name)
            case ("templates", name) if request.method == "PUT":
                return self._decide_template(name, request)
        raise ControlFault(404, "there is no such control")

    def _on_phone(self, request: Request, phone: _Phone, rest: list[str]) -> Reply:
        match (request.method, *rest):
            case ("GET",):
                platform = phone.channel.platform
                after = _after(request)
                return answer(200, self._world.phones.since(platform, phone.contact, after))
            case ("POST", "messages"):
                return self._write(phone, _object(request))
            case ("POST", "read"):
                read = self._world.delivery.read_all(self._customer(phone))
                return answer(200, {"read": read})
        raise ControlFault(404, "there is no such control of a phone")

    def _file(self, name: str) -> Reply:
        """What a customer got, as it was fetched, or sent."""
        kept = self._world.storage.find(name)
        if kept is not None:
            return Reply(200, kept.content, content_type=kept.type or "application/octet-stream")
        found = self._world.fetcher.file(name)
        if found is None:
            raise ControlFault(404, "there is no such file")
        fetched, path = found
        return Reply(200, content_type=fetched.type, file=path)

    def _write(self, phone: _Phone, body: dict[str, Any]) -> Reply:
        message, channel = _written(body), phone.channel
        described = self._world.storage.described
        message.attachments = [
            {**part, **described(str(part.get("url", "")))} for part in message.attachments
        ]
        if body.get("line"):
            named = self._world.channels.find(body["line"])
            if named is not channel:
                raise ControlFault(400, "line is not a line of this platform")
        customer = self._customer(phone)
        if body.get("name"):
            customer.rename(body["name"])
        sent = self._world.delivery.customer_wrote(customer, message)
        return answer(201, {"id": sent.id, "n": sent.n})

    def _phone(self, platform: str, contact: str) -> _Phone:
        channel = self._world.channels.of_platform(platform)
        if channel is None:
            known = ", ".join(channel.platform for channel in self._world.channels.all)
            raise ControlFault(404, f"there is no such platform; known: {known}")
        return _Phone(channel, contact)

    def _customer(self, phone: _Phone) -> Customer:
        return self._world.customers.of(phone.channel, phone.contact)

    def _set_switches(self, request: Request) -> Reply:
        self._world.switches.update(parse(request.body))
        return answer(200, self._world.switches.all())

    def _reset_switches(self, _request: Request) -> Reply:
        self._world.switches.reset()
        return answer(200, self._world.switches.all())

    def _counters(self) -> dict[str, int]:
        names = (
            "calls",
            "refresh_calls",
            "sends_accepted",
            "sends_refused",
            "files_not_fetched",
            "webhooks_delivered",
            "webhook_attempts_failed",
            "webhooks_lost",
            "webhooks_expired",
        )
        return {
            **dict.fromkeys(names, 0),
            **self._world.journal.counters(),
            "webhooks_pending": self._world.webhooks.pending(),
            "statuses_scheduled": self._world.timers.scheduled(),
        }

    def _credentials(self, _request: Request) -> Reply:
        current = self._world.credentials.current()
        return answer(
            200,
            {
                "clientId": current.client_id,
                "accessToken": current.access_token,
                "refreshToken": current.refresh_token,
                "generation": self._world.credentials.generation(),
            },
        )

    def _post_webhook(self, request: Request) -> Reply:
        body = _object(request)
        unknown = sorted(set(body) - {"body", "raw"})
        if unknown or not body:
            raise ControlFault(400, "give body (any JSON) or raw (a string)")
        raw = body.get("raw")
        if raw is not None and not isinstance(raw, str):
            raise ControlFault(400, "raw must be a string")
        content = dump(body.get("body")) if raw is None else raw.encode("utf-8", "replace")
        return answer(200, {"status": self._world.webhooks.post_once(content, "by hand")})

    def _configure_webhook(self, request: Request) -> Reply:
        """What a customer does on the provider's own console: the address, and its token."""
        body = _object(request)
        url, token = body.get("url"), body.get("token")
        if set(body) != {"url", "token"} or not (isinstance(url, str) and isinstance(token, str)):
            raise ControlFault(400, "give url and token")
        self._world.webhooks.configure(url, token)
        return answer(200, {"url": url})

    def _decide_template(self, name: str, request: Request) -> Reply:
        state = _object(request).get("state")
        if state not in STATES:
            raise ControlFault(400, f"state takes one of {', '.join(STATES)}")
        template = self._world.templates.decide(name, state)
        if template is None:
            raise ControlFault(404, "there is no such template")
        return answer(200, template)

    def _keep_file(self, request: Request) -> Reply:
        """A file a customer is about to send: its path below this address, but for the name."""
        if not request.body:
            raise ControlFault(400, "the file is empty")
        kept = self._world.storage.add(request.body, request.header("Content-Type"))
        return answer(201, {"path": f"/{PREFIX[0]}/{kept}/"})

    def _reset(self, _request: Request) -> Reply:
        self._world.reset()
        return Reply(204)


def _after(request: Request) -> int:
    text = dict(request.query).get("after", "0")
    if re.fullmatch(r"[0-9]{1,15}", text) is None:
        raise ControlFault(400, "after must be a number")
    return int(text)


def _object(request: Request) -> dict[str, Any]:
    body = parse(request.body)
    if not isinstance(body, dict):
        raise ControlFault(400, "the body must be a JSON object")
    return body


def _written(body: dict[str, Any]) -> PhoneMessage:
    unknown = sorted(set(body) - _WRITTEN)
    if unknown:
        raise ControlFault(400, f"unknown: {unknown[0][:60]}; known: {', '.join(sorted(_WRITTEN))}")
    for name in _WRITTEN - _OBJECTS:
        if body.get(name) is not None and not isinstance(body[name], str):
            raise ControlFault(400, f"{name} must be a string")
    attachments = _attachments(body.get("media")) + _objects(body)
    if not body.get("text") and not attachments:
        raise ControlFault(400, "text is required")
    message = PhoneMessage(
        direction="in",
        text=body.get("text") or "",
        attachments=attachments,
        payload=body.get("button_payload"),
    )
    message.id = body.get("id") or message.id
    return message


def _objects(body: dict[str, Any]) -> list[dict[str, object]]:
    """A place or a person, in the provider's own shape."""
    found: list[dict[str, object]] = []
    for kind in _SHOWN:
        value = body.get(kind)
        if value is not None and not isinstance(value, dict):
            raise ControlFault(400, f"{kind} must be an object")
        if value:
            found.append({"kind": kind, "value": value})
    return found


def _attachments(media: object) -> list[dict[str, object]]:
    """One file, or the several of an album."""
    alone = [] if media is None else [media]
    files: list[Any] = media if isinstance(media, list) else alone
    for file in files:
        if not isinstance(file, dict) or set(file) != {"kind", "url"}:
            raise ControlFault(400, "media takes kind and url")
        if file["kind"] not in MEDIA_KINDS or not isinstance(file["url"], str):
            raise ControlFault(400, f"media.kind takes one of {', '.join(MEDIA_KINDS)}")
    return files
