"""The WhatsApp templates of the sandbox, kept in memory."""

import re
import threading
from collections.abc import Mapping
from typing import Any

from .channels import WHATSAPP_LINE
from .identity import new_id

STATES = ("APPROVED", "REJECTED", "ACCOUNT_PENDING", "BOTMAKER_PENDING")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class TemplateFault(ValueError):
    """A template the provider would not take."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(message)
        self.source = source


class Templates:
    """Create, find, list and delete by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, dict[str, Any]] = {}

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add a template, which starts waiting for approval."""
        _check(body)
        name = str(body.get("name") or f"template_{new_id(8).lower()}")
        with self._lock:
            if name in self._by_name:
                raise TemplateFault("body.name", "a template of this name exists")
            template = {
                **body,
                "name": name,
                "state": "BOTMAKER_PENDING",
                "notes": [],
                "phoneLinesNumbers": [body.get("phoneLineNumber", WHATSAPP_LINE)],
                "requesterEmail": "sandbox@example.com",
                "allowedQueues": [],
            }
            template.pop("phoneLineNumber", None)
            self._by_name[name] = template
            return dict(template)

    def find(self, name: str) -> dict[str, Any] | None:
        """A template by name."""
        with self._lock:
            template = self._by_name.get(name)
            return dict(template) if template is not None else None

    def list(self, state: str | None) -> list[dict[str, Any]]:
        """All templates, or those in one state."""
        with self._lock:
            return [
                dict(template)
                for template in self._by_name.values()
                if state is None or template["state"] == state
            ]

    def delete(self, name: str) -> bool:
        """Remove a template; False when there is none."""
        with self._lock:
            return self._by_name.pop(name, None) is not None

    def decide(self, name: str, state: str) -> dict[str, Any] | None:
        """What the reviewer of templates would do: approve or reject."""
        with self._lock:
            template = self._by_name.get(name)
            if template is None:
                return None
            template["state"] = state
            return dict(template)


def rendered(
    template: Mapping[str, Any] | None, name: str, variables: Mapping[str, str]
) -> tuple[str, Mapping[str, object] | None]:
    """The text and buttons a customer sees; an unknown intent shows only its name."""
    if template is None:
        return f"[{name}]", None

    def value(match: re.Match[str]) -> str:
        return variables.get(match.group(1), "")

    texts = [
        part["text"]
        for part in (template.get("header"), template.get("body"), template.get("footer"))
        if isinstance(part, dict) and part.get("text")
    ]
    text = "\n".join(_VARIABLE.sub(value, part) for part in texts)
    options = [
        {"label": button["text"], "payload": button.get("webhookPayload") or button["text"]}
        for button in template.get("buttons", [])
        if button["type"] == "QUICK_REPLY"
    ]
    return text, {"type": "buttons", "options": options} if options else None


def _check(body: Mapping[str, Any]) -> None:
    header = body.get("header") or {}
    style = header.get("format")
    if style == "TEXT" and not header.get("text"):
        raise TemplateFault("body.header.text", "a TEXT header needs a text")
    if style in ("IMAGE", "DOCUMENT", "VIDEO") and not header.get("exampleURL"):
        raise TemplateFault("body.header.exampleURL", f"a header of {style} needs an example")
    kinds = [button["type"] for button in body.get("buttons", [])]
    if kinds.count("QUICK_REPLY") > 3 or ("QUICK_REPLY" in kinds and len(set(kinds)) > 1):
        raise TemplateFault("body.buttons", "at most 3 quick replies, not mixed with others")
    if kinds.count("URL") > 1 or kinds.count("PHONE_NUMBER") > 1:
        raise TemplateFault("body.buttons", "at most one URL and one phone number")
