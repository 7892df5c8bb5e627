"""Who writes on a channel: the id the provider gives a person there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.channel import Channel
from chat.models.contact import Contact

# No provider's id begins like this.
_LOST = "~"


class Identity(models.Model):
    """A person as one channel knows them; a phone number is only one kind of id.

    `external_id` is the one they are written to; all they are known by are their aliases.
    Who lost the last of them is written to by none: see `lost_address`.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="identities")
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="identities")
    # The provider's own name of the channel, exactly as this person's last message carried it.
    line_reference = models.CharField(max_length=255, blank=True)
    last_inbound_at = models.DateTimeField(null=True)
    # When the provider is asked for the name next, and how often it was: see `services.names`.
    ask_name_at = models.DateTimeField(null=True)
    name_tries = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            # The condition always holds. Under a unique index without one PostgreSQL lets nobody
            # refer to the row while its id changes, and so whoever commits a change of a
            # conversation would wait for who changes a number, who may wait for them.
            models.UniqueConstraint(
                "channel",
                "external_id",
                condition=models.Q(external_id__isnull=False),
                name="identity_once",
            )
        ]
        indexes = [
            models.Index(fields=["external_id"], name="identity_by_external_id"),
            models.Index(
                fields=["ask_name_at"],
                condition=models.Q(ask_name_at__isnull=False),
                name="identity_to_ask_for",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id

    @property
    def is_reachable(self) -> bool:
        """Whether there is an id to write to them by."""
        return not self.external_id.startswith(_LOST)

    @property
    def stream(self) -> str:
        """What is sent to them leaves one after the other, under this name."""
        return f"identity:{self.pk}"

    def lost_address(self) -> str:
        """What stands for an id that is theirs no more: shows what it was, and is nobody's."""
        return f"{_LOST}{self.external_id[:220]}{_LOST}{self.pk}"


class IdentityAlias(models.Model):
    """An id a person is known by on a channel, in the form it is matched by.

    See `provider.channels.matched_id`. Each belongs to one person, whatever form it came in.
    """

    identity = models.ForeignKey(Identity, models.CASCADE, related_name="aliases")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255)

    class Meta:
        verbose_name = _("id of a person")
        verbose_name_plural = _("ids of people")
        constraints = [models.UniqueConstraint("channel", "external_id", name="alias_once")]
        indexes = [models.Index(fields=["external_id"], name="alias_by_external_id")]

    def __str__(self) -> str:
        return self.external_id
