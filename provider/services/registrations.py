"""Having a provider post what comes in to this installation, because a person asks."""

from __future__ import annotations

from provider import credentials, faults, links
from provider.accounts import AccessKind, AccessResult
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.errors import CredentialsError, ProviderError, RejectedError
from provider.services import tokens


def register(adapter: Adapter, channel_key: str) -> AccessResult:
    """NO_ACCESS where the provider does not accept the address. In no transaction."""
    held = credentials.load(adapter, channel_key)
    if not held[adapter.token_name]:
        return AccessResult(AccessKind.ABSENT)
    url = links.webhook_url(adapter, channel_key)
    try:
        with faults.contained("webhook not registered", adapter=adapter.slug):
            adapter.register_webhook(url, held)
    except CredentialsError as error:
        state = tokens.account(adapter, channel_key)
        tokens.mark_dead(adapter, state, held[adapter.token_name])
        return _result(AccessKind.REFUSED, adapter, held, error)
    except RejectedError as error:
        return _result(AccessKind.NO_ACCESS, adapter, held, error)
    except ProviderError as error:
        return _result(AccessKind.UNREACHABLE, adapter, held, error)
    return AccessResult(AccessKind.OK)


def _result(
    kind: AccessKind, adapter: Adapter, held: Credentials, error: ProviderError
) -> AccessResult:
    detail = credentials.without_secrets(error.said, adapter, held)
    return AccessResult(kind, detail, code=credentials.without_secrets(error.code, adapter, held))
