"""What is known of an account at a provider: its token's health, its pauses, its credentials."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from parameters.encryption import EncryptedTextField


class Account(models.Model):
    """The shared state that makes one renewal, and one daily check, serve everybody.

    A token is named by its fingerprint, so that a token somebody pasted by hand needs no
    bookkeeping: whatever is not the dead one is worth trying. The one secret held here is the
    pair a renewal replaced, encrypted, until the new pair is proven.
    """

    adapter = models.CharField(max_length=50)
    channel_key = models.CharField(max_length=100, blank=True)
    dead_token = models.CharField(max_length=64, blank=True)
    refused_refresh = models.CharField(max_length=64, blank=True)
    renewer = models.CharField(max_length=64, blank=True)
    renewal_lease_until = models.DateTimeField(null=True)
    renewal_tries = models.PositiveSmallIntegerField(default=0)
    renew_after = models.DateTimeField(null=True)
    renewed_at = models.DateTimeField(null=True)
    # What the last renewal led to, for whoever waited for it.
    renewal_outcome = models.CharField(max_length=20, blank=True)
    renewal_code = models.CharField(max_length=50, blank=True)
    renewal_detail = models.CharField(max_length=300, blank=True)
    previous_pair = EncryptedTextField(blank=True)
    probes = models.PositiveSmallIntegerField(default=0)
    probe_after = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    # Sends the provider failed with, one after the other and none accepted between.
    failures = models.PositiveIntegerField(default=0, db_default=0)
    # The daily check: raised where one begins and where it ends, so that of many who saw it due
    # one makes it.
    check_round = models.PositiveIntegerField(default=0)
    check_lease_until = models.DateTimeField(null=True)
    check_failures = models.PositiveSmallIntegerField(default=0)
    # Not before then, unless the credentials are others by now.
    next_check_at = models.DateTimeField(null=True)
    checked_credentials = models.CharField(max_length=64, blank=True)
    # The last time the provider took the token, where its adapter names no key for that.
    verified_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [models.UniqueConstraint("adapter", "channel_key", name="account_once")]

    def __str__(self) -> str:
        return f"{self.adapter}/{self.channel_key}".rstrip("/")


class ChannelCredentials(models.Model):
    """Named values of a channel whose adapter keeps them with the channel (JSON, encrypted)."""

    adapter = models.CharField(max_length=50)
    channel_key = models.CharField(max_length=100, blank=True)
    values = EncryptedTextField(blank=True)

    class Meta:
        verbose_name = _("credentials of a channel")
        verbose_name_plural = _("credentials of channels")
        constraints = [
            models.UniqueConstraint("adapter", "channel_key", name="channel_credentials_once")
        ]

    def __str__(self) -> str:
        return f"{self.adapter}/{self.channel_key}".rstrip("/")
