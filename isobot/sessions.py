"""How long somebody stays signed in: the session's own end, which whatever reads it obeys."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase

NOTED_EVERY = 5 * 60  # seconds


def watch() -> None:
    """Start noticing who signs in. Called once, when the app starts."""
    user_logged_in.connect(_begin, dispatch_uid="a session begins")


def _begin(request: Any, **_: Any) -> None:
    now = int(time.time())
    request.session.update({"began": now, "seen": now})


def go_on(session: SessionBase) -> None:
    """Somebody did something: the session lives on, up to its last day. Written now and then."""
    now = int(time.time())
    if now - session.get("seen", 0) < NOTED_EVERY:
        return
    began = session.get("began", now)
    session.update({"began": began, "seen": now})
    left = began + settings.ISOBOT_SIGNED_IN_FOR - now
    session.set_expiry(max(1, min(settings.SESSION_COOKIE_AGE, left)))
