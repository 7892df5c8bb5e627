"""A channel: one line of one kind at one provider, and the menu that answers on it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.menu import Menu
from provider.contracts import ChannelKind


class Channel(models.Model):
    """`line` is the number, page or bot id; `discovered` marks one nobody included by hand."""

    class Kind(models.TextChoices):
        WHATSAPP = ChannelKind.WHATSAPP.value, "WhatsApp"
        MESSENGER = ChannelKind.MESSENGER.value, "Messenger"
        INSTAGRAM = ChannelKind.INSTAGRAM.value, "Instagram"
        TELEGRAM = ChannelKind.TELEGRAM.value, "Telegram"

    key = models.SlugField(_("Key"), max_length=50, unique=True)
    kind = models.CharField(_("Type"), max_length=20, choices=Kind)
    adapter = models.CharField(_("Provider"), max_length=50)
    line = models.CharField(_("Line"), max_length=255, blank=True)
    active = models.BooleanField(_("Active"), default=True)
    discovered = models.BooleanField(_("Discovered"), default=False)
    menu = models.ForeignKey(Menu, models.PROTECT, related_name="channels")

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["kind", "key"]
        constraints = [
            # A line belongs to one channel, and a channel to one menu (guide, introduction).
            models.UniqueConstraint("adapter", "kind", "line", name="channel_line_once"),
            # And that whatever provider it is reached by: a number answers with one menu.
            models.UniqueConstraint(
                "kind",
                "line",
                condition=models.Q(kind__in=["whatsapp", "telegram"]) & ~models.Q(line=""),
                name="number_on_one_channel",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.line}".strip()
