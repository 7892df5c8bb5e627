"""Vincular: which contact an identity was given, and what has to be taken back by an undo."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.contact import Contact, ContactEContact, ContactPhone
from chat.models.conversation import Conversation
from chat.models.identity import Identity


class ContactLink(models.Model):
    """`phone` and `econtact` are the rows this link added to the contact, if it added any.

    `made_contact` says that the contact itself was made to be linked to.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="links")
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="links")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="links")
    previous = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    phone = models.ForeignKey(ContactPhone, models.SET_NULL, null=True, related_name="+")
    econtact = models.ForeignKey(ContactEContact, models.SET_NULL, null=True, related_name="+")
    made_contact = models.BooleanField(default=False, db_default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("link to a contact")
        verbose_name_plural = _("links to contacts")
        constraints = [
            models.UniqueConstraint(
                "identity",
                condition=models.Q(undone_at__isnull=True),
                name="one_link_per_identity",
            )
        ]

    def __str__(self) -> str:
        return f"{self.identity} › {self.contact}"
