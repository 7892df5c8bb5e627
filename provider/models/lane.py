"""A lane of work that one worker at a time may drive."""

from __future__ import annotations

from django.db import models


class Lane(models.Model):
    """Held by a lease; a driver that dies loses it when the lease ends."""

    name = models.CharField(max_length=50, primary_key=True)
    driver = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
