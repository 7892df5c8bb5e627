"""Django settings; every value that depends on the installation comes from `env`."""

from __future__ import annotations

import sys
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from isobot import env, logs

BASE_DIR = env.BASE_DIR
DEBUG = env.DEBUG
SECRET_KEY = env.SECRET_KEY
ALLOWED_HOSTS = env.allowed_hosts()
CSRF_TRUSTED_ORIGINS = [env.PUBLIC_URL] if env.PUBLIC_URL else []

INSTALLED_APPS = [
    "isobot.administration.Config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "isobot",
    "parameters",
    "provider",
    "chat",
]

MIDDLEWARE = [
    "isobot.middleware.request_context",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "isobot.middleware.language_and_zone",
    "isobot.middleware.readable_charset",
    "isobot.middleware.stay_signed_in",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "isobot.urls"
ASGI_APPLICATION = "isobot.asgi.application"
WSGI_APPLICATION = "isobot.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chat.navigation.context",
            ],
        },
    },
]

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTHENTICATION_BACKENDS = ["isobot.signin.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# Twelve hours after the last thing a person did, and a week after they signed in.
SESSION_COOKIE_AGE = 12 * 3600
ISOBOT_SIGNED_IN_FOR = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # scripts read the token of the page they are on
CSRF_COOKIE_SAMESITE = "Lax"
PASSWORD_RESET_TIMEOUT = 2 * 3600  # the link of a mail
CSRF_FAILURE_VIEW = "isobot.views.csrf_failure"

# Transport
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Probes come from the machine itself, without TLS and without the public name.
    # Webhooks are posts, which a redirect would lose; the demo's own come by loopback.
    # A provider on this machine fetches files the same way.
    SECURE_REDIRECT_EXEMPT = [r"^health/", r"^webhooks/", r"^media/", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# The provider may post up to 4 MiB; its view counts the bytes itself.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024 + 1

# Files go to the disk as they come, never through the memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
ISOBOT_MAX_FILE = 100 * 1024 * 1024

# Language and time
LANGUAGE_CODE = "pt-br"
LANGUAGES = [("pt-br", _("Portuguese (Brazil)")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.TIME_ZONE

# Files
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.DATA_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "isobot.storage.Storage"},
}

# REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["chat.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["chat.api.parsers.Json"],
    "DEFAULT_PAGINATION_CLASS": "chat.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "chat.api.errors.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "isobot",
    "DESCRIPTION": "Conversations, contacts, parameters and provider events.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ConversationStatus": ["bot", "waiting", "active", "on_hold", "closed"],
        "ClassificationKind": ["human", "bot"],
        "ChannelKind": ["whatsapp", "messenger", "instagram", "telegram"],
        "MessageStatus": ["queued", "sent", "delivered", "read", "failed", "unknown"],
    },
}

# Mail goes by the parameter SMTPCONFIG, whose REMETENTE stands in for this address.
EMAIL_BACKEND = "parameters.mail.Backend"
DEFAULT_FROM_EMAIL = "isobot@localhost"

# Background work: the broker carries wake-ups only, the database holds the work.
CELERY_BROKER_URL = env.REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
# What is taken is gone: a wake-up that is lost is made up for, and a worker that holds some which
# are not acknowledged ends itself when Redis does (kombu 5.7 cannot put them back); see broker.py.
CELERY_TASK_QUEUES = [Queue("celery", no_ack=True)]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 8
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
# Celery would open connections anew for every task; celery.py gives back those that do not work.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_TIMEZONE = env.TIME_ZONE
# What is due is decided by rows; the schedule itself need not remember anything.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
# A worker or schedule that starts while the broker is away waits for it, however long that takes.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_timeout": 5, "socket_connect_timeout": 2}
    if env.REDIS_URL
    else {"polling_interval": 0.05}
)

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.REDIS_URL,
        "OPTIONS": {"serializer": "isobot.cache.Serializer"},
    }
    if env.REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "isobot",
    }
}

LOGGING_CONFIG = None
logs.configure()

# Ours
ISOBOT_DATA = env.DATA_DIR
# The largest file that is kept at all, in bytes; TAMANHO_MAX_ANEXO says up to which without asking.
ISOBOT_MAX_FETCH = 200 * 1024 * 1024
ISOBOT_KEEP = env.KEEP
ISOBOT_ENCRYPTION_KEYS = env.ENCRYPTION_KEYS
ISOBOT_DEMO = env.DEMO
ISOBOT_REDIS_URL = env.REDIS_URL
ISOBOT_PUBLIC_URL = env.PUBLIC_URL
ISOBOT_LOCAL_URL = env.local_url()
ISOBOT_METRICS_TOKEN = env.METRICS_TOKEN
ISOBOT_TRUSTED_PROXIES = env.trusted_proxies()
USUAL_ADDRESSES = env.USUAL_ADDRESSES
globals().update(env.BASE_ADDRESSES)
# Tests that drain by hand switch wake-ups off.
ISOBOT_WAKEUPS = True
