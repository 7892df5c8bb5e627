"""The JSON of messages: what a conversation tells of one, and what may be sent."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chat import contents, failures
from chat import models as m
from chat.models import Message
from chat.services.extras import LONGEST_NAME, MOST_CONTACTS
from provider.contracts import Place


class Attachment(serializers.Serializer[Any]):
    """A file of a message. Until it is here its `url` is empty; so it stays where it never comes.

    `type` and `size` are then what the provider says, where it does.
    """

    name = serializers.CharField()
    type = serializers.CharField()
    size = serializers.IntegerField(allow_null=True, help_text=_("In bytes"))
    url = serializers.SerializerMethodField(
        help_text=_("The path of the file in this API; empty while it is not here")
    )

    def get_url(self, attachment: m.Attachment) -> str:
        is_here = attachment.state == m.Attachment.State.READY and attachment.file
        return reverse("api-attachment", args=[attachment.key]) if is_here else ""


class Failure(serializers.Serializer[Any]):
    cause = serializers.CharField()
    detail = serializers.CharField()


class Degrees(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        try:
            return super().to_internal_value(data)
        except OverflowError:
            self.fail("invalid")


class Location(serializers.Serializer[Place]):
    """A place in degrees, and what it is called where that is known."""

    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    name = serializers.CharField()
    address = serializers.CharField()


class NewLocation(serializers.Serializer[Any]):
    """A place in degrees (WGS 84), and what it is called."""

    latitude = Degrees(min_value=-90, max_value=90)
    longitude = Degrees(min_value=-180, max_value=180)
    name = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST_NAME
    )
    address = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST_NAME
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if Place.at(**attrs) is None:  # what is no number is neither too small nor too large
            raise serializers.ValidationError(_("These numbers are no place on earth."))
        return attrs


class Card(serializers.Serializer[Any]):
    """A person, as out of an address book."""

    name = serializers.CharField()
    phones = serializers.ListField(child=serializers.CharField())
    emails = serializers.ListField(child=serializers.CharField())


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
    reply_to = serializers.IntegerField(
        source="reply_to_id", allow_null=True, help_text=_("The id of the message it answers")
    )
    location = serializers.SerializerMethodField()
    contacts = serializers.SerializerMethodField()

    @extend_schema_field(Location(allow_null=True))
    def get_location(self, message: Message) -> Any:
        place = contents.place_of(message.data)
        return Location(place).data if place else None

    @extend_schema_field(Card(many=True))
    def get_contacts(self, message: Message) -> Any:
        return Card(contents.people_of(message.data), many=True).data

    @extend_schema_field(Attachment(many=True))
    def get_attachments(self, message: Message) -> list[dict[str, Any]]:
        return list(Attachment(message.attachments.all(), many=True).data)

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


class NewTemplate(serializers.Serializer[Any]):
    """An approved template by its name, and a value for each of its variables."""

    name = serializers.CharField(max_length=512)
    params = serializers.DictField(child=serializers.CharField(max_length=2000), default=dict)


REPLY = _("The id of the message of this conversation that is answered")


class NewMessage(serializers.Serializer[Any]):
    """Exactly one of `text`, `template`, `location` and `contacts`; `reply_to` not with a template.

    Where a channel cannot take one of them, the answer is 400 and says so.
    """

    text = serializers.CharField(trim_whitespace=False, max_length=20_000, required=False)
    template = NewTemplate(required=False)
    location = NewLocation(required=False)
    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        required=False,
        min_length=1,
        max_length=MOST_CONTACTS,
        help_text=_("The ids of contacts whose name and telephones are sent as cards"),
    )
    reply_to = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, help_text=REPLY
    )
    client_id = serializers.CharField(max_length=100, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        sent = [name for name in ("text", "template", "location", "contacts") if name in attrs]
        if not sent:
            raise serializers.ValidationError({"text": _("Write a message before sending.")})
        if sent == ["text", "template"]:
            raise serializers.ValidationError(
                {"template": _("Send a text or a template, not both.")}
            )
        if len(sent) > 1:
            raise serializers.ValidationError(
                {sent[-1]: _("Send a text, a template, a location or contacts: one at a time.")}
            )
        if "template" in attrs and "reply_to" in attrs:
            raise serializers.ValidationError(
                {"reply_to": _("A template does not answer one message in particular.")}
            )
        return attrs


class NewFile(serializers.Serializer[Any]):
    """A file, with `text` as its caption, or after it where the channel has no captions."""

    file = serializers.FileField(allow_empty_file=True)
    text = serializers.CharField(
        trim_whitespace=False, max_length=20_000, required=False, allow_blank=True
    )
    reply_to = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, help_text=REPLY
    )
    client_id = serializers.CharField(max_length=100, required=False)
