"""Every environment value, read once; nonsense stops the start and says what to do."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from isobot import keyring, values
from isobot.sqlite import PATIENCE_SECONDS

BASE_DIR = Path(__file__).resolve().parent.parent

DATA_DIR = Path(values.text("ISOBOT_DATA") or BASE_DIR / "var").resolve()
HOST = values.text("HOST") or "127.0.0.1"
PORT = values.port("PORT", 8000)
DEBUG = False

REDIS_URL = values.address("REDIS_URL", "", "redis", "rediss")
DATABASE_URL = values.address("DATABASE_URL", "", "postgres", "postgresql", "sqlite")

DEMO = values.flag("ISOBOT_DEMO")
ADMIN_PASSWORD = values.verbatim("ISOBOT_ADMIN_PASSWORD")
DEMO_PASSWORD = values.verbatim("ISOBOT_DEMO_PASSWORD")
METRICS_TOKEN = values.text("ISOBOT_METRICS_TOKEN")
DEMO_WEBHOOK_TOKEN = values.verbatim("ISOBOT_DEMO_WEBHOOK_TOKEN")

# The vendors' own base addresses, all of them: a line here makes a setting of that name, which
# an installation may point elsewhere, and which an adapter asks for with "setting:".
USUAL_ADDRESSES = {
    "BOTMAKER_V1_URL": "https://go.botmaker.com/api/v1.0",
    "BOTMAKER_V2_URL": "https://api.botmaker.com/v2.0",
    "META_GRAPH_URL": "https://graph.facebook.com",
    "TELEGRAM_API_URL": "https://api.telegram.org",
}
BASE_ADDRESSES = {
    name: values.address(name, usual, "https", "http") for name, usual in USUAL_ADDRESSES.items()
}

# How long each kind of data is kept; empty is for ever.
KEEP = {
    "events": values.days("ISOBOT_KEEP_EVENTS_DAYS", 30),
    "conversations": values.days("ISOBOT_KEEP_CONVERSATIONS_DAYS", None),
    "media": values.days("ISOBOT_KEEP_MEDIA_DAYS", None),
    "audit": values.days("ISOBOT_KEEP_AUDIT_DAYS", 730),
}

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


def local_url() -> str:
    """Where this installation answers from the machine it runs on."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(HOST, HOST)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{PORT}" if ":" in host else f"http://{host}:{PORT}"


def database() -> dict[str, object]:
    """Django's description of the database: DATABASE_URL, else a file in ISOBOT_DATA."""
    if DATABASE_URL:
        found: dict[str, object] = environ.Env.db_url_config(DATABASE_URL)
        found.update(KEPT)
        if "sqlite" in str(found["ENGINE"]):
            found.update(ENGINE=SQLITE, OPTIONS=SQLITE_OPTIONS)
        return found
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": SQLITE,
        "NAME": str(DATA_DIR / "isobot.sqlite3"),
        "OPTIONS": SQLITE_OPTIONS,
        **KEPT,
    }


# Threads stay, and so do their connections, for a while: whether one still works is asked first.
KEPT = {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}
SQLITE = "isobot.sqlite"
# IMMEDIATE takes the write lock before the first read, so that a transaction that read cannot
# fail when it writes; FULL keeps an acknowledged row through a power cut.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": PATIENCE_SECONDS,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}
