"""Signing in with a password: counted before it is looked at, and audited.

What is counted is a try by its name, by its place, and by both. A browser in which somebody
signed in before is counted apart, for that person alone: whoever types wrong passwords elsewhere
keeps nobody out of their own browser.
"""

from __future__ import annotations

import hashlib
import ipaddress
import unicodedata
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chat.services import audit
from chat.views import profile
from isobot.models import Tries
from isobot.views import too_many

log = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=15)
# An office shares one address, where many mistype at the start of a shift.
PER_PLACE, PER_NAME_AT_PLACE, PER_NAME, PER_BROWSER = 60, 8, 40, 8
KNOWN_FOR = timedelta(days=90)
SALT = "isobot.signin.browser"


class Counter(NamedTuple):
    key: str
    limit: int


class Backend(ModelBackend):
    """Django's own, which looks at no password of who tried too often."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> User | None:
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **more)
        counters = _counters(request, username)
        first = _take(request, username, counters)
        user = super().authenticate(request, username, password, **more)
        if user is None:
            if first:
                _tell("sign_in_failed", username, request)
            return None
        _give_back(counters)
        audit.record(user, "signed_in", place_of(request))
        return user


def _counters(request: HttpRequest, username: str) -> list[Counter]:
    """What this try counts for: the last of them is the name's."""
    name, place = _digest(_plain(username)), place_of(request)
    if _known_in(request) == name:
        return [Counter(_digest("browser", name), PER_BROWSER)]
    return [
        Counter(_digest("place", place), PER_PLACE),
        Counter(_digest("both", place, name), PER_NAME_AT_PLACE),
        Counter(_digest("name", name), PER_NAME),
    ]


def _take(
    request: HttpRequest,
    username: str,
    counters: list[Counter],
    refused: str = "sign_in_refused",
) -> bool:
    """Count the try, and say whether it is the name's first. Raises PermissionDenied.

    What follows a counter that is full is not counted: one place fills no other's.
    """
    count = 0
    for counter in counters:
        count = _count(counter.key)
        if count > counter.limit:
            request.too_many_tries = True  # type: ignore[attr-defined]
            log.warning("password refused: too many tries")
            if count == counter.limit + 1:
                _tell(refused, username, request)
            raise PermissionDenied
    return count == 1


@transaction.atomic
def _count(key: str) -> int:
    """One more, by an UPDATE that no two make at once; a window that ended begins anew."""
    now = timezone.now()
    until = now + WINDOW
    Tries.objects.bulk_create([Tries(key=key, until=until)], ignore_conflicts=True)
    is_over = When(until__lte=now, then=Value(1))
    Tries.objects.filter(key=key).update(
        count=Case(is_over, default=F("count") + 1),
        until=Case(When(until__lte=now, then=Value(until)), default=F("until")),
    )
    return Tries.objects.get(key=key).count


def _give_back(counters: list[Counter]) -> None:
    """A right password leaves no try behind, and what was typed wrong on the way to it is
    forgotten, except of the place and the name: others may be at work on them."""
    keys = [counter.key for counter in counters]
    wholes = {keys[0], keys[-1]} if len(keys) > 1 else set()
    Tries.objects.filter(key__in=wholes, count__gt=0).update(count=F("count") - 1)
    Tries.objects.filter(key__in=set(keys) - wholes).delete()


def _tell(what: str, username: str, request: HttpRequest) -> None:
    """Audit a try that failed. A name nobody has is not kept: it may be a mistyped password."""
    user = User.objects.filter(username=_storable(username)).first()
    by = request.user if isinstance(request.user, User) else None
    audit.record(by, what, f"{user.username if user else '?'} ({place_of(request)})")


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def place_of(request: HttpRequest) -> str:
    """Where the caller is; of IPv6 the network, whose addresses one machine has by the million."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "-"
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network(f"{found}/64", strict=False))
    return address


def _plain(username: str) -> str:
    return unicodedata.normalize("NFKC", username).casefold()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _cookie() -> str:
    return "__Host-known" if settings.SESSION_COOKIE_SECURE else "known"


def _known_in(request: HttpRequest) -> str:
    """Whose browser this is: the digest of a name, or nothing."""
    return str(request.get_signed_cookie(_cookie(), "", salt=SALT, max_age=KNOWN_FOR))


class LoginPage(LoginView):
    redirect_authenticated_user = True

    def form_invalid(self, form: Any) -> HttpResponse:
        if getattr(self.request, "too_many_tries", False):
            return too_many(self.request)
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        response.set_signed_cookie(
            _cookie(),
            _digest(_plain(form.get_user().get_username())),
            salt=SALT,
            max_age=KNOWN_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response


class PasswordPage(profile.PasswordPage):
    """Counts the old password as the sign-in does: who finds a session open may not guess it."""

    def post(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        self.username = self.request.user.get_username()
        self.counters = _counters(request, self.username)
        try:
            self.is_first = _take(request, self.username, self.counters, "password_refused")
        except PermissionDenied:
            return too_many(request, "429_password.html")
        return super().post(request, *args, **options)

    def form_valid(self, form: Any) -> HttpResponse:
        _give_back(self.counters)
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        if "old_password" not in form.errors:
            _give_back(self.counters)
        elif self.is_first:
            _tell("password_failed", self.username, self.request)
        return super().form_invalid(form)
