"""Setup chat tells when the provider has another WhatsApp line than the one configured."""

from __future__ import annotations

import pytest

from tests.chat.conftest import setting
from tests.conftest import Provider
from tests.console.conftest import At

SETUP = "/supervisor/chat/setup/"


@pytest.mark.parametrize(("phone", "is_told"), [("5541999990000", False), ("5541988880000", True)])
def test_another_line_at_the_provider_is_told(
    desk: At, provider: Provider, phone: str, is_told: bool
) -> None:
    setting("PROVEDOR_PHONE", phone)
    supervisor = desk("supervisor")
    supervisor.post(f"{SETUP}testar-acesso/")
    page = supervisor.get(SETUP).text
    assert "O provedor aceita o token." in page
    assert ("outras linhas de WhatsApp" in page) == is_told
