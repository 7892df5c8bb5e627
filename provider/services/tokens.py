"""The health of a token: what speaks against it, when it may be tried again, what proves it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from provider import clock, credentials, faults
from provider.accounts import IncidentKind
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.models import Account, Delivery
from provider.services import incidents

# A token that ends within this time is renewed while it still works.
EXPIRES_SOON = timedelta(hours=48)
# So many failures in a row are an outage, and the send that is taken after them ends it.
OUTAGE = 2
# What failed in more tries than that may fail for ever, and is not hurried more often than this.
HURRIED_TRIES, HURRIED_EVERY = 6, timedelta(minutes=1)
_PROBES = [timedelta(seconds=s) for s in (15, 30, 60, 120, 300)]
# What a token that still works says nothing about: the one that will replace it.
_OF_RENEWALS = (
    IncidentKind.UNREACHABLE,
    IncidentKind.RENEWAL_REFUSED,
    IncidentKind.RENEWAL_UNCHANGED,
    IncidentKind.MISSING_KEYS,
)


class Health(Enum):
    """Whether a send makes sense now."""

    USABLE = "usable"
    PAUSED = "paused"
    RENEWING = "renewing"  # it will not take long
    STUCK = "stuck"  # a person, or time, must help
    ABSENT = "absent"  # there is no token at all


def account(adapter: Adapter, channel_key: str = "") -> Account:
    # The pair kept for a rollback is a secret nobody needs on the way of a send.
    rows = Account.objects.defer("previous_pair")
    found, _made = rows.get_or_create(adapter=adapter.slug, channel_key=channel_key)
    return found


def health(adapter: Adapter, held: Credentials, state: Account) -> Health:
    token = held[adapter.token_name]
    if adapter.token_name in adapter.credentials and not token:
        return Health.ABSENT
    if clock.is_ahead(state.paused_until):
        return Health.PAUSED
    if not is_dead(adapter, held, state):
        return Health.USABLE
    if clock.is_ahead(state.renewal_lease_until):
        return Health.RENEWING
    return Health.STUCK


def is_dead(adapter: Adapter, held: Credentials, state: Account) -> bool:
    """Whether the provider refused this very token."""
    token = held[adapter.token_name]
    return bool(token) and credentials.fingerprint(token) == state.dead_token


def expires_soon(adapter: Adapter, held: Credentials, state: Account) -> bool:
    """Whether the token ends soon: as it says itself, or else by how old it is."""
    now, expiry = timezone.now(), ends_at(adapter, held)
    if expiry is not None:
        return expiry - now < EXPIRES_SOON
    longest = longest_age(adapter, held)
    return longest is not None and state.renewed_at is not None and now - state.renewed_at > longest


def ends_at(adapter: Adapter, held: Credentials) -> datetime | None:
    """When the token ends, as it says itself."""
    return faults.answered(
        lambda: adapter.token_expiry(held), None, "token not read", adapter=adapter.slug
    )


def longest_age(adapter: Adapter, held: Credentials) -> timedelta | None:
    """How old a token that does not say when it ends may get."""
    return faults.answered(
        lambda: adapter.renew_after(held), None, "token not read", adapter=adapter.slug
    )


def begin_anew(state: Account) -> None:
    """Somebody typed another token: its age counts from when it is first verified."""
    Account.objects.filter(pk=state.pk).update(renewed_at=None)


@transaction.atomic
def mark_dead(adapter: Adapter, state: Account, token: str) -> None:
    """Remember that the provider refused this very token, unless it is replaced by now."""
    if credentials.load(adapter, state.channel_key)[adapter.token_name] == token:
        Account.objects.filter(pk=state.pk).update(dead_token=credentials.fingerprint(token))


def may_probe(state: Account) -> bool:
    """Whether one send may try a refused token again: a provider that refused may have erred.

    One caller is told yes, ever less often while the answer stays the same.
    """
    now = clock.now()
    wait = _PROBES[min(state.probes, len(_PROBES) - 1)]
    if state.probe_after is None:
        Account.objects.filter(pk=state.pk, probe_after=None).update(probe_after=now + wait)
        return False
    rows = Account.objects.filter(pk=state.pk, probe_after=state.probe_after)
    due = rows.filter(probe_after__lte=now)
    return due.update(probe_after=now + wait, probes=state.probes + 1) == 1


def mark_alive(adapter: Adapter, state: Account, held: Credentials) -> None:
    """The provider took a message with this token: whatever was doubted of it is settled."""
    if state.renewal_tries:
        rows = Account.objects.filter(pk=state.pk)
        rows.update(renewal_tries=0, renew_after=None, previous_pair="")
    if state.failures >= OUTAGE:
        _hurry(state)
    if state.failures:
        Account.objects.filter(pk=state.pk).update(failures=0)
    mark_taken(adapter, state, held, sent=True)


def mark_taken(adapter: Adapter, state: Account, held: Credentials, *, sent: bool = False) -> None:
    """The provider answered a call made with this token.

    A renewed token is proven by a message alone: a provider that answers calls and refuses
    messages must not be asked for new tokens in a circle.
    """
    token = held[adapter.token_name]
    rows = Account.objects.filter(pk=state.pk, dead_token=credentials.fingerprint(token))
    dead = rows.exclude(dead_token="")
    # It rarely is: to look holds up nobody who writes.
    if dead.exists() and dead.update(dead_token="", probes=0, probe_after=None):
        release(state)
    but = _OF_RENEWALS if expires_soon(adapter, held, state) else ()
    incidents.close(state, but=but, sent=sent)


def record_verification(adapter: Adapter, state: Account, held: Credentials) -> None:
    """The provider was asked about this token and takes it."""
    now = timezone.now()
    Account.objects.filter(pk=state.pk).update(verified_at=now)
    if longest_age(adapter, held) is not None:
        Account.objects.filter(pk=state.pk, renewed_at=None).update(renewed_at=now)
    credentials.write_verified_at(adapter, now)
    mark_taken(adapter, state, held)
    release(state)


def release(state: Account) -> None:
    """What waits for this account is due now, however long its next try was put off."""
    _put_off(state).update(next_attempt_at=clock.now())


def _hurry(state: Account) -> None:
    """The same where nobody asked for it: the provider works again, as far as can be told."""
    waiting = _put_off(state)
    waiting.filter(charged_tries__lte=HURRIED_TRIES).update(next_attempt_at=clock.now())
    soon = clock.now() + HURRIED_EVERY
    waiting.filter(next_attempt_at__gt=soon).update(next_attempt_at=soon)


def _put_off(state: Account) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        adapter=state.adapter,
        channel_key=state.channel_key,
        state=Delivery.State.QUEUED,
        next_attempt_at__gt=clock.now(),
    )
