"""Whatever breaks is tried again or set aside: no failure is written down as done."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Message
from chat.services import intake
from provider.models import WebhookEvent
from provider.services import ties, webhooks
from tests.architecture.test_house import MODULES, ROOT
from tests.conftest import CUSTOMER, Customer, user_text

# What says that something is done, and for good.
DONE = {
    "PROCESSED", "DISCARDED", "ACCEPTED", "SENT", "DELIVERED", "READ", "READY", "DONE", "RENEWED",
    "Applied", "mail_sent", "mark_alive", "mark_taken", "record_verification",
}  # fmt: skip


def _operator() -> dict[str, Any]:
    return user_text("Segue a proposta.", **{"from": "operator"})


def _status() -> dict[str, Any]:
    return {"type": "status", "status": "read", "contactId": CUSTOMER, "messageId": "M-1"}


def _watermark() -> dict[str, Any]:
    return {
        "STATUS": "read",
        "CHAT_PLATFORM_ID": "whatsapp",
        "WHATSAPP_NUMBER": "5541999990000",
        "PLATFORM_CONTACT_ID": CUSTOMER,
        "USER_LAST_MSG_READ": timezone.now().isoformat(),
        "BUSINESS_ID": "demo",
    }


@pytest.mark.parametrize(
    ("where", "name", "body"),
    [
        (intake, "_received", lambda: user_text("Oi")),
        (intake, "_elsewhere", _operator),
        (ties, "apply_status", _status),
        (ties, "apply_watermark", _watermark),
        (webhooks, "items_of", lambda: {"type": "unheard of"}),
        (webhooks.registry, "get", lambda: user_text("Oi")),
    ],
    ids=["message", "echo", "status", "watermark", "settling", "adapter"],
)
@pytest.mark.parametrize("error", [RuntimeError, KeyError, AssertionError, MemoryError])
def test_whatever_breaks_in_a_handler_is_tried_again_and_then_set_aside(
    customer: Customer,
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    body: Any,
    error: type[Exception],
) -> None:
    def breaks(*_: Any, **__: Any) -> Any:
        raise error("boom")

    assert customer.post(body()).status_code == 200
    monkeypatch.setattr(where, name, breaks)
    event = WebhookEvent.objects.get()
    for tried in range(1, webhooks.MAX_TRIES + 1):
        event.refresh_from_db()
        assert (event.state, event.tries) == ("received", tried - 1)
        before = timezone.now()
        webhooks.process(event)
        event.refresh_from_db()
        assert event.next_attempt_at > before or tried == webhooks.MAX_TRIES
    assert event.state == "dead"
    assert event.reason
    assert not Message.objects.exists()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_except_path_marks_anything_done(path: Any) -> None:
    found = {
        name
        for handler in ast.walk(ast.parse(path.read_text()))
        if isinstance(handler, ast.ExceptHandler)
        for part in handler.body
        for node in ast.walk(part)
        for name in [getattr(node, "attr", getattr(node, "id", ""))]
        if name in DONE
    }
    assert not found
