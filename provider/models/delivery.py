"""The outbox: one row for each message to send, one for each time a send was tried."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Delivery(models.Model):
    """A message on its way out. Sends of one stream leave in the order of their ids."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        LEASED = "leased", _("Being sent")
        ACCEPTED = "accepted", _("Accepted by the provider")
        UNCONFIRMED = "unconfirmed", _("Not confirmed")
        FAILED = "failed", _("Failed")

    reference = models.UUIDField(default=uuid.uuid4, unique=True)
    stream = models.CharField(max_length=100)
    adapter = models.CharField(max_length=50)
    channel_kind = models.CharField(max_length=20)
    line = models.CharField(max_length=255, blank=True)
    line_reference = models.CharField(max_length=255, blank=True)
    # The channel whose own credentials send it; empty where one account serves all channels.
    channel_key = models.CharField(max_length=100, blank=True, default="", db_default="")
    recipient = models.CharField(max_length=255)
    text = models.TextField()
    # What goes with the text, or instead of it: file, template, choices, reply_to.
    extra = models.JSONField(default=dict, db_default={})
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    # Raised by every claim; a result that carries an older epoch is late and changes no state.
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    charged_tries = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    held = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("send")
        verbose_name_plural = _("outbox")
        indexes = [
            # The drain: what may leave, and what is open before it in the same stream.
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(state="queued"),
                name="delivery_due",
            ),
            models.Index(
                fields=["stream", "id"],
                condition=~models.Q(state="accepted") & ~models.Q(state="failed"),
                name="delivery_unsettled",
            ),
            # Ties: echoes and watermarks look for what left for one person.
            models.Index(fields=["recipient", "-id"], name="delivery_of_recipient"),
        ]

    def __str__(self) -> str:
        return str(self.reference)

    @classmethod
    def unsettled(cls) -> models.QuerySet[Delivery]:
        """What waits, leaves or is in doubt: few, whatever has left before.

        In the words and the order of their index, without which SQLite reads the whole table.
        """
        rows = cls.objects.exclude(state=cls.State.ACCEPTED).exclude(state=cls.State.FAILED)
        return rows.order_by("stream", "id")


class Attempt(models.Model):
    """One time a send was tried; the row is committed before a byte leaves."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        RETRY = "retry", _("To be tried again")
        UNAUTHORIZED = "unauthorized", _("Token refused")
        UNCONFIRMED = "unconfirmed", _("Answer lost")
        FAILED = "failed", _("Refused")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    epoch = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    external_id = models.CharField(max_length=255, blank=True)
    job_id = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=50, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [models.UniqueConstraint("delivery", "epoch", name="attempt_once_per_epoch")]
        indexes = [
            models.Index(
                fields=["external_id"], condition=~models.Q(external_id=""), name="attempt_by_id"
            ),
            models.Index(fields=["job_id"], condition=~models.Q(job_id=""), name="attempt_by_job"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.epoch}"
