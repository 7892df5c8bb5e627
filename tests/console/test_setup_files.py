"""Setup chat says where files cannot be sent from here."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.chat.conftest import person


def page(client: Client) -> str:
    client.force_login(person("supervisor"))
    return client.get("/supervisor/chat/setup/").content.decode()


def test_setup_names_the_address_no_provider_can_fetch_files_from(
    house: None, client: Client, settings: Any
) -> None:
    assert "Não é possível enviar arquivos" not in page(client)
    settings.BOTMAKER_V1_URL = settings.BOTMAKER_V2_URL = "https://api.example.com"
    settings.ISOBOT_PUBLIC_URL = "http://10.0.0.7"
    assert "Não é possível enviar arquivos" in page(client)
    settings.ISOBOT_PUBLIC_URL = "https://crm.example.com"
    assert "Não é possível enviar arquivos" not in page(client)
