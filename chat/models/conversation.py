"""A conversation, the table of its legal moves, and the record of what happened to it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models.classification import Classification
from chat.models.contact import Contact
from chat.models.identity import Identity
from provider.channels import FACTS
from provider.contracts import ChannelKind


class Status(models.TextChoices):
    BOT = "bot", _("With the isoBot")
    WAITING = "waiting", _("Waiting")
    ACTIVE = "active", _("In service")
    ON_HOLD = "on_hold", _("On hold")
    CLOSED = "closed", _("Closed")


# Every legal move: what is done, from where, and where it leads. Nothing else is legal.
MOVES: dict[str, dict[Status, Status]] = {
    "hand_off": {Status.BOT: Status.WAITING},
    "assume": {Status.WAITING: Status.ACTIVE},
    "assign": {
        Status.WAITING: Status.ACTIVE,
        Status.ACTIVE: Status.ACTIVE,
        Status.ON_HOLD: Status.ACTIVE,
    },
    "requeue": {
        Status.WAITING: Status.WAITING,
        Status.ACTIVE: Status.WAITING,
        Status.ON_HOLD: Status.WAITING,
    },
    "hold": {Status.ACTIVE: Status.ON_HOLD},
    "resume": {Status.ON_HOLD: Status.ACTIVE},
    "close": {
        Status.BOT: Status.CLOSED,
        Status.WAITING: Status.CLOSED,
        Status.ACTIVE: Status.CLOSED,
        Status.ON_HOLD: Status.CLOSED,
    },
}
OWNED = (Status.ACTIVE, Status.ON_HOLD)
UNFINISHED = (Status.BOT, Status.WAITING, *OWNED)


class Conversation(models.Model):
    """One atendimento of one identity. `version` grows with every change anybody can see.

    The last lines are denormalised for the list, in the transaction that stores the message.
    """

    identity = models.ForeignKey(Identity, models.PROTECT, related_name="conversations")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="conversations")
    status = models.CharField(max_length=10, choices=Status)
    classification = models.ForeignKey(
        Classification, models.PROTECT, null=True, related_name="conversations"
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="conversations"
    )
    previous = models.ForeignKey("self", models.SET_NULL, null=True, related_name="next")
    version = models.PositiveIntegerField(default=1)
    bot_state = models.JSONField(default=dict)
    start_notice_sent = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True)
    last_preview = models.CharField(max_length=120, blank=True)
    last_author = models.CharField(max_length=10, blank=True)
    unread_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.UniqueConstraint(
                "identity", condition=~Q(status="closed"), name="one_open_conversation"
            ),
            models.CheckConstraint(
                condition=Q(agent__isnull=False, status__in=OWNED)
                | Q(agent__isnull=True, status__in=["bot", "waiting"])
                | Q(status="closed"),
                name="owner_fits_status",
            ),
        ]
        indexes = [
            # The list: a classification's, an agent's or everybody's, newest activity first.
            models.Index(
                fields=["classification", "status", "-last_message_at"], name="conv_of_queue"
            ),
            models.Index(fields=["agent", "status", "-last_message_at"], name="conv_of_agent"),
            models.Index(fields=["-last_message_at", "-id"], name="conv_newest"),
            models.Index(fields=["status", "-last_message_at", "-id"], name="conv_by_status"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def channel(self) -> object:
        return self.identity.channel

    @property
    def display_name(self) -> str:
        """The linked contact's name, else the name the provider gave, else the id."""
        if not self.contact.anonymous:
            return self.contact.name
        return self.identity.name or self.identity.external_id

    @property
    def window_closes_at(self) -> datetime | None:
        """When free text stops being accepted; None where the channel has no such window."""
        window = FACTS[ChannelKind(self.identity.channel.kind)].window
        last = self.identity.last_inbound_at
        return None if window is None or last is None else last + window

    @property
    def window_is_closed(self) -> bool:
        """Whether only a template may leave now; nothing where the channel has none."""
        closes_at = self.window_closes_at
        return closes_at is not None and closes_at <= timezone.now()

    @property
    def has_templates(self) -> bool:
        return FACTS[ChannelKind(self.identity.channel.kind)].has_templates


class ConversationEvent(models.Model):
    """What happened to a conversation and why, in the words of a code (see `chat.trace`)."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    why = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    data = models.JSONField(default=dict)
    version = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("event of a conversation")
        verbose_name_plural = _("events of conversations")
        ordering = ["id"]
        indexes = [models.Index(fields=["conversation", "id"], name="event_of_conversation")]

    def __str__(self) -> str:
        return self.what
