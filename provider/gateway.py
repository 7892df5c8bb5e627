"""The door into provider: messages, events, adapters, the account with its token and incidents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import IO

from celery import current_app
from django.db.models import QuerySet

from provider import credential_words, credentials, faults, links, registry, tasks
from provider.accounts import (
    AccessResult,
    AccountState,
    CheckResult,
    RefreshResult,
    TemplatesResult,
)
from provider.channels import FACTS
from provider.contracts import (
    ChannelKind,
    Content,
    Credentials,
    Extra,
    Line,
    Media,
    OutboundMessage,
    Parsed,
)
from provider.models import (
    ChannelCredentials,
    Incident,
    MessageTemplate,
    SendingPause,
    WebhookEvent,
)
from provider.services import (
    checks,
    deliveries,
    incidents,
    lanes,
    pauses,
    registrations,
    renewals,
    resumption,
    templates,
    tokens,
    webhooks,
)
from provider.services import media as media_service
from provider.services.lanes import Drive
from provider.templates import TemplateDraft
from provider.wakeups import Wakeup

MAIN_ADAPTER = "botmaker"  # the one whose credentials are keys of ISOCHATBOT


def enqueue(message: OutboundMessage) -> None:
    """Queue a message in the caller's transaction; it leaves after the commit."""
    deliveries.enqueue(message)
    tasks.wake_deliveries()


def readdress(stream: str, recipient: str) -> None:
    """Have what waits in a stream go to another id; where there is none it fails."""
    deliveries.readdress(stream, recipient)


def fetch(
    line: Line,
    media: Media,
    *,
    into: IO[bytes],
    limit: int,
    is_ending: Callable[[], bool] = tasks.is_ending,
) -> str:
    """Fetch a file that came with a message, at most `limit` bytes; the type its host gives it.

    Never called inside a transaction. Raises TooLarge, RejectedError or TemporaryError.
    """
    return media_service.fetch(line, media, into=into, limit=limit, is_ending=is_ending)


def tells_names(adapter: str) -> bool:
    """Whether the provider can be asked what a customer is called."""
    found = registry.found().get(adapter)
    return found is not None and found.tells_names


def name_of(line: Line, contact_id: str) -> str:
    """What the provider calls a customer, or the empty text. Never called inside a transaction.

    Asked only where `tells_names`. Raises ProviderError.
    """
    adapter = registry.get(line.adapter)
    held = credentials.load(adapter, line.channel_key)
    with faults.contained("name not told", adapter=line.adapter):
        return adapter.name_of(contact_id, held)


def fetch_public(address: str, *, into: IO[bytes], limit: int) -> str:
    """Fetch what anybody can, at most `limit` bytes; the type its host gives it.

    Raises TooLarge, RejectedError or TemporaryError.
    """
    return media_service.fetch_public(address, into=into, limit=limit)


def waker(task: str) -> Callable[[], None]:
    """What has a task of this name run once the current transaction, if any, is committed."""
    wakeup = Wakeup(task, lambda: current_app.send_task(task, retry=False))
    return lambda: tasks.after_commit(wakeup)


def driving(lane: str) -> AbstractContextManager[Drive | None]:
    """A lane of work, or None where another process drives it; `keep` asks for more time."""
    return lanes.driving(lane)


def is_ending() -> bool:
    """Whether this process is about to stop, and takes nothing new."""
    return tasks.is_ending()


def adapter_labels() -> dict[str, str]:
    """What people call each adapter, by its slug."""
    return {slug: adapter.label for slug, adapter in registry.found().items()}


def why_no_files(adapter: str) -> str:
    """Why no file can be sent through it from here, for people; empty where one can."""
    return str(links.obstacle(registry.get(adapter)) or "")


def files_taken(
    adapter: str, files: Iterable[tuple[Content, str]]
) -> frozenset[tuple[Content, str]]:
    """Those of these files the provider takes; each is what it is sent as, and a MIME type."""
    found = registry.get(adapter)
    held = credentials.load(found)
    return faults.answered(
        lambda: frozenset(one for one in files if found.takes(*one, held)),
        frozenset(),
        "file not judged",
        adapter=adapter,
    )


