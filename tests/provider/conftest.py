"""What the tests of provider share."""

from __future__ import annotations

import pytest

from chat.models import Conversation
from tests.conftest import Customer, Provider


@pytest.fixture
def conversation(provider: Provider, customer: Customer) -> Conversation:
    """A conversation whose menu has left."""
    customer.says("Oi")
    return Conversation.objects.get()
