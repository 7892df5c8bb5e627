"""What provider keeps, in Django's administration: looked at only, without secrets."""

from __future__ import annotations

import json
import re
from contextlib import suppress

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from parameters.admin_base import ReadOnly, name_fields
from provider import credentials, registry
from provider.models import (
    Account,
    Attempt,
    ChannelCredentials,
    Delivery,
    EventTie,
    Incident,
    Lane,
    MessageTemplate,
    SendingPause,
    WebhookEvent,
)

LONGEST_BODY = 20_000
# Whatever is signed is for programs: nobody needs to read it here.
_SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
ADAPTER, STATE, CREATED = _("Provider"), _("State"), _("Created at")
LEASE = _("Taken until")

name_fields(
    WebhookEvent,
    adapter=ADAPTER,
    channel_key=_("Channel"),
    digest=_("Digest"),
    headers=_("Headers"),
    received_at=_("Received at"),
    state=STATE,
    unapplied=_("Not applied"),
    tries=_("Tries"),
    waits=_("Waits"),
    next_attempt_at=_("Next try at"),
    processed_at=_("Processed at"),
)
name_fields(EventTie, event=_("Event"), tie=_("Id it waits for"))
name_fields(
    Delivery,
    reference=_("Reference"),
    stream=_("Conversation"),
    adapter=ADAPTER,
    channel_kind=_("Type of channel"),
    line=_("Line"),
    line_reference=_("Channel's name at the provider"),
    channel_key=_("Channel"),
    recipient=_("To"),
    text=_("Text"),
    extra=_("Besides the text"),
    state=STATE,
    epoch=_("Times taken"),
    lease_until=LEASE,
    charged_tries=_("Tries"),
    next_attempt_at=_("Next try at"),
    held=_("Held"),
    created_at=CREATED,
    settled_at=_("Settled at"),
)
name_fields(
    Attempt,
    delivery=_("Send"),
    epoch=_("Number"),
    started_at=_("Started at"),
    finished_at=_("Finished at"),
    outcome=_("Outcome"),
    external_id=_("Id at the provider"),
    job_id=_("Job at the provider"),
    code=_("Code"),
    detail=_("Detail"),
)
name_fields(
    Account,
    adapter=ADAPTER,
    channel_key=_("Channel"),
    renewer=_("Who renews"),
    renewal_lease_until=LEASE,
    renewal_tries=_("Renewals tried"),
    renew_after=_("Renewal not before"),
    renewed_at=_("Renewed at"),
    probes=_("Probes"),
    probe_after=_("Probe not before"),
    paused_until=_("Paused until"),
)
name_fields(
    Incident,
    adapter=ADAPTER,
    channel_key=_("Channel"),
    kind=_("Type"),
    cause=_("Code"),
    detail=_("Detail"),
    keys=_("Keys"),
    opened_at=_("Opened at"),
    last_seen_at=_("Last seen"),
    closed_at=_("Closed at"),
    mail=_("Mail"),
    mail_tries=_("Tries"),
    mail_after=_("Next try at"),
    mailed_at=_("Mail sent at"),
)
name_fields(ChannelCredentials, adapter=ADAPTER, channel_key=_("Channel"))
name_fields(SendingPause, since=_("Since"), last_restored=_("Last send of the backup"))
name_fields(Lane, name=_("Name"), driver=_("Driver"), lease_until=LEASE)
Lane._meta.verbose_name, Lane._meta.verbose_name_plural = _("lane of work"), _("lanes of work")
EventTie._meta.verbose_name = _("id an event waits for")
EventTie._meta.verbose_name_plural = _("ids events wait for")


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnly):
    list_display = ["id", "received_at", "source", "state", "reason"]
    list_filter = ["state", "adapter"]
    search_fields = ["=id", "channel_key", "digest", "ties__tie"]
    date_hierarchy = "received_at"
    ordering = ["-id"]
    fields = [
        "source", "received_at", "state", "reason", "tries", "waits", "next_attempt_at",
        "processed_at", "digest", "headers", "body_text",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        return super().get_queryset(request).defer("body")

    @admin.display(description=ADAPTER)
    def source(self, event: WebhookEvent) -> str:
        return event.source

    @admin.display(description=_("Reason"))
    def reason(self, event: WebhookEvent) -> str:
        return event.reason

    @admin.display(description=_("Body"))
    def body_text(self, event: WebhookEvent) -> str:
        text = bytes(event.body).decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):  # then it is shown as it came
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        return _without_secrets(event, text)[:LONGEST_BODY]


def _without_secrets(event: WebhookEvent, text: str) -> str:
    text = _SIGNED.sub("•••", text)
    try:
        adapter = registry.get(event.adapter)
    except registry.UnknownAdapter:
        return text
    held = credentials.load(adapter, event.channel_key)
    return credentials.without_secrets(text, adapter, held)


@admin.register(EventTie)
class EventTieAdmin(ReadOnly):
    list_display = ["tie", "event"]
    list_select_related = ["event"]
    search_fields = ["tie", "=event__id"]


class AttemptsOfDelivery(admin.TabularInline):  # type: ignore[type-arg]
    model = Attempt
    fields = ["epoch", "started_at", "finished_at", "outcome", "code", "detail", "external_id"]
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ["id", "created_at", "recipient", "channel_kind", "state", "charged_tries"]
    list_filter = ["state", "adapter", "channel_kind"]
    search_fields = ["recipient", "reference", "stream", "line"]
    date_hierarchy = "created_at"
    ordering = ["-id"]
    inlines = [AttemptsOfDelivery]


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    list_display = ["id", "delivery", "epoch", "started_at", "outcome", "code", "detail"]
    list_filter = ["outcome"]
    list_select_related = ["delivery"]
    search_fields = ["external_id", "job_id", "code", "delivery__recipient"]
    date_hierarchy = "started_at"
    ordering = ["-id"]


@admin.register(Account)
class AccountAdmin(ReadOnly):
    list_display = ["adapter", "channel_key", "renewed_at", "renew_after", "paused_until"]
    list_filter = ["adapter"]
    search_fields = ["adapter", "channel_key"]
    exclude = ["dead_token", "refused_refresh"]


@admin.register(ChannelCredentials)
class ChannelCredentialsAdmin(ReadOnly):
    list_display = ["adapter", "channel_key"]
    list_filter = ["adapter"]
    search_fields = ["adapter", "channel_key"]
    fields = ["adapter", "channel_key"]


@admin.register(Lane)
class LaneAdmin(ReadOnly):
    list_display = ["name", "driver", "lease_until"]
    search_fields = ["name"]


@admin.register(SendingPause)
class SendingPauseAdmin(ReadOnly):
    list_display = ["since", "last_restored"]
    search_fields = ["=id"]


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    list_display = ["opened_at", "title", "adapter", "closed_at", "mail"]
    list_filter = ["kind", "mail", "adapter"]
    search_fields = ["kind", "cause", "detail", "keys"]
    date_hierarchy = "opened_at"

    @admin.display(description=_("What"))
    def title(self, incident: Incident) -> str:
        return incident.title


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ReadOnly):
    list_display = ["name", "language", "state", "note", "seen_at"]
    list_filter = ["state", "language", "adapter"]
    search_fields = ["name", "body"]
    ordering = ["name"]
