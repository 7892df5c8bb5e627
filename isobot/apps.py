"""The assembled project as an app: its heartbeats, its sessions and its commands."""

from django.apps import AppConfig


class IsobotConfig(AppConfig):
    name = "isobot"

    def ready(self) -> None:
        from isobot import sessions

        sessions.watch()
