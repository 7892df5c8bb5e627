"""Incidents: what stands in the way of an account, until it is over."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from provider.accounts import INSTALLATION, IncidentKind
from provider.incident_words import CREDENTIALS_HELP, OF_A_CHANNEL, WORDS, Words


class Incident(models.Model):
    """One trouble of one account, from its first to its last moment.

    Its mail is claimed before it is sent and never sent twice: `SENDING` that stays means that
    the process ended in the middle, and nobody knows whether the mail left.
    """

    class Mail(models.TextChoices):
        WAITING = "waiting", _("To be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        LOST = "lost", _("Not confirmed")

    adapter = models.CharField(max_length=50)
    channel_key = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=30)
    # The provider's own code, and its words without secrets.
    cause = models.CharField(max_length=50, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    keys = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.WAITING)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_after = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["adapter", "channel_key", "kind"],
                condition=models.Q(closed_at=None),
                name="incident_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.adapter}/{self.channel_key}".rstrip("/") + f" {self.kind}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def title(self) -> str:
        title = str(self._words.title)
        return f"{title}: {self.channel_key}" if self.of_a_channel else title

    @property
    def of_a_channel(self) -> bool:
        """Whether it is about one channel's account, and not about all that share one."""
        return bool(self.channel_key) and self.adapter != INSTALLATION

    @property
    def happened(self) -> str:
        """A sentence for people: what is wrong."""
        happened = str(self._words.happened) % {"keys": self.keys}
        if not self.of_a_channel:
            return happened
        return gettext("Channel %(channel)s:") % {"channel": self.channel_key} + f" {happened}"

    @property
    def next_step(self) -> str:
        """A sentence for people: what to do about it."""
        if self.of_a_channel and self.kind in CREDENTIALS_HELP:
            return str(OF_A_CHANNEL) % {"channel": self.channel_key}
        return str(self._words.next_step) % {"keys": self.keys}

    @property
    def _words(self) -> Words:
        return WORDS[IncidentKind(self.kind)]
