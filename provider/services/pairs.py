"""The pair of tokens: stored at once, proven by a call, and put back where it proves worthless."""

from __future__ import annotations

import json
from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provider import clock, credentials, faults
from provider.accounts import IncidentKind, RefreshKind, RefreshResult
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.errors import CredentialsError, ProviderError
from provider.models import Account
from provider.services import incidents, tokens

log = structlog.get_logger(__name__)

# Two probes of a few calls each; senders use the new token meanwhile.
PROOF_LEASE = timedelta(seconds=120)
_REST = [timedelta(seconds=s) for s in (30, 60, 120, 300, 900)]


def give_back(
    state: Account, owner: str, *, outcome: RefreshKind | None = None, **changes: object
) -> None:
    """End the lease, and say what the renewal led to."""
    if outcome is not None:
        changes = {"renewal_code": "", "renewal_detail": "", **changes, "renewal_outcome": outcome}
    rows = Account.objects.filter(pk=state.pk, renewer=owner)
    rows.update(renewer="", renewal_lease_until=None, **changes)


def refresh_print(adapter: Adapter, held: Credentials) -> str:
    """A name for what a renewal sends."""
    return credentials.fingerprint(*(held[name] for name in adapter.refresh_names))


@transaction.atomic
def store(
    adapter: Adapter, state: Account, owner: str, used: Credentials, values: dict[str, str]
) -> bool:
    """Write the new pair, and keep the old one, in one transaction. The lease goes on.

    Written even where the lease was lost: the old pair may have died when the provider answered.
    """
    held = credentials.load(adapter, state.channel_key)
    if refresh_print(adapter, held) != refresh_print(adapter, used):
        give_back(state, owner)  # somebody typed other credentials meanwhile: theirs count
        return False
    credentials.save(adapter, values, state.channel_key)
    now = clock.now()
    tries = Account.objects.values_list("renewal_tries", flat=True).get(pk=state.pk)
    # Until a send proves the new token, a further renewal waits: a provider that renews every
    # token and takes none must not be asked in a circle.
    Account.objects.filter(pk=state.pk).update(
        renewer=owner,
        renewal_lease_until=now + PROOF_LEASE,
        previous_pair=json.dumps({name: used[name] for name in values}),
        dead_token="",
        renewal_tries=tries + 1,
        renew_after=now + _REST[min(tries, len(_REST) - 1)],
        renewed_at=timezone.now(),
        probes=0,
        probe_after=None,
    )
    tokens.release(state)
    log.info("token renewed", account=str(state))
    return True


def prove(adapter: Adapter, state: Account, owner: str, used: Credentials) -> RefreshResult:
    """Ask the provider whether it takes the token it has just given."""
    held = credentials.load(adapter, state.channel_key)
    result, kept = RefreshResult(RefreshKind.RENEWED), {}
    try:
        with faults.contained("check broke", account=str(state)):
            report = adapter.check(held)
    except CredentialsError as error:
        code = credentials.without_secrets(error.code, adapter, held)[:50]
        result = _replaced(adapter, state, used, held, code)
        kept = {"renewal_code": code, "renewal_detail": result.detail[:300]}
    except ProviderError as error:
        log.warning("renewed token not proven", account=str(state), code=error.code)
    else:
        if report is not None:
            tokens.record_verification(adapter, state, held)
            incidents.close(state)
            kept = {"previous_pair": ""}
    give_back(state, owner, outcome=result.kind, **kept)
    return result


def _replaced(
    adapter: Adapter, state: Account, used: Credentials, held: Credentials, code: str
) -> RefreshResult:
    """The new token is refused: the old one comes back if it is known to work."""
    try:
        with faults.contained("check broke", account=str(state)):
            works = adapter.check(used) is not None
    except ProviderError:
        works = False
    if works and _put_back(adapter, state, used, held):
        log.error("renewed token refused, the old one put back", account=str(state))
        tokens.record_verification(adapter, state, used)
        said = _("The provider refuses the token it has just given. The one before is back in use.")
        return RefreshResult(RefreshKind.REFUSED, said)
    tokens.mark_dead(adapter, state, held[adapter.token_name])
    incidents.report(state, IncidentKind.TOKEN_REFUSED, cause=code)
    return RefreshResult(
        RefreshKind.REFUSED, _("The provider refuses the token it has just given.")
    )


@transaction.atomic
def _put_back(adapter: Adapter, state: Account, used: Credentials, held: Credentials) -> bool:
    current = credentials.load(adapter, state.channel_key)
    row = Account.objects.get(pk=state.pk)
    if not row.previous_pair or current[adapter.token_name] != held[adapter.token_name]:
        return False
    credentials.save(adapter, json.loads(row.previous_pair), state.channel_key)
    # The provider's renewals bring nothing good now: no more until somebody acts.
    Account.objects.filter(pk=state.pk).update(
        previous_pair="", dead_token="", refused_refresh=refresh_print(adapter, used)
    )
    return True
