"""The acceptance list, 8 and 9, where people meet them: the button, the commands, the schedule.

What each answer leads to in the rows, and that a rotation is atomic and one among many, is shown
in `tests/provider/test_token_*.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from parameters.models import Detail
from provider import http, tasks
from tests.conftest import Provider
from tests.console.conftest import Desk
from tests.provider.tokens import asked, pair, renewals, verified

SETUP = "/supervisor/chat/setup/"
DETAIL = "/api/v1/parameters/ISOCHATBOT/users/ISOPADRAO/details/"


@pytest.fixture
def press(provider: Provider) -> Any:
    """Press “Atualizar token”; the page it leads to."""

    def run() -> str:
        supervisor = Desk("supervisor")
        pressed = supervisor.post(f"{SETUP}atualizar-token/")
        assert (pressed.status, pressed.location) == (302, SETUP)
        return supervisor.get(SETUP).text

    return run


def test_08_atualizar_token_200_renews_the_pair(press: Any, provider: Provider) -> None:
    old = pair()
    assert "Token renovado." in press()
    held = provider.get("credentials")
    assert pair() == (held["accessToken"], held["refreshToken"])
    assert not set(pair()) & set(old)


def test_08_atualizar_token_204_says_nothing_changed(press: Any, provider: Provider) -> None:
    provider.switch(refresh="unchanged")
    old = pair()
    assert "Sem mudança: o provedor manteve o mesmo token." in press()
    assert pair() == old


def test_08_atualizar_token_401_gives_the_providers_words(press: Any, provider: Provider) -> None:
    provider.switch(refresh="refused")
    old = pair()
    page = press()
    assert (
        "O provedor recusou a renovação do token. Resposta do provedor: “The refresh was refused”"
        in page
    )
    assert pair() == old


def test_08_atualizar_token_timeout_says_nobody_answers(
    press: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    provider.switch(refresh="slow", slow_seconds=1)
    old = pair()
    assert "o provedor não responde" in press()
    assert pair() == old


@pytest.mark.parametrize(
    ("questions", "named"),
    [
        (["PROVEDOR_ID", "PROVEDOR_ACCOUNT"], "PROVEDOR_ID"),
        (["PROVEDOR_SECRET_ID"], "PROVEDOR_SECRET_ID"),
        (["PROVEDOR_REFRESHTOKEN"], "PROVEDOR_REFRESHTOKEN"),
    ],
)
def test_08_atualizar_token_names_the_missing_key_on_the_page_and_in_the_shell(
    press: Any, provider: Provider, questions: list[str], named: str
) -> None:
    Detail.objects.filter(question__in=questions).delete()
    page = press()
    assert f"Preencha antes: {named}." in page
    with pytest.raises(CommandError, match=named):
        call_command("refresh_token")
    assert renewals(provider) == 0


def date() -> datetime:
    """PROVEDOR_DATE as its detail shows it."""
    return datetime.fromisoformat(Detail.objects.get(question="PROVEDOR_DATE").answer)


def test_09_daily_check_by_the_schedule_is_made_once_a_day(provider: Provider) -> None:
    verified(hours_ago=25)
    before = date()
    for _ in range(3):
        tasks.check_token()
    assert asked(provider) == 1
    assert date() > before and timezone.now() - date() < timedelta(minutes=1)


def test_09_daily_check_not_due_asks_nobody_from_the_shell(
    provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    verified(hours_ago=1)
    before = date()
    call_command("check_token")
    assert "--now" in capsys.readouterr().out
    assert (asked(provider), date()) == (0, before)


def test_09_daily_check_without_provedor_date_makes_it(provider: Provider, api: Any) -> None:
    assert api("supervisor").delete(f"{DETAIL}PROVEDOR_DATE/").status_code == 204
    tasks.check_token()
    assert asked(provider) == 1
    answer = api("supervisor").get(f"{DETAIL}PROVEDOR_DATE/").json()["answer"]
    assert datetime.fromisoformat(answer).tzinfo
