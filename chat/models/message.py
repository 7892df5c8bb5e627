"""A message, the facts known of its sending, and the status they add up to."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.channel import Channel
from chat.models.conversation import Conversation
from provider.channels import FACTS
from provider.contracts import ChannelKind
from provider.contracts import Status as SendStatus

# The highest fact wins, whatever the order of arrival: evidence from the device outranks a
# failure, and a lost answer gives way to anything that is known.
RANK = {
    SendStatus.QUEUED: 0,
    SendStatus.UNKNOWN: 1,
    SendStatus.SENT: 2,
    SendStatus.FAILED: 3,
    SendStatus.DELIVERED: 4,
    SendStatus.READ: 5,
}


class Author(models.TextChoices):
    CONTACT = "contact", _("Customer")
    BOT = "bot", _("isoBot")
    AGENT = "agent", _("Agent")
    SYSTEM = "system", _("System")


class Direction(models.TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")


class Message(models.Model):
    """`reference` names its newest send; a resend takes a new one. Statuses are derived."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    channel = models.ForeignKey(Channel, models.PROTECT)
    direction = models.CharField(max_length=3, choices=Direction)
    author = models.CharField(max_length=10, choices=Author)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    author_name = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    content = models.CharField(max_length=20, default="text")
    # What there is besides text, as plain values: a place or people (see `chat.contents`) and
    # the contacts they were asked as, the template sent instead of it, the choices beside it.
    data = models.JSONField(default=dict, db_default={})
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replies")
    external_id = models.CharField(max_length=255, null=True)  # noqa: DJ001 - unique where known
    client_id = models.CharField(max_length=100, null=True)  # noqa: DJ001 - unique where given
    reference = models.UUIDField(default=uuid.uuid4, unique=True)
    status = models.CharField(max_length=10, blank=True)
    failure_cause = models.CharField(max_length=20, blank=True)
    failure_detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    provider_at = models.DateTimeField(null=True)
    # The conversation's version when this message last changed: how screens catch up.
    version = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("channel", "external_id", name="message_once"),
            models.UniqueConstraint("conversation", "client_id", name="client_message_once"),
        ]
        indexes = [
            models.Index(fields=["conversation", "id"], name="message_of_conversation"),
            models.Index(fields=["conversation", "version"], name="message_changed"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def can_resend(self) -> bool:
        """Whether a person may send it once more: it failed, or its fate is not known."""
        return self.direction == Direction.OUT and self.status in ("failed", "unknown")


class MessageFact(models.Model):
    """The first time a status was learnt of one send of a message. Never changed, never lost."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="facts")
    reference = models.UUIDField()
    status = models.CharField(max_length=10)
    at = models.DateTimeField()
    cause = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("message", "reference", "status", name="fact_once")]

    def __str__(self) -> str:
        return self.status


class Fact(NamedTuple):
    """A fact as a value: of which send, what, and why where it is a failure."""

    reference: UUID
    status: SendStatus
    cause: str = ""
    detail: str = ""


class View(NamedTuple):
    """What people see of a message."""

    status: SendStatus
    cause: str = ""
    detail: str = ""


def view_of(facts: Iterable[Fact], reference: UUID, kind: ChannelKind) -> View:
    """The status facts add up to: those of the newest send, and proof from the device of any.

    On channels that report only sent and failed, delivered and read are shown as sent.
    """
    proof = (SendStatus.DELIVERED, SendStatus.READ)
    counted = [f for f in facts if f.reference == reference or f.status in proof]
    if not counted:
        return View(SendStatus.QUEUED)
    best = max(counted, key=lambda fact: RANK[fact.status])
    status = best.status
    if status in proof and status not in FACTS[kind].shows:
        status = SendStatus.SENT
    blamed = status in (SendStatus.FAILED, SendStatus.QUEUED)
    return View(status, best.cause if blamed else "", best.detail if blamed else "")
