"""A check of the token that a person asks for, on the page or from a shell."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway
from provider.accounts import AccessKind
from tests.conftest import Provider
from tests.provider.tokens import (
    asked,
    date_is_fresh,
    open_kinds,
    renewals,
    verified,
)


def test_a_test_of_access_tells_the_lines_and_counts_as_verification(provider: Provider) -> None:
    verified(hours_ago=5)
    result = gateway.check_access()
    assert result.ok
    assert {(line.kind.value, line.number, line.active) for line in result.lines} >= {
        ("whatsapp", "5541999990000", True),
        ("telegram", "700000001", True),
    }
    assert date_is_fresh()


@pytest.mark.parametrize(
    ("switches", "kind", "incident"),
    [
        ({"account": "forbidden"}, AccessKind.NO_ACCESS, "no_access"),
        ({"account": "server_error"}, AccessKind.UNREACHABLE, "unreachable"),
        ({"token": "expired"}, AccessKind.REFUSED, "token_refused"),
    ],
)
def test_a_test_of_access_that_fails_is_an_incident_until_one_succeeds(
    provider: Provider, switches: dict[str, str], kind: AccessKind, incident: str
) -> None:
    verified(hours_ago=5)
    provider.switch(**switches)
    result = gateway.check_access()
    assert (result.ok, result.kind) == (False, kind)
    assert open_kinds() == [incident]
    assert not date_is_fresh()
    assert renewals(provider) == 0
    provider.switch(account="ok", token="ok")
    assert gateway.check_access().ok
    assert open_kinds() == []


def test_a_test_of_access_without_a_token_says_so(provider: Provider) -> None:
    store.write(ISOCHATBOT.PROVEDOR_TOKEN, answer="", note="")
    assert gateway.check_access().kind is AccessKind.ABSENT
    assert open_kinds() == []


def test_the_command_checks_what_is_due_and_says_what_came_of_it(
    provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    verified(hours_ago=1)
    call_command("check_token")
    assert "--now" in capsys.readouterr().out
    assert asked(provider) == 0
    call_command("check_token", "--now")
    assert asked(provider) == 1
    assert date_is_fresh()


def test_the_command_fails_with_the_cause(provider: Provider) -> None:
    provider.switch(token="expired", refresh="refused")
    with pytest.raises(CommandError, match="The refresh was refused"):
        call_command("check_token", "--now")
    # A person who asks again is told the same, and no second renewal is made.
    with pytest.raises(CommandError):
        call_command("check_token", "--now")
    assert renewals(provider) == 1
