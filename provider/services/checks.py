"""The daily check of a token: when it is due, who makes it, and what follows from its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.db.models import F, Q
from django.utils import timezone

from provider import clock, credentials, faults, inbox, registry
from provider.accounts import (
    AccessKind,
    AccessResult,
    AccountState,
    CheckKind,
    CheckResult,
    IncidentKind,
    LinesReported,
    RefreshKind,
    RefreshResult,
    WebhookReport,
)
from provider.adapter import Adapter
from provider.contracts import Cause, Credentials
from provider.errors import CredentialsError, ProviderError, RejectedError, TemporaryError
from provider.models import Account
from provider.services import incidents, pauses, renewals, tokens

log = structlog.get_logger(__name__)

DAY = timedelta(hours=24)
# All calls of one check, its renewal among them.
LEASE = timedelta(seconds=150)
_BACKOFF = [timedelta(seconds=s) for s in (30, 60, 120, 300, 900)]
_HOUR = timedelta(hours=1)
_SOON = timedelta(seconds=30)
# Clocks of machines differ a little; a date further ahead was written by one that jumped.
_SKEW = timedelta(minutes=5)
_INCIDENTS = {
    AccessKind.REFUSED: IncidentKind.TOKEN_REFUSED,
    AccessKind.NO_ACCESS: IncidentKind.NO_ACCESS,
    AccessKind.UNREACHABLE: IncidentKind.UNREACHABLE,
}


def run_due() -> None:
    """Check every account that is due. Any number of processes may call this at once.

    None while sending is on pause: what the tokens of a backup are worth tells nothing yet.
    """
    if pauses.is_on():
        return
    for adapter in registry.found().values():
        for channel_key in credentials.channel_keys(adapter) if adapter.channel_names else [""]:
            run(adapter, channel_key)


def run(adapter: Adapter, channel_key: str = "", *, forced: bool = False) -> CheckResult:
    """The check of one account, if it is due; `forced` does not ask whether it is."""
    # Read before the date: whoever begins or ends a check after this has raised the round.
    state = tokens.account(adapter, channel_key)
    held = credentials.load(adapter, channel_key)
    if not held[adapter.token_name]:
        return CheckResult(CheckKind.NOTHING)
    if not forced and not _is_due(adapter, state, held):
        return CheckResult(CheckKind.NOT_DUE)
    if not _claim(state, credentials_print(adapter, held)):
        return CheckResult(CheckKind.RUNNING)
    claimed = Account.objects.filter(pk=state.pk, check_round=state.check_round + 1)
    try:
        result = _checked(adapter, state, held)
    finally:
        claimed.update(check_lease_until=None, check_round=F("check_round") + 1)
    if not channel_key and result.access is not None and result.access.lines:
        inbox.publish(LinesReported(adapter.slug, result.access.lines))
    return result


def credentials_print(adapter: Adapter, held: Credentials) -> str:
    return credentials.fingerprint(
        held[adapter.token_name], *(held[name] for name in adapter.refresh_names)
    )


def _is_due(adapter: Adapter, state: Account, held: Credentials) -> bool:
    now = clock.read()
    if state.paused_until and state.paused_until > now:
        return False
    at = state.next_check_at
    # A rest longer than any we give was written by a clock that jumped.
    is_resting = at is not None and now < at < now + DAY + _HOUR
    if is_resting and state.checked_credentials == credentials_print(adapter, held):
        return False
    verified_at = _verified_at(adapter, state)
    if verified_at is None or verified_at > now + _SKEW or now - verified_at >= DAY:
        return True
    return tokens.expires_soon(adapter, held, state)


def _verified_at(adapter: Adapter, state: Account) -> datetime | None:
    return credentials.verified_at(adapter) if adapter.verified_place else state.verified_at


def _claim(state: Account, seen: str) -> bool:
    now = clock.now()
    free = Q(check_lease_until=None) | Q(check_lease_until__lt=now)
    rows = Account.objects.filter(free, pk=state.pk, check_round=state.check_round)
    claimed = rows.update(
        check_round=F("check_round") + 1, check_lease_until=now + LEASE, checked_credentials=seen
    )
    return claimed == 1


def _checked(adapter: Adapter, state: Account, held: Credentials) -> CheckResult:
    access = ask(adapter, state, held)
    if access is None:
        _rest(state, DAY)
        return CheckResult(CheckKind.NOTHING)
    if access.kind in (AccessKind.NO_ACCESS, AccessKind.UNREACHABLE):
        _open_incident(state, access)
        _rest_after_failure(state, access.retry_after)
        return CheckResult(CheckKind.DONE, access)
    if access.ok and not tokens.expires_soon(adapter, held, state):
        _rest(state, None)
        return CheckResult(CheckKind.DONE, access)
    renewal = renewals.renew(adapter, state, held)
    _rest_after_renewal(adapter, state, renewal)
    return CheckResult(CheckKind.DONE, access, renewal)


def ask(adapter: Adapter, state: Account, held: Credentials) -> AccessResult | None:
    """Whether the provider takes the token, now; None where its adapter has no such call.

    Success is written down as a verification. A failure is an incident of the caller's.
    """
    try:
        with faults.contained("check broke", account=str(state)):
            report = adapter.check(held)
    except ProviderError as error:
        return _refusal(adapter, state, held, error)
    if report is None:
        return None
    tokens.record_verification(adapter, state, held)
    return AccessResult(
        AccessKind.OK, lines=report.lines, webhook=_told(report.webhook, adapter, held)
    )


def _told(
    report: WebhookReport | None, adapter: Adapter, held: Credentials
) -> WebhookReport | None:
    """For people: a provider may quote the token where it says what failed."""
    if report is None:
        return None
    said = credentials.without_secrets(report.last_error, adapter, held)
    return replace(report, last_error=said)


def _refusal(
    adapter: Adapter, state: Account, held: Credentials, error: ProviderError
) -> AccessResult:
    detail = credentials.without_secrets(error.said, adapter, held)[:300]
    code = credentials.without_secrets(error.code, adapter, held)[:50]
    log.warning("token not verified", account=str(state), error=type(error).__name__, code=code)
    if isinstance(error, CredentialsError):
        tokens.mark_dead(adapter, state, held[adapter.token_name])
        return AccessResult(AccessKind.REFUSED, detail, code=code)
    if isinstance(error, RejectedError) and error.cause is Cause.SERVICE_ACCESS:
        return AccessResult(AccessKind.NO_ACCESS, detail, code=code)
    retry_after = error.retry_after if isinstance(error, TemporaryError) else None
    return AccessResult(AccessKind.UNREACHABLE, detail, code=code, retry_after=retry_after)


def _open_incident(state: Account, access: AccessResult) -> None:
    kind = _INCIDENTS[access.kind]
    incidents.report(state, kind, cause=access.code, detail=access.detail)


def verify_now(adapter: Adapter, channel_key: str = "") -> AccessResult:
    """The check a person asks for: now, and without a renewal; senders see to that."""
    state = tokens.account(adapter, channel_key)
    held = credentials.load(adapter, channel_key)
    if not held[adapter.token_name]:
        return AccessResult(AccessKind.ABSENT)
    access = ask(adapter, state, held)
    if access is None:
        return AccessResult(AccessKind.OK)
    if not access.ok:
        _open_incident(state, access)
    return access


def _rest_after_failure(state: Account, asked: float | None = None) -> None:
    failures = state.check_failures
    wait = _BACKOFF[failures] if failures < len(_BACKOFF) else _HOUR
    wait = max(wait, timedelta(seconds=asked or 0))
    Account.objects.filter(pk=state.pk).update(
        check_failures=failures + 1, next_check_at=clock.now() + wait
    )


def _rest_after_renewal(adapter: Adapter, state: Account, renewal: RefreshResult) -> None:
    match renewal.kind:
        case RefreshKind.RENEWED:
            renewed = credentials.load(adapter, state.channel_key)
            seen = credentials_print(adapter, renewed)
            Account.objects.filter(pk=state.pk).update(checked_credentials=seen)
            _rest(state, _until_next(adapter, renewed))
        case RefreshKind.RUNNING | RefreshKind.PAUSED:
            _rest(state, _SOON)
        case RefreshKind.UNREACHABLE:
            _rest_after_failure(state)
        case _:
            # The token itself is looked at now and then; its renewal has pauses of its own.
            _rest(state, _HOUR)


def _until_next(adapter: Adapter, held: Credentials) -> timedelta:
    """Half the life of a token that is new and ends soon all the same; else a moment."""
    expiry = tokens.ends_at(adapter, held)
    if expiry is None or expiry - timezone.now() >= tokens.EXPIRES_SOON:
        return _SOON
    return max((expiry - timezone.now()) / 2, 10 * _SOON)


def _rest(state: Account, wait: timedelta | None) -> None:
    at = None if wait is None else clock.now() + wait
    Account.objects.filter(pk=state.pk).update(check_failures=0, next_check_at=at)


def state_of(adapter: Adapter, channel_key: str = "") -> AccountState:
    """What people may see of the account."""
    now = clock.read()
    state = tokens.account(adapter, channel_key)
    held = credentials.load(adapter, channel_key)
    has_token = bool(held[adapter.token_name])
    paused, lease = state.paused_until, state.renewal_lease_until
    return AccountState(
        has_token=has_token,
        expires_at=tokens.ends_at(adapter, held),
        checked_at=_verified_at(adapter, state),
        renewed_at=state.renewed_at,
        next_check_at=_next_check(adapter, state, held) if has_token else None,
        paused_until=paused if paused and paused > now else None,
        is_renewing=bool(lease and lease > now),
        missing=renewals.missing_keys(adapter, held),
    )


def _next_check(adapter: Adapter, state: Account, held: Credentials) -> datetime:
    now, verified_at = timezone.now(), _verified_at(adapter, state)
    due = now if verified_at is None or verified_at > now + _SKEW else verified_at + DAY
    expiry = tokens.ends_at(adapter, held)
    if expiry is not None:
        due = min(due, expiry - tokens.EXPIRES_SOON)
    return max(due, state.next_check_at or due, now)
