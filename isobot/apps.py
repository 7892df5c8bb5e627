"""The assembled project as an app: its heartbeats and its commands."""

from django.apps import AppConfig


class IsobotConfig(AppConfig):
    name = "isobot"
