"""Every environment value, read once; nonsense stops the start and says what to do."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from isobot import keyring, values

BASE_DIR = Path(__file__).resolve().parent.parent

DATA_DIR = Path(values.text("ISOBOT_DATA") or BASE_DIR / "var").resolve()
HOST = values.text("HOST") or "127.0.0.1"
PORT = values.port("PORT", 8000)
DEBUG = False

REDIS_URL = values.address("REDIS_URL", "", "redis", "rediss", "unix")
DATABASE_URL = values.address("DATABASE_URL", "", "postgres", "postgresql", "sqlite")

DEMO = values.flag("ISOBOT_DEMO")
ADMIN_PASSWORD = values.verbatim("ISOBOT_ADMIN_PASSWORD")
DEMO_PASSWORD = values.verbatim("ISOBOT_DEMO_PASSWORD")
DEMO_WEBHOOK_TOKEN = values.verbatim("ISOBOT_DEMO_WEBHOOK_TOKEN")

BOTMAKER_V1_URL = values.address(
    "BOTMAKER_V1_URL", "https://go.botmaker.com/api/v1.0", "https", "http"
)
BOTMAKER_V2_URL = values.address(
    "BOTMAKER_V2_URL", "https://api.botmaker.com/v2.0", "https", "http"
)

TIME_ZONE = values.zone("ISOBOT_TIME_ZONE", "America/Sao_Paulo")
PUBLIC_URL = values.address("ISOBOT_PUBLIC_URL", "", "https", "http")


def _secrets() -> tuple[str, list[str]]:
    """The signing key and the encryption keys, newest first."""
    secret = values.text("ISOBOT_SECRET_KEY")
    ring = values.listing("ISOBOT_ENCRYPTION_KEYS")
    if not secret or not ring:
        # A database somebody else runs is production: keys are never made up for it.
        made = keyring.load(DATA_DIR, create=not DATABASE_URL)
        if made is None:
            raise ImproperlyConfigured(
                "ISOBOT_SECRET_KEY and ISOBOT_ENCRYPTION_KEYS are required with DATABASE_URL "
                "(or run `python -m isobot.keyring` once to keep generated ones in ISOBOT_DATA)"
            )
        secret, ring = secret or made.secret, ring or [made.encryption]
    if len(secret) < 32 or any(len(key) < 32 for key in ring):
        raise ImproperlyConfigured(
            "ISOBOT_SECRET_KEY and each of ISOBOT_ENCRYPTION_KEYS need at least 32 characters"
        )
    return secret, ring


SECRET_KEY, ENCRYPTION_KEYS = _secrets()


def trusted_proxies() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The addresses whose forwarding headers are believed."""
    try:
        return [
            ipaddress.ip_network(text, strict=False)
            for text in values.listing("ISOBOT_TRUSTED_PROXIES")
        ]
    except ValueError as error:
        raise ImproperlyConfigured(f"ISOBOT_TRUSTED_PROXIES: {error}") from error


def _public_host() -> str:
    host = urlsplit(PUBLIC_URL).hostname if PUBLIC_URL else ""
    if PUBLIC_URL and not host:
        raise ImproperlyConfigured("ISOBOT_PUBLIC_URL needs a scheme and a host: https://…")
    return host or ""


def allowed_hosts() -> list[str]:
    """The names this installation answers to; loopback and its own address unless told."""
    hosts: list[str] = values.listing("ISOBOT_ALLOWED_HOSTS")
    if "*" in hosts:
        raise ImproperlyConfigured("ISOBOT_ALLOWED_HOSTS must name the hosts; * is refused")
    loopback = ["127.0.0.1", "localhost", "[::1]"]
    own = [f"[{HOST}]" if ":" in HOST else HOST] if HOST not in ("0.0.0.0", "::") else []  # noqa: S104 - compared, not bound
    public = _public_host()
    return [*dict.fromkeys([*hosts, *loopback, *own, *([public] if public else [])])]


def database() -> dict[str, object]:
    """Django's description of the database: DATABASE_URL, else a file in ISOBOT_DATA."""
    if DATABASE_URL:
        found: dict[str, object] = environ.Env.db_url_config(DATABASE_URL)
        if "sqlite" in str(found["ENGINE"]):
            found["OPTIONS"] = SQLITE_OPTIONS
        else:
            # Views run each in a thread of its own under ASGI; a kept connection would leak.
            found.update(CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
        return found
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA_DIR / "isobot.sqlite3"),
        "OPTIONS": SQLITE_OPTIONS,
    }


# IMMEDIATE takes the write lock before the first read, so that a transaction that read cannot
# fail when it writes; FULL keeps an acknowledged row through a power cut.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000",
}
