"""One renewal for everybody: who may renew, when, and what the others do meanwhile."""

from __future__ import annotations

import uuid
from datetime import timedelta
from enum import Enum

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from provider import credentials
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.errors import ProviderError, RenewalRefused
from provider.models import Account, Delivery

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=45)  # longer than one call to the provider may last
_PROBES = [timedelta(seconds=s) for s in (15, 30, 60, 120, 300)]
_BACKOFF = [timedelta(seconds=s) for s in (30, 60, 120, 300, 900)]


class Health(Enum):
    """Whether a send makes sense now."""

    USABLE = "usable"
    PAUSED = "paused"
    RENEWING = "renewing"  # it will not take long
    STUCK = "stuck"  # a person, or time, must help
    ABSENT = "absent"  # there is no token at all


def account(adapter: Adapter, channel_key: str = "") -> Account:
    found, _made = Account.objects.get_or_create(adapter=adapter.slug, channel_key=channel_key)
    return found


def health(adapter: Adapter, held: Credentials, state: Account) -> Health:
    now = timezone.now()
    token = held[adapter.token_name]
    if adapter.token_name in adapter.credentials and not token:
        return Health.ABSENT
    if state.paused_until and state.paused_until > now:
        return Health.PAUSED
    if not token or credentials.fingerprint(token) != state.dead_token:
        return Health.USABLE
    if state.renewal_lease_until and state.renewal_lease_until > now:
        return Health.RENEWING
    return Health.STUCK


def mark_dead(state: Account, token: str) -> None:
    """Remember that the provider refused this very token."""
    Account.objects.filter(pk=state.pk).update(dead_token=credentials.fingerprint(token))


def may_probe(state: Account) -> bool:
    """Whether one send may try a refused token again: a provider that refused may have erred.

    One caller is told yes, ever less often while the answer stays the same.
    """
    now = timezone.now()
    wait = _PROBES[min(state.probes, len(_PROBES) - 1)]
    if state.probe_after is None:
        Account.objects.filter(pk=state.pk, probe_after=None).update(probe_after=now + wait)
        return False
    rows = Account.objects.filter(pk=state.pk, probe_after=state.probe_after)
    due = rows.filter(probe_after__lte=now)
    return due.update(probe_after=now + wait, probes=state.probes + 1) == 1


def mark_alive(adapter: Adapter, state: Account, token: str) -> None:
    """The provider took something with this token: whatever was doubted of it is settled."""
    rows = Account.objects.filter(pk=state.pk)
    rows.filter(renewal_tries__gt=0).update(renewal_tries=0, renew_after=None)
    thought_dead = rows.filter(dead_token=credentials.fingerprint(token)).exclude(dead_token="")
    if thought_dead.update(dead_token="", probes=0, probe_after=None):
        _release(adapter)


def _release(adapter: Adapter) -> None:
    """What waited for credentials is due now."""
    waiting = Delivery.objects.filter(adapter=adapter.slug, state=Delivery.State.QUEUED)
    waiting.update(next_attempt_at=timezone.now())


def renew(adapter: Adapter, state: Account) -> bool:
    """Renew the token unless somebody already does, or it cannot help; whether one was made.

    Never called inside a transaction: it talks to the provider.
    """
    held = credentials.load(adapter, state.channel_key)
    refresh_print = _refresh_print(adapter, held)
    owner = uuid.uuid4().hex
    if not _may_renew(adapter, held) or not _take(state, owner, refresh_print):
        return False
    try:
        values = adapter.refresh(held)
    except RenewalRefused as error:
        _give_back(state, owner, refused_refresh=refresh_print)
        log.error("renewal refused", account=str(state), code=error.code)
        return False
    except ProviderError as error:
        state.refresh_from_db()
        wait = _BACKOFF[min(state.renewal_tries, len(_BACKOFF) - 1)]
        _give_back(
            state,
            owner,
            renewal_tries=state.renewal_tries + 1,
            renew_after=timezone.now() + wait,
        )
        log.warning("renewal failed", account=str(state), code=error.code)
        return False
    return _store(adapter, state, owner, refresh_print, values)


def _may_renew(adapter: Adapter, held: Credentials) -> bool:
    """Renewal needs every credential it sends; the client id may come under its other name."""
    names = [name for name in adapter.refresh_names if name != "client_id"]
    has_id = held["client_id"] or held["account"] or "client_id" not in adapter.refresh_names
    return bool(names) and bool(has_id) and all(held[name] for name in names)


def _take(state: Account, owner: str, refresh_print: str) -> bool:
    """Claim the right to renew; checked again here, where only one can win."""
    now = timezone.now()
    free = Q(renewal_lease_until=None) | Q(renewal_lease_until__lt=now)
    rested = Q(renew_after=None) | Q(renew_after__lte=now)
    dead = ~Q(dead_token="")
    rows = Account.objects.filter(free, rested, dead, pk=state.pk)
    if refresh_print:
        rows = rows.exclude(refused_refresh=refresh_print)
    return rows.update(renewer=owner, renewal_lease_until=now + LEASE) == 1


def _give_back(state: Account, owner: str, **changes: object) -> bool:
    rows = Account.objects.filter(pk=state.pk, renewer=owner)
    return rows.update(renewer="", renewal_lease_until=None, **changes) == 1


@transaction.atomic
def _store(
    adapter: Adapter, state: Account, owner: str, used: str, values: dict[str, str] | None
) -> bool:
    """Write both new tokens and give the lease back in one transaction."""
    now = timezone.now()
    held = credentials.load(adapter, state.channel_key)
    if values is None or values.get(adapter.token_name) == held[adapter.token_name]:
        # "Nothing changed" for a token the provider refuses: asking again soon will not help.
        _give_back(state, owner, renew_after=now + timedelta(hours=24))
        return False
    if _refresh_print(adapter, held) != used:
        _give_back(state, owner)  # somebody typed other credentials meanwhile: theirs count
        return False
    # Written even where the lease was lost: the old pair died when the provider answered.
    credentials.save(adapter, values, state.channel_key)
    # Until a send proves the new token, a further renewal waits: a provider that renews every
    # token and takes none must not be asked in a circle.
    state.refresh_from_db()
    wait = _BACKOFF[min(state.renewal_tries, len(_BACKOFF) - 1)]
    Account.objects.filter(pk=state.pk).update(
        renewer="",
        renewal_lease_until=None,
        dead_token="",
        renewal_tries=state.renewal_tries + 1,
        renew_after=now + wait,
        renewed_at=now,
        probes=0,
        probe_after=None,
    )
    _release(adapter)
    log.info("token renewed", account=str(state))
    return True


def _refresh_print(adapter: Adapter, held: Credentials) -> str:
    return credentials.fingerprint(*(held[name] for name in adapter.refresh_names))
