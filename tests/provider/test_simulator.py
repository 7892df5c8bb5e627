"""The simulated phone's page: what it lets somebody make the provider do."""

from __future__ import annotations

from django.test import Client

from tests.conftest import Provider


def test_a_renewal_can_be_refused_and_is_normal_again(provider: Provider) -> None:
    browser = Client()
    assert 'name="refresh"' in browser.get("/simulador/").content.decode()
    for mode in ("refused", "ok"):
        sent = browser.post(
            "/simulador/ajustes/", {"refresh": mode}, content_type="application/json"
        )
        assert (sent.status_code, sent.json()["refresh"]) == (200, mode)
