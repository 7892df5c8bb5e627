"""Templates: a copy of the provider's list, and the calls that change it there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from provider import credentials, faults, registry
from provider.accounts import AccessKind, TemplatesResult
from provider.adapter import Adapter
from provider.contracts import Credentials
from provider.errors import CredentialsError, ProviderError, RejectedError
from provider.models import MessageTemplate
from provider.services import tokens
from provider.templates import Template, TemplateDraft, TemplateState

# Reviewers take from minutes to a day, and may pause an approved one at any later time.
WHILE_PENDING = timedelta(minutes=10)
WHILE_DECIDED = timedelta(days=1)


def sync(adapter: Adapter, channel_key: str = "") -> TemplatesResult:
    """Ask for the list and keep it. What the provider lists no more is forgotten here."""

    def ask(held: Credentials) -> None:
        _keep(adapter, channel_key, adapter.templates(held))

    return _asking(adapter, channel_key, ask)


def sync_due(adapter: Adapter) -> None:
    """Ask again: soon while something waits for approval, else each day.

    To ask twice at one moment does no harm.
    """
    now = timezone.now()
    waits = Q(state=TemplateState.PENDING, seen_at__lt=now - WHILE_PENDING)
    old = Q(seen_at__lt=now - WHILE_DECIDED)
    due = MessageTemplate.objects.filter(waits | old, adapter=adapter.slug).order_by()
    for channel_key in due.values_list("channel_key", flat=True).distinct():
        sync(adapter, channel_key)


def accounts() -> list[tuple[str, str]]:
    """The accounts that have templates and a token to ask with: adapter and channel's key."""
    found = []
    for slug, adapter in sorted(registry.found().items()):
        for channel_key in credentials.channel_keys(adapter) if adapter.channel_names else [""]:
            held = credentials.load(adapter, channel_key)
            if held[adapter.token_name] and _has_templates(adapter, held):
                found.append((slug, channel_key))
    return found


def forget(adapter: str, channel_key: str) -> None:
    """What was listed was another account's."""
    MessageTemplate.objects.filter(adapter=adapter, channel_key=channel_key).delete()


def create(adapter: Adapter, draft: TemplateDraft, channel_key: str = "") -> TemplatesResult:
    """Register a template at the provider and keep what it answers."""

    def ask(held: Credentials) -> None:
        _keep_one(adapter, channel_key, adapter.create_template(draft, held))

    return _asking(adapter, channel_key, ask)


def delete(adapter: Adapter, row: MessageTemplate) -> TemplatesResult:
    """Remove a template at the provider, in all its languages as the provider does, and here."""

    def ask(held: Credentials) -> None:
        adapter.delete_template(row.name, held)
        same = MessageTemplate.objects.filter(adapter=row.adapter, channel_key=row.channel_key)
        same.filter(name=row.name).delete()

    return _asking(adapter, row.channel_key, ask)


def _has_templates(adapter: Adapter, held: Credentials) -> bool:
    return faults.answered(
        lambda: adapter.has_templates(held), False, "templates broke", adapter=adapter.slug
    )


def _asking(
    adapter: Adapter, channel_key: str, ask: Callable[[Credentials], None]
) -> TemplatesResult:
    held = credentials.load(adapter, channel_key)
    token = held[adapter.token_name]
    if not token or not _has_templates(adapter, held):
        return TemplatesResult(AccessKind.ABSENT)
    try:
        with faults.contained("templates broke", adapter=adapter.slug):
            ask(held)
    except NotImplementedError:
        said = _("Templates of this provider can only be read here, not created or deleted.")
        return TemplatesResult(AccessKind.NO_ACCESS, said)
    except CredentialsError as error:
        tokens.mark_dead(adapter, tokens.account(adapter, channel_key), token)
        return _result(AccessKind.REFUSED, adapter, held, error)
    except RejectedError as error:
        return _result(AccessKind.NO_ACCESS, adapter, held, error)
    except ProviderError as error:
        return _result(AccessKind.UNREACHABLE, adapter, held, error)
    return TemplatesResult(AccessKind.OK)


def _result(
    kind: AccessKind, adapter: Adapter, held: Credentials, error: ProviderError
) -> TemplatesResult:
    detail = credentials.without_secrets(error.said, adapter, held)
    return TemplatesResult(kind, detail, credentials.without_secrets(error.code, adapter, held))


@transaction.atomic
def _keep(adapter: Adapter, channel_key: str, listed: list[Template]) -> None:
    seen_at = timezone.now()
    for template in listed:
        _keep_one(adapter, channel_key, template)
    rows = MessageTemplate.objects.filter(adapter=adapter.slug, channel_key=channel_key)
    rows.filter(seen_at__lt=seen_at).delete()


def _keep_one(adapter: Adapter, channel_key: str, template: Template) -> None:
    MessageTemplate.objects.update_or_create(
        adapter=adapter.slug,
        channel_key=channel_key,
        name=template.name,
        language=template.language,
        defaults={
            "category": template.category,
            "header": template.header,
            "body": template.body,
            "footer": template.footer,
            "buttons": list(template.buttons),
            "state": template.state,
            "note": template.note,
            "seen_at": timezone.now(),
        },
    )