def carried(adapter: str, kind: ChannelKind) -> frozenset[Extra]:
    """What the provider hands over besides text and files on this kind of channel."""
    found = registry.get(adapter)
    held = credentials.load(found)
    return faults.answered(
        lambda: found.carries(kind, held) & FACTS[kind].extras,
        frozenset(),
        "extras not told",
        adapter=adapter,
    )


def can_answer(adapter: str, external_id: str) -> bool:
    """Whether this message can be named as the one that is answered."""
    found = registry.get(adapter)
    return faults.answered(
        lambda: found.can_answer(external_id), False, "reply not judged", adapter=adapter
    )


def most_people(adapter: str) -> int:
    """How many contact cards one message takes."""
    return registry.get(adapter).most_people


def linked_file(signed: str) -> str:
    """The key of the file a provider asks for by its link. Raises `links.BadLink`."""
    return links.key_of(signed)


def events() -> QuerySet[WebhookEvent]:
    """Every stored webhook, without its body."""
    return WebhookEvent.objects.defer("body")


def items_of(event: WebhookEvent) -> list[Parsed]:
    """What a stored webhook says, item by item; nothing where it cannot be read."""
    return webhooks.items_of(event)


def replay(event: WebhookEvent) -> None:
    """Process a stored webhook again; what it already did is not done twice."""
    webhooks.replay(event)
    tasks.wake_events()


def refresh_token(adapter: str = MAIN_ADAPTER) -> RefreshResult:
    """Renew the token because a person asks. Never called inside a transaction."""
    result = renewals.refresh_now(registry.get(adapter))
    tasks.wake_deliveries()
    return result


def check_access(adapter: str = MAIN_ADAPTER, channel_key: str = "") -> AccessResult:
    """Ask the provider now whether it takes the token. Never called inside a transaction."""
    result = checks.verify_now(registry.get(adapter), channel_key)
    tasks.wake_deliveries()
    return result


def check_token(adapter: str = MAIN_ADAPTER, *, forced: bool = False) -> CheckResult:
    """The daily check, if it is due or `forced`. Never called inside a transaction."""
    result = checks.run(registry.get(adapter), forced=forced)
    tasks.wake_deliveries()
    return result


def registers_webhook(adapter: str) -> bool:
    """Whether the provider can be told from here where to post."""
    return registry.get(adapter).registers_webhook


def webhook_fields(adapter: str) -> tuple[str, ...]:
    """What the provider is to post, in its own words; empty where there is nothing to choose."""
    return registry.get(adapter).webhook_fields


def why_no_webhook(adapter: str) -> str:
    """Why the provider could not post to this installation, for people; empty where it can."""
    return str(links.webhook_obstacle(registry.get(adapter)) or "")


def webhook_url(adapter: str, channel_key: str) -> str:
    """Where the provider posts what comes in on this channel."""
    return links.webhook_url(registry.get(adapter), channel_key)


def register_webhook(adapter: str, channel_key: str) -> AccessResult:
    """Have the provider post to this channel's address. Never called inside a transaction."""
    return registrations.register(registry.get(adapter), channel_key)


def account_state(adapter: str = MAIN_ADAPTER, channel_key: str = "") -> AccountState:
    """What may be shown of the account; it asks nobody."""
    return checks.state_of(registry.get(adapter), channel_key)


def open_incidents(adapter: str = "", channel_key: str = "") -> QuerySet[Incident]:
    """What is in the way now, the oldest first; of all accounts, or of one."""
    found = incidents.ongoing()
    return found.filter(adapter=adapter, channel_key=channel_key) if adapter else found


def incidents_to_tell() -> list[Incident]:
    """Open incidents whose one mail is due; claim each before sending."""
    return incidents.to_tell()


def claim_mail(incident: Incident) -> bool:
    """Take the right to send this incident's mail; then say how it ended, by one of the three."""
    return incidents.claim_mail(incident)


def mail_sent(incident: Incident) -> None:
    incidents.mail_sent(incident)


def mail_not_taken(incident: Incident) -> None:
    """The mail server certainly did not take it; it is due again later."""
    incidents.mail_not_taken(incident)


def mail_lost(incident: Incident) -> None:
    """Nobody knows whether it was taken; it is not sent again."""
    incidents.mail_lost(incident)


def sending_pause() -> SendingPause | None:
    """The pause of sending, while a restored outbox waits for somebody's decision."""
    return pauses.current()


