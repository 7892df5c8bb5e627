"""Signs of life of the processes of this installation."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """The last time a part of the installation was seen working."""

    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.part
