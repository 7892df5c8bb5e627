"""What the system wrote: conversations, messages, the audit. Looked at only."""

from __future__ import annotations

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat import audit, trace
from chat.models import (
    ApiToken,
    Attachment,
    AuditEntry,
    ContactLink,
    Conversation,
    ConversationEvent,
    Identity,
    IdentityAlias,
    Message,
    MessageFact,
    Submission,
)
from parameters.admin_base import ReadOnly


@admin.register(Identity)
class IdentityAdmin(ReadOnly):
    list_display = ["external_id", "name", "channel", "contact", "last_inbound_at"]
    list_filter = ["channel"]
    list_select_related = ["channel", "contact"]
    search_fields = ["external_id", "name", "contact__name"]
    date_hierarchy = "last_inbound_at"


@admin.register(IdentityAlias)
class IdentityAliasAdmin(ReadOnly):
    list_display = ["external_id", "identity", "channel"]
    list_filter = ["channel"]
    list_select_related = ["identity", "channel"]
    search_fields = ["external_id", "identity__external_id", "identity__name"]


@admin.register(Conversation)
class ConversationAdmin(ReadOnly):
    list_display = ["id", "identity", "status", "classification", "agent", "last_message_at"]
    list_filter = ["status", "classification", "identity__channel", "agent"]
    list_select_related = ["identity", "classification", "agent"]
    search_fields = ["=id", "identity__external_id", "identity__name", "contact__name"]
    date_hierarchy = "last_message_at"
    ordering = ["-id"]


@admin.register(ConversationEvent)
class ConversationEventAdmin(ReadOnly):
    list_display = ["at", "conversation", "what_happened", "why_it_did", "by"]
    list_filter = ["what", "why"]
    list_select_related = ["conversation", "by"]
    search_fields = ["=conversation__id", "what", "why"]
    date_hierarchy = "at"
    ordering = ["-id"]

    @admin.display(description=_("What"))
    def what_happened(self, event: ConversationEvent) -> str:
        return trace.line(event).what

    @admin.display(description=_("Why"))
    def why_it_did(self, event: ConversationEvent) -> str:
        return trace.line(event).why


@admin.register(Message)
class MessageAdmin(ReadOnly):
    list_display = ["id", "created_at", "conversation", "author", "beginning", "status"]
    list_filter = ["direction", "author", "status", "channel"]
    list_select_related = ["conversation"]
    search_fields = ["=conversation__id", "text", "external_id", "client_id"]
    date_hierarchy = "created_at"
    ordering = ["-id"]

    @admin.display(description=_("Text"))
    def beginning(self, message: Message) -> str:
        return message.text if len(message.text) <= 80 else f"{message.text[:79]}…"


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly):
    list_display = ["created_at", "name", "content", "size", "state", "message"]
    list_filter = ["state", "content"]
    list_select_related = ["message"]
    search_fields = ["name", "=message__id"]
    date_hierarchy = "created_at"
    ordering = ["-id"]
    # The address may carry a right to read it.
    exclude = ["key", "source"]


@admin.register(MessageFact)
class MessageFactAdmin(ReadOnly):
    list_display = ["at", "message", "status", "cause", "detail"]
    list_filter = ["status", "cause"]
    list_select_related = ["message"]
    search_fields = ["=message__id", "reference"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(ContactLink)
class ContactLinkAdmin(ReadOnly):
    list_display = ["at", "identity", "contact", "by", "undone_at"]
    list_select_related = ["identity", "contact", "by"]
    list_filter = ["by"]
    search_fields = ["contact__name", "identity__external_id", "=conversation__id"]
    date_hierarchy = "at"


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ["at", "by_name", "what_was_done", "about"]
    list_filter = ["what", "by"]
    search_fields = ["by_name", "about", "what"]
    date_hierarchy = "at"
    ordering = ["-id"]
    fields = ["at", "by_name", "by", "what_was_done", "about", "values"]

    @admin.display(description=_("What"))
    def what_was_done(self, entry: AuditEntry) -> str:
        return audit.line(entry).what

    @admin.display(description=_("Details"))
    def values(self, entry: AuditEntry) -> str:
        return json.dumps(entry.data, ensure_ascii=False, indent=2)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """A token may be ended here; neither it nor its digest can be seen."""

    list_display = ["user", "created_at", "last_used_at"]
    list_filter = ["user"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    date_hierarchy = "last_used_at"
    fields = ["user", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(Submission)
class SubmissionAdmin(ReadOnly):
    list_display = ["at", "user", "location"]
    list_select_related = ["user"]
    list_filter = ["user"]
    search_fields = ["location", "user__username"]
    date_hierarchy = "at"
