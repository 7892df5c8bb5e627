"""Signs of life of the processes of this installation, and how often passwords were tried."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """The last time a part of the installation was seen working."""

    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.part


class Tries(models.Model):
    """How often a password was tried in a window; `key` is a digest that names nobody."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.count}"
