"""The JSON of the contract: what is read from rows, and what is taken from callers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chat import failures, trace
from chat.models import Contact, Conversation, Message
from chat.models.conversation import Status
from parameters import store
from parameters.models import Detail
from provider.models import WebhookEvent


class Credentials(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class Token(serializers.Serializer[Any]):
    token = serializers.CharField()


class AgentSerializer(serializers.Serializer[User]):
    username = serializers.CharField()
    name = serializers.CharField(source="get_full_name")


class ChannelBrief(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    line = serializers.CharField()


class IdentityBrief(serializers.Serializer[Any]):
    external_id = serializers.CharField()
    name = serializers.CharField()


class ContactBrief(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    anonymous = serializers.BooleanField()


class ClassificationBrief(serializers.Serializer[Any]):
    code = serializers.IntegerField()
    description = serializers.CharField()


class TraceLine(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.CharField()
    why = serializers.CharField()


class ConversationSerializer(serializers.Serializer[Conversation]):
    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Status.values)
    channel = ChannelBrief(source="identity.channel")
    identity = IdentityBrief()
    contact = ContactBrief()
    classification = ClassificationBrief(allow_null=True)
    agent = AgentSerializer(allow_null=True)
    last_message_at = serializers.DateTimeField()
    unread_count = serializers.IntegerField()
    window_closes_at = serializers.DateTimeField(allow_null=True)
    trace = serializers.SerializerMethodField()

    @extend_schema_field(TraceLine(many=True))
    def get_trace(self, conversation: Conversation) -> Any:
        lines = [trace.line(event) for event in conversation.events.all()]
        return TraceLine(lines, many=True).data


class Attachment(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField()
    size = serializers.IntegerField()
    url = serializers.CharField()


class Failure(serializers.Serializer[Any]):
    cause = serializers.CharField()
    detail = serializers.CharField()


class MessageSerializer(serializers.Serializer[Message]):
    id = serializers.IntegerField()
    direction = serializers.ChoiceField(choices=["in", "out"])
    author = serializers.ChoiceField(choices=["contact", "bot", "agent", "system"])
    text = serializers.CharField()
    attachments = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    external_id = serializers.CharField(allow_null=True)

    @extend_schema_field(Attachment(many=True))
    def get_attachments(self, message: Message) -> list[dict[str, Any]]:
        return []

    @extend_schema_field(
        serializers.ChoiceField(
            choices=["queued", "sent", "delivered", "read", "failed", "unknown"], allow_null=True
        )
    )
    def get_status(self, message: Message) -> str | None:
        return message.status or None

    @extend_schema_field(Failure(allow_null=True))
    def get_failure(self, message: Message) -> dict[str, str] | None:
        if not message.failure_cause:
            return None
        detail = failures.sentence(message.failure_cause, message.failure_detail)
        return {"cause": message.failure_cause, "detail": detail}


class NewMessage(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False, max_length=20_000)
    client_id = serializers.CharField(max_length=100, required=False)


class Phone(serializers.Serializer[Any]):
    type = serializers.IntegerField(source="type_id", min_value=1, max_value=2**62)
    number = serializers.CharField(max_length=30)


class EContact(serializers.Serializer[Any]):
    type = serializers.IntegerField(source="type_id", min_value=1, max_value=2**62)
    address = serializers.CharField(max_length=255)


class ContactSerializer(serializers.Serializer[Contact]):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)
    anonymous = serializers.BooleanField(read_only=True)
    phones = Phone(many=True, required=False)
    econtacts = EContact(many=True, required=False)


class DetailSerializer(serializers.Serializer[Detail]):
    answer = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    note = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    order = serializers.IntegerField(required=False, min_value=1, max_value=32_767)
    active = serializers.BooleanField(required=False)

    def to_representation(self, detail: Detail) -> dict[str, Any]:
        answer, note = store.shown(detail)
        return {"answer": answer, "note": note, "order": detail.order, "active": detail.active}


class EventSerializer(serializers.Serializer[WebhookEvent]):
    id = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=WebhookEvent.State.values)
    reason = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the contract's word


class Filters(serializers.Serializer[Any]):
    """The query of the list of conversations."""

    status = serializers.ChoiceField(choices=Status.values, required=False)
    classification = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    agent = serializers.CharField(required=False, max_length=150)
    q = serializers.CharField(required=False, max_length=200)


class EventFilters(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=WebhookEvent.State.values, required=False)


class After(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=2**62, help_text=_("Only messages after this id")
    )


class Problem(serializers.Serializer[Any]):
    detail = serializers.CharField()


class ConflictProblem(Problem):
    status = serializers.ChoiceField(choices=Status.values)
    agent = AgentSerializer(allow_null=True)
    cause = serializers.CharField(required=False)
