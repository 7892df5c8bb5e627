"""How a user wants the pages: which language, which time zone."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User

from chat.models import Profile

# What a browser asks for while nobody is signed in.
COOKIE = "isobot_language"


class Choice(NamedTuple):
    """A language and a zone that can be used as they are."""

    language: str = settings.LANGUAGE_CODE
    zone: str = settings.TIME_ZONE


DEFAULT = Choice()


def choice_of(user: User) -> Choice:
    """The user's own, the installation's where they never chose."""
    profile: Profile | None = getattr(user, "profile", None)
    if profile is None:
        return DEFAULT
    return Choice(known_language(profile.language), _known_zone(profile.time_zone))


def save(*, language: str, time_zone: str, by: User) -> Profile:
    """Keep what somebody chose for themselves; a blank zone is the installation's."""
    values = {"language": known_language(language), "time_zone": time_zone}
    profile, _made = Profile.objects.update_or_create(user=by, defaults=values)
    return profile


def known_language(code: str) -> str:
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _known_zone(name: str) -> str:
    """A zone this machine no longer knows must not make every page fail."""
    try:
        return ZoneInfo(name).key if name else settings.TIME_ZONE
    except (OSError, ValueError, LookupError):
        return settings.TIME_ZONE
