"""Templates as their provider last listed them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from provider.templates import TemplateState


class MessageTemplate(models.Model):
    """A copy to choose from; the provider's list decides. `${name}` marks a variable."""

    class State(models.TextChoices):
        PENDING = TemplateState.PENDING.value, _("Waiting for approval")
        APPROVED = TemplateState.APPROVED.value, _("Approved")
        REJECTED = TemplateState.REJECTED.value, _("Rejected")
        UNUSABLE = TemplateState.UNUSABLE.value, _("Cannot be sent")

    adapter = models.CharField(_("Provider"), max_length=50)
    channel_key = models.CharField(_("Channel"), max_length=100, blank=True)
    name = models.CharField(_("Name"), max_length=512)
    language = models.CharField(_("Language"), max_length=20)
    category = models.CharField(_("Category"), max_length=40, blank=True)
    header = models.TextField(_("Header"), blank=True)
    body = models.TextField(_("Text"))
    footer = models.TextField(_("Footer"), blank=True)
    buttons = models.JSONField(_("Buttons"), default=list)
    state = models.CharField(_("Situation"), max_length=10, choices=State)
    note = models.CharField(_("What the provider said"), max_length=300, blank=True)
    seen_at = models.DateTimeField(_("Last listed"))

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ["name", "language"]
        constraints = [
            models.UniqueConstraint(
                "adapter", "channel_key", "name", "language", name="template_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
