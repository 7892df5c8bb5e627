"""One renewal for everybody: who may renew, what becomes of the pair, and what proves it.

Never called inside a transaction: it talks to the provider.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from provider import clock, credentials, faults
from provider.accounts import IncidentKind, RefreshKind, RefreshResult
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.errors import CredentialsError, ProviderError, RenewalRefused, TemporaryError
from provider.models import Account
from provider.services import incidents, pairs, pauses, tokens

log = structlog.get_logger(__name__)

# Longer than one call to the provider may last; taken anew for the calls that prove the pair.
LEASE = timedelta(seconds=45)
# Clocks jump: a lease that is over by the clock is left alone for as long as its call may last.
GRACE_SECONDS = 20.0
JOIN_SECONDS = 25.0
BACKOFF = [timedelta(seconds=s) for s in (30, 60, 120, 300, 900)]
_INCIDENTS = {
    RefreshKind.REFUSED: IncidentKind.RENEWAL_REFUSED,
    RefreshKind.UNREACHABLE: IncidentKind.UNREACHABLE,
    RefreshKind.UNCHANGED: IncidentKind.RENEWAL_UNCHANGED,
    RefreshKind.MISSING: IncidentKind.MISSING_KEYS,
}
_overdue: dict[int, tuple[str, float]] = {}


def refresh_now(adapter: Adapter, channel_key: str = "") -> RefreshResult:
    """Renew because a person asks, whatever failed before; joins a renewal under way."""
    state = tokens.account(adapter, channel_key)
    held = credentials.load(adapter, channel_key)
    result = renew(adapter, state, held, by_hand=True)
    return _joined(state) if result.kind is RefreshKind.RUNNING else result


def _joined(state: Account) -> RefreshResult:
    """What the renewal under way leads to, as long as a person can be asked to wait."""
    renewer, deadline = state.renewer, time.monotonic() + JOIN_SECONDS
    while renewer and state.renewer == renewer:
        if time.monotonic() > deadline:
            return RefreshResult(RefreshKind.RUNNING)
        time.sleep(0.1)
        state.refresh_from_db()
    outcome = state.renewal_outcome or RefreshKind.RUNNING
    return RefreshResult(RefreshKind(outcome), state.renewal_detail)


def renew(
    adapter: Adapter, state: Account, held: Credentials, *, by_hand: bool = False
) -> RefreshResult:
    """Renew the token `held` unless somebody already does or did, or it cannot help now.

    Whatever is left in the way is an incident when this returns. On pause nobody renews: the
    installation the backup is of may have renewed this pair since, or may still be using it.
    """
    if pauses.is_on():
        return RefreshResult(RefreshKind.PAUSED)
    missing = missing_keys(adapter, held)
    if missing or not adapter.refresh_names:
        result = RefreshResult(RefreshKind.MISSING, missing=missing)
        return _reported(adapter, state, held, result)
    owner = uuid.uuid4().hex
    if not _take(adapter, state, held, owner, by_hand=by_hand):
        state.refresh_from_db()
        if by_hand or clock.is_ahead(state.renewal_lease_until):
            return RefreshResult(RefreshKind.RUNNING)
        return _reported(adapter, state, held, RefreshResult(RefreshKind.RESTING))
    if _is_replaced(adapter, state, held):
        pairs.give_back(state, owner)
        return RefreshResult(RefreshKind.RENEWED)
    # What else was typed meanwhile is what is sent.
    held = credentials.load(adapter, state.channel_key)
    result = _attempted(adapter, state, held, owner)
    if result.kind is RefreshKind.RENEWED and by_hand:
        renewed = credentials.load(adapter, state.channel_key)
        tokens.record_verification(adapter, state, renewed)
        incidents.close(state)
    return _reported(adapter, state, held, result)


def missing_keys(adapter: Adapter, held: Credentials) -> tuple[str, ...]:
    """What a renewal sends and is not filled in, by the names people know."""
    missing = []
    for name in adapter.refresh_names:
        # The client id may come under its other name.
        if not held[name] and not (name == "client_id" and held["account"]):
            missing.append(_key_name(adapter, name))
    return tuple(missing)


def _key_name(adapter: Adapter, name: str) -> str:
    return adapter.credentials[name].rpartition(".")[2] or name


def _take(
    adapter: Adapter, state: Account, held: Credentials, owner: str, *, by_hand: bool
) -> bool:
    """Claim the right to renew; checked here, where only one can win."""
    now = clock.now()
    free = Q(renewal_lease_until=None) | Q(renewal_lease_until__lt=now)
    rows = Account.objects.filter(free, pk=state.pk)
    if not by_hand:
        rows = rows.filter(Q(renew_after=None) | Q(renew_after__lte=now))
        rows = rows.exclude(refused_refresh=pairs.refresh_print(adapter, held))
        if not tokens.expires_soon(adapter, held, state):
            rows = rows.filter(dead_token=credentials.fingerprint(held[adapter.token_name]))
    left_behind = rows.values_list("renewer", flat=True).first()
    if left_behind is None or not _is_over(state, left_behind):
        return False
    rows = rows.filter(renewer=left_behind)
    return rows.update(renewer=owner, renewal_lease_until=now + LEASE) == 1


def _is_over(state: Account, renewer: str) -> bool:
    """Whether the one who held the lease is surely gone, by a clock that cannot jump."""
    if not renewer:
        return True
    seen, since = _overdue.get(state.pk, ("", 0.0))
    if seen != renewer:
        _overdue[state.pk] = (renewer, time.monotonic())
        return False
    return time.monotonic() - since > GRACE_SECONDS


def _is_replaced(adapter: Adapter, state: Account, held: Credentials) -> bool:
    current = credentials.load(adapter, state.channel_key)
    return current[adapter.token_name] != held[adapter.token_name]


def _attempted(adapter: Adapter, state: Account, held: Credentials, owner: str) -> RefreshResult:
    """One call for a new pair, and what becomes of its answer. The lease is given back."""
    try:
        with faults.contained("renewal broke", account=str(state)):
            values = adapter.refresh(held)
    except ProviderError as error:
        return _failed(adapter, state, held, owner, error)
    is_same = values is not None and all(values[name] == held[name] for name in values)
    if is_same and tokens.longest_age(adapter, held) is not None:  # with a longer life
        now = timezone.now()
        pairs.give_back(state, owner, outcome=RefreshKind.RENEWED, renewal_tries=0, renewed_at=now)
        return RefreshResult(RefreshKind.RENEWED)
    if values is None or is_same:
        is_needed = _is_needed(adapter, state, held)
        # For a token that has to go, asking again soon will not help.
        rest = {"renew_after": clock.now() + timedelta(hours=24)} if is_needed else {}
        pairs.give_back(state, owner, outcome=RefreshKind.UNCHANGED, renewal_tries=0, **rest)
        return RefreshResult(RefreshKind.UNCHANGED)
    if not pairs.store(adapter, state, owner, held, values):
        return RefreshResult(RefreshKind.UNCHANGED)  # somebody typed other credentials meanwhile
    return pairs.prove(adapter, state, owner, held)


def _failed(
    adapter: Adapter, state: Account, held: Credentials, owner: str, error: ProviderError
) -> RefreshResult:
    detail = credentials.without_secrets(error.said, adapter, held)
    code = credentials.without_secrets(error.code, adapter, held)
    log.warning("token not renewed", account=str(state), error=type(error).__name__, code=code)
    if _is_replaced(adapter, state, held):
        # The lease was lost and its next holder was faster: the pair sent was the old one.
        pairs.give_back(state, owner)
        return RefreshResult(RefreshKind.RENEWED)
    words = {"renewal_code": code[:50], "renewal_detail": detail[:300]}
    if isinstance(error, RenewalRefused | CredentialsError):
        refused = pairs.refresh_print(adapter, held)
        kind = RefreshKind.REFUSED
        pairs.give_back(state, owner, outcome=kind, refused_refresh=refused, **words)
        return RefreshResult(kind, detail)
    state.refresh_from_db()
    wait = BACKOFF[min(state.renewal_tries, len(BACKOFF) - 1)]
    if isinstance(error, TemporaryError) and error.retry_after:
        wait = max(wait, timedelta(seconds=error.retry_after))
    kind = RefreshKind.UNREACHABLE
    pairs.give_back(
        state,
        owner,
        outcome=kind,
        renewal_tries=state.renewal_tries + 1,
        renew_after=clock.now() + wait,
        **words,
    )
    return RefreshResult(kind, detail)


def _is_needed(adapter: Adapter, state: Account, held: Credentials) -> bool:
    state.refresh_from_db()
    return tokens.is_dead(adapter, held, state) or tokens.expires_soon(adapter, held, state)


def _reported(
    adapter: Adapter, state: Account, held: Credentials, result: RefreshResult
) -> RefreshResult:
    """The result, with an incident open for what it leaves in the way."""
    kind = result.kind
    if kind in (RefreshKind.RENEWED, RefreshKind.RUNNING) or _is_replaced(adapter, state, held):
        return result
    always = (RefreshKind.REFUSED, RefreshKind.UNREACHABLE)
    if not _is_needed(adapter, state, held) and kind not in always:
        return result
    if kind is RefreshKind.RESTING:
        kind = RefreshKind(state.renewal_outcome or RefreshKind.RENEWED)
        if kind is RefreshKind.RENEWED and not tokens.is_dead(adapter, held, state):
            return result  # new, and ending soon all the same
    trouble, keys = _trouble(adapter, state, held, kind), result.missing
    if trouble is IncidentKind.RENEWAL_REFUSED:
        keys = tuple(_key_name(adapter, name) for name in adapter.refresh_names)
    cause, detail = (state.renewal_code, state.renewal_detail) if kind in always else ("", "")
    incidents.report(state, trouble, cause=cause, detail=detail, keys=keys)
    return result


def _trouble(
    adapter: Adapter, state: Account, held: Credentials, kind: RefreshKind
) -> IncidentKind:
    if kind is RefreshKind.REFUSED and state.refused_refresh != pairs.refresh_print(adapter, held):
        return IncidentKind.TOKEN_REFUSED  # what was refused is the new token
    if kind is RefreshKind.MISSING and not adapter.refresh_names:
        return IncidentKind.TOKEN_REFUSED  # a provider that knows no renewal
    return _INCIDENTS.get(kind, IncidentKind.TOKEN_REFUSED)
