"""A form that was taken: sent a second time, it leads to what the first one made."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Submission(models.Model):
    """`token` came with the empty form; `location` is where the one who sent it was led."""

    token = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    location = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.location
