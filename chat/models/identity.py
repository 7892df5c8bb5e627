"""Who writes on a channel: the id the provider gives a person there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.channel import Channel
from chat.models.contact import Contact


class Identity(models.Model):
    """A person as one channel knows them; a phone number is only one kind of id."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="identities")
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="identities")
    # The provider's own name of the channel, exactly as this person's last message carried it.
    line_reference = models.CharField(max_length=255, blank=True)
    last_inbound_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [models.UniqueConstraint("channel", "external_id", name="identity_once")]
        indexes = [models.Index(fields=["external_id"], name="identity_by_external_id")]

    def __str__(self) -> str:
        return self.name or self.external_id