def has_taken_since(moment: datetime, adapter: str = MAIN_ADAPTER) -> bool:
    """Whether the provider has accepted a send that was begun after this."""
    return deliveries.has_taken_since(moment, adapter)


def waiting_sends() -> int:
    """How many sends wait for the end of the pause."""
    return pauses.waiting()


def pause_statements() -> list[str]:
    """The SQL that puts a database on pause, for who loads its rows in the same commit."""
    return pauses.statements()


def resume_sends(*, send_waiting: bool) -> int | None:
    """End the pause; how many sends are not confirmed now, or None where there was no pause.

    `send_waiting` lets those leave, too, that came with the backup.
    """
    count = resumption.resume(send_waiting=send_waiting)
    tasks.wake_events()
    tasks.wake_deliveries()
    return count


def adapters() -> dict[str, frozenset[ChannelKind]]:
    """The channels each adapter serves, by its slug."""
    return {slug: adapter.channels for slug, adapter in registry.found().items()}


def template_accounts() -> list[tuple[str, str]]:
    """The accounts that have templates: adapter and channel's key, empty where it serves all."""
    return templates.accounts()


def sync_templates(adapter: str = MAIN_ADAPTER, channel_key: str = "") -> TemplatesResult:
    """Ask the provider for its templates. Never called inside a transaction."""
    return templates.sync(registry.get(adapter), channel_key)


def create_template(
    draft: TemplateDraft, adapter: str = MAIN_ADAPTER, channel_key: str = ""
) -> TemplatesResult:
    """Register a template at the provider. Never called inside a transaction."""
    return templates.create(registry.get(adapter), draft, channel_key)


def delete_template(row: MessageTemplate) -> TemplatesResult:
    """Remove a template at the provider. Never called inside a transaction."""
    return templates.delete(registry.get(row.adapter), row)


def account_key(adapter: str, channel_key: str) -> str:
    """The channel's key where it has an account of its own; empty where it shares the adapter's."""
    found = registry.found().get(adapter)
    if found is None or not found.channel_names:
        return ""
    return channel_key if channel_key in credentials.channel_keys(found) else ""


def credential_names(adapter: str) -> tuple[str, ...]:
    """What this adapter keeps with each channel; nothing where one account serves them all."""
    return registry.get(adapter).channel_names


def required_credentials(adapter: str) -> tuple[str, ...]:
    """Those of them a channel cannot do without."""
    optional = registry.get(adapter).optional_names
    return tuple(name for name in credential_names(adapter) if name not in optional)


def credential_label(name: str) -> str:
    """What people call one of them."""
    return credential_words.label(name)


def credential_help(name: str) -> str:
    """What somebody who fills it in should know of it; mostly nothing."""
    return credential_words.help_text(name)


def credential_problem(name: str, value: str) -> str:
    """Why a provider would not take this for it; empty where nothing speaks against it."""
    return credential_words.problem_with(name, value)


def kept_credentials(adapter: str, channel_key: str) -> dict[str, str]:
    """What a channel has of them, by name. Nothing of it is for showing."""
    held = credentials.load(registry.get(adapter), channel_key)
    return {name: held[name] for name in credential_names(adapter)}


def save_credentials(adapter: str, channel_key: str, values: Mapping[str, str]) -> None:
    """Keep them, encrypted; what waited for better ones leaves after the commit."""
    found = registry.get(adapter)
    before = credentials.load(found, channel_key)[found.token_name]
    credentials.save(found, values, channel_key)
    if not values.keys().isdisjoint(found.optional_names):
        templates.forget(adapter, channel_key)
    state = tokens.account(found, channel_key)
    if values.get(found.token_name, before) != before:
        tokens.begin_anew(state)
    tokens.release(state)
    tasks.wake_deliveries()


def drop_credentials(adapter: str, channel_key: str) -> None:
    """Forget what a channel had at a provider it has left."""
    ChannelCredentials.objects.filter(adapter=adapter, channel_key=channel_key).delete()
    templates.forget(adapter, channel_key)


def line_of(adapter: str, values: Mapping[str, str]) -> str:
    """The line these credentials are for, in its bare form; empty where they do not say."""
    own, held = registry.get(adapter).own_line, Credentials(values)
    return faults.answered(lambda: own(held)[0], "", "line not read", adapter=adapter)
