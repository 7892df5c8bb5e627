"""What lets somebody in: REST tokens, hashed and ended by time; both end with the rights."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from chat.models import ApiToken

UNUSED_FOR = timedelta(days=90)
# A token's use is written down this often, not on every request.
NOTED_EVERY = timedelta(minutes=10)


def issue(user: User) -> str:
    """A new token; only its digest is kept."""
    now = timezone.now()
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, digest=_digest(token), rights=rights_of(user), created_at=now, last_used_at=now
    )
    return token


def holder_of(token: str) -> tuple[User, ApiToken] | None:
    """Whose token this is, while it is good."""
    kept = ApiToken.objects.select_related("user__profile").filter(digest=_digest(token)).first()
    if kept is None:
        return None
    now = timezone.now()
    user: User = kept.user
    is_good = (
        user.is_active
        and now - kept.last_used_at < UNUSED_FOR
        and hmac.compare_digest(kept.rights, rights_of(user))
    )
    if not is_good:
        kept.delete()
        return None
    if now - kept.last_used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=kept.pk).update(last_used_at=now)
    return user, kept


def end_stale(user: User) -> None:
    """End at once the tokens that a change of password or rights has outdated: rights that
    change back must not bring them back."""
    tokens = ApiToken.objects.filter(user=user)
    if tokens.exists():
        (tokens.exclude(rights=rights_of(user)) if user.is_active else tokens).delete()


def end_tokens(user: User) -> None:
    ApiToken.objects.filter(user=user).delete()


def end_sessions(user: User) -> None:
    """End what is open in browsers: it must not come back with the rights."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def rights_of(user: User) -> str:
    """A print of password and role: when it changes, what was granted under it ends.

    Memberships are not in it: they are asked at every request, and change all day.
    """
    groups = ",".join(sorted(user.groups.values_list("name", flat=True)))
    parts = [user.get_session_auth_hash(), str(user.is_superuser), str(user.is_staff), groups]
    return _digest("\n".join(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
