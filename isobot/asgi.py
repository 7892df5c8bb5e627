"""The ASGI application: `uvicorn isobot.asgi:application`."""

import asyncio
import os
from typing import IO, Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from isobot.bodies import limited
from isobot.floor import protected
from isobot.readers import given_up


class Request(ASGIRequest):
    """Has a length also where the caller told none: without one Django reads no form."""

    def __init__(self, scope: dict[str, Any], body_file: IO[bytes]) -> None:
        super().__init__(scope, body_file)
        if not self.META.get("CONTENT_LENGTH") and (size := body_file.seek(0, os.SEEK_END)):
            self.META["CONTENT_LENGTH"] = str(size)
        body_file.seek(0)


class Handler(ASGIHandler):
    """Answers so many at a time; the others wait for a place, and hold nothing while they do.

    Each request has a thread and a connection to the database of its own: all screens that come
    back after a restart would take more than the server has, and webhooks would find none.
    """

    request_class = Request
    PEOPLE = 16
    # Providers, and who asks whether all is well, wait for each other only.
    SYSTEMS = 8
    FOR_SYSTEMS = ("/webhooks/", "/health/", "/metrics")

    def __init__(self) -> None:
        super().__init__()
        self._people = asyncio.Semaphore(self.PEOPLE)
        self._systems = asyncio.Semaphore(self.SYSTEMS)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        of_systems = request.path.startswith(self.FOR_SYSTEMS)
        async with self._systems if of_systems else self._people:
            try:
                response: HttpResponseBase = await super().run_get_response(request)
                return response
            finally:
                # Not once it is read to the end: that is up to the caller, and may take minutes.
                await sync_to_async(close_old_connections)()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isobot.settings")
django.setup(set_prefix=False)
application = given_up(protected(limited(Handler())))
