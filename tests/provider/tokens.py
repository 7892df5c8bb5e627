"""Moving the account through its days, and counting what the provider was asked."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import registry
from provider.accounts import CheckResult
from provider.adapter import Adapter
from provider.models import Account, Incident
from provider.services import checks
from tests.conftest import Provider


def botmaker() -> Adapter:
    return registry.get("botmaker")


def check() -> CheckResult:
    return checks.run(botmaker())


def verified(hours_ago: float) -> None:
    """As if the last verification was that long ago."""
    at = timezone.localtime() - timedelta(hours=hours_ago)
    store.write(ISOCHATBOT.PROVEDOR_DATE, answer=at.isoformat(timespec="seconds"))


def rested() -> None:
    """As if every pause was over."""
    Account.objects.update(next_check_at=None, renew_after=None)


def date_is_fresh() -> bool:
    at = store.read(ISOCHATBOT.PROVEDOR_DATE)
    return at is not None and timezone.now() - at < timedelta(minutes=1)


def open_kinds() -> list[str]:
    return list(Incident.objects.filter(closed_at=None).values_list("kind", flat=True))


def asked(provider: Provider, address: str = "/v2.0/channels") -> int:
    """How often the provider was asked at this address."""
    return sum(entry["address"].startswith(address) for entry in provider.get("log")["entries"])


def renewals(provider: Provider) -> int:
    count: int = provider.get("counters")["refresh_calls"]
    return count


def pair() -> tuple[str, str]:
    return store.read(ISOCHATBOT.PROVEDOR_TOKEN), store.read(ISOCHATBOT.PROVEDOR_REFRESHTOKEN)


def tokens_end_in(provider: Provider, seconds: int) -> None:
    """From here on the token in use, and each new one, lasts that long."""
    provider.switch(access_seconds=seconds)
    checks.renewals.refresh_now(botmaker())
    rested()
