"""The JSON of the contract: what is read from rows, and what is taken from callers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chat import trace
from chat.models import (
    Channel,
    Classification,
    Contact,
    Conversation,
    Membership,
    Menu,
)
from chat.models.conversation import Status
from chat.services import desk
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


class Transfer(serializers.Serializer[Any]):
    """Exactly one of `classification` and `agent`."""

    classification = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**62
    )
    agent = serializers.CharField(required=False, allow_null=True, max_length=150)
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=desk.LONGEST_NOTE,
        help_text=_("For colleagues; never sent to the customer"),
    )


class Link(serializers.Serializer[Any]):
    contact = serializers.IntegerField(min_value=1, max_value=2**62)


class ClassificationSerializer(serializers.Serializer[Classification]):
    code = serializers.IntegerField(read_only=True)
    description = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=Classification.Kind.values)
    active = serializers.BooleanField(required=False)


class MembershipSerializer(serializers.Serializer[Membership]):
    agent = serializers.CharField(source="user.username", max_length=150)
    supervisor = serializers.BooleanField(required=False)


class ChannelSerializer(serializers.Serializer[Channel]):
    """`key` is made from the kind and `menu` is the default one where they are left out.

    `credentials` of the adapter whatsapp are `phone_number_id`, `access_token`, `app_secret` and
    `verify_token`; with `business_account_id` too, the templates of that account are listed.
    """

    id = serializers.IntegerField(read_only=True)
    key = serializers.SlugField(max_length=50, required=False)
    kind = serializers.ChoiceField(choices=Channel.Kind.values)
    adapter = serializers.CharField(max_length=50)
    line = serializers.CharField(max_length=255, required=False, allow_blank=True)
    active = serializers.BooleanField(required=False)
    menu = serializers.IntegerField(source="menu_id", required=False, min_value=1, max_value=2**62)
    credentials = serializers.DictField(
        child=serializers.CharField(max_length=4096, allow_blank=True),
        required=False,
        write_only=True,
    )

    @property
    def values(self) -> dict[str, Any]:
        """What was sent, by the names the service knows."""
        sent = dict(self.validated_data)
        if "menu_id" in sent:
            sent["menu"] = sent.pop("menu_id")
        return sent


class MenuSerializer(serializers.Serializer[Menu]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    default = serializers.BooleanField()


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


class Query(serializers.Serializer[Any]):
    """What is asked in the address, each thing once: of two answers neither is meant."""

    def to_internal_value(self, data: Any) -> Any:
        twice = [str(name) for name in self.fields if len(data.getlist(str(name))) > 1]
        if twice:
            raise serializers.ValidationError({name: [_("Ask this once.")] for name in twice})
        return super().to_internal_value(data)


class Filters(Query):
    """The query of the list of conversations."""

    status = serializers.ChoiceField(choices=Status.values, required=False)
    classification = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    agent = serializers.CharField(required=False, max_length=150)
    q = serializers.CharField(required=False, max_length=200)


class EventFilters(Query):
    state = serializers.ChoiceField(choices=WebhookEvent.State.values, required=False)


class After(Query):
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=2**62, help_text=_("Only messages after this id")
    )


class Problem(serializers.Serializer[Any]):
    detail = serializers.CharField()


class ConflictProblem(Problem):
    status = serializers.ChoiceField(choices=Status.values)
    agent = AgentSerializer(allow_null=True)
    cause = serializers.CharField(required=False)
