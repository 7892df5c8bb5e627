"""A webhook as it came, and what became of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from provider.reasons import SENTENCES


class WebhookEvent(models.Model):
    """The raw bytes of one authentic webhook. A repeat with the same bytes adds no row."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSED = "processed", _("Processed")
        DISCARDED = "discarded", _("Discarded")
        DEAD = "dead", _("Dead")

    adapter = models.CharField(max_length=50)
    channel_key = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    # What was not applied: [{"index": 0, "id": "…", "reason": "…"}]; null before the first try.
    unapplied = models.JSONField(null=True)
    # Times the handler was started without coming to an end, counted before it starts.
    tries = models.PositiveSmallIntegerField(default=0)
    waits = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("provider event")
        verbose_name_plural = _("provider events")
        constraints = [
            models.UniqueConstraint("adapter", "channel_key", "digest", name="event_stored_once")
        ]
        indexes = [
            # The drain: what is due, oldest first.
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(state="received"),
                name="event_due",
            ),
            models.Index(fields=["state", "-id"], name="event_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.adapter} {self.pk}"

    @property
    def source(self) -> str:
        return f"{self.adapter}/{self.channel_key}".rstrip("/")

    @property
    def reason(self) -> str:
        """Why it, or some of its items, took no effect: a sentence for people, or nothing."""
        if not self.unapplied:
            return ""
        sentences = []
        for item in self.unapplied:
            sentence = str(SENTENCES.get(item["reason"], item["reason"]))
            if self.state == self.State.PROCESSED or len(self.unapplied) > 1:
                name = item.get("id") or _("item %(number)s") % {"number": item["index"] + 1}
                sentence = f"{name}: {sentence}"
            sentences.append(sentence)
        return " ".join(dict.fromkeys(sentences))


class EventTie(models.Model):
    """An id a stored event waits for; when it turns up the event is tried at once."""

    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="ties")
    tie = models.CharField(max_length=255, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("event", "tie", name="event_tie_once")]

    def __str__(self) -> str:
        return self.tie
