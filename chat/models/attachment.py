"""A file of a message: sent by a customer and fetched from the provider, or sent by an agent."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.message import Message


def new_key() -> str:
    """A name nobody can guess: 192 random bits, safe in an address and as a file's name."""
    return secrets.token_urlsafe(24)


class Attachment(models.Model):
    """`name` is what people call the file, `type` its MIME type once it was looked at.

    `file` is its name below the folder of media, empty while there is nothing here. An upload
    has no message until it is sent; `source` is where the provider keeps a file that came in.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Being fetched")
        READY = "ready", _("Here")
        TOO_LARGE = "too_large", _("Larger than what is kept")
        FAILED = "failed", _("Could not be fetched")

    key = models.CharField(max_length=40, unique=True, default=new_key)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    content = models.CharField(max_length=20)
    name = models.CharField(_("Name"), max_length=255, blank=True)
    type = models.CharField(_("Type"), max_length=100, blank=True)
    size = models.BigIntegerField(_("Size"), null=True)
    file = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    source = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(state="pending"),
                name="attachment_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.content
