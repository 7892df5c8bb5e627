"""The ASGI application: `uvicorn isobot.asgi:application`."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from isobot.bodies import Receive, Send, limited
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
    """Answers each request in one of so many threads, which keep their connection to the database.

    Who comes later waits, and holds nothing meanwhile: all screens that come back after a restart
    would take more connections than the server has, and webhooks would find none.
    """

    request_class = Request
    PEOPLE = 16
    # Providers, and who asks whether all is well, wait for each other only.
    SYSTEMS = 8
    FOR_SYSTEMS = ("/webhooks/", "/health/", "/metrics")

    def __init__(self) -> None:
        super().__init__()
        self._people = ThreadPoolExecutor(self.PEOPLE, "people")
        self._systems = ThreadPoolExecutor(self.SYSTEMS, "systems")
        self._edges = ThreadPoolExecutor(1, "edges")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """What Django does before and after an answer takes no time: one thread does it for all."""
        async with ThreadSensitiveContext(executor=self._edges):
            await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        """As one synchronous chain: otherwise each middleware goes to another thread, and back."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        of_systems = request.path.startswith(self.FOR_SYSTEMS)
        threads = self._systems if of_systems else self._people
        answer = sync_to_async(self._answer, thread_sensitive=False, executor=threads)
        response: HttpResponseBase = await answer(request)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isobot.settings")
django.setup(set_prefix=False)
application = given_up(protected(limited(Handler())))
