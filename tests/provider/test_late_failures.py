"""A message the provider took, and said afterwards that it failed."""

from __future__ import annotations

import pytest

from chat.models import Message
from provider.errors import late_cause
from provider.models import Attempt
from tests.conftest import Customer, Provider
from tests.provider.sends import state_of

CODES = [
    ("131053.0", "content"),
    ("131047.0", "window"),
    ("131026", "recipient"),
    ("132001", "template"),
    ("131042", "service_access"),
    ("131049.0", "other"),
    ("", "other"),
    ("nonsense", "other"),
]


@pytest.mark.parametrize(("code", "cause"), CODES)
def test_each_code_of_a_late_failure_means_one_cause(code: str, cause: str) -> None:
    assert late_cause(code) == cause


@pytest.mark.parametrize(("code", "cause"), [("131053.0", "content"), ("131047.0", "window")])
def test_a_message_that_was_taken_fails_with_the_cause_of_its_webhook(
    code: str, cause: str, provider: Provider, customer: Customer
) -> None:
    customer.says("Oi")
    message = Message.objects.latest("id")
    assert state_of(message) == ("sent", "")
    attempt = Attempt.objects.latest("id")
    customer.event(
        {
            "type": "status",
            "status": "failed",
            "contactId": "5541988887777",
            "messageId": "M-late",
            "intentTxId": attempt.job_id,
            "error": code,
            "reason": "the file could not be fetched",
        }
    )
    assert state_of(message) == ("failed", cause)
