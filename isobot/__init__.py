"""The assembled project: settings, addresses, processes."""

from isobot.celery import app as celery_app

__all__ = ["celery_app"]
