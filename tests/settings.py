"""Settings of the test suite: the product's own, with a database and keys for the run."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("ISOBOT_DATA", str(Path(tempfile.gettempdir()) / "isobot-tests"))
os.environ.setdefault("ISOBOT_SECRET_KEY", "only-for-tests-and-long-enough-to-be-accepted")
os.environ.setdefault("ISOBOT_ENCRYPTION_KEYS", "only-for-tests-and-long-enough-to-be-accepted")
os.environ.setdefault("ISOBOT_DEMO", "1")

from isobot.settings import *  # noqa: F403

# pytest-django keeps a database in memory, and one for each of its processes, for Django's own
# backend alone, which it knows by its name. What runs as an installation has ours.
if "PYTEST_VERSION" in os.environ and DATABASES["default"]["ENGINE"] == env.SQLITE:  # noqa: F405
    DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"  # noqa: F405

# Tests drain by hand, so that what they see does not depend on a thread's timing.
ISOBOT_WAKEUPS = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each process its own: tests empty it, and those of another process count on theirs.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]  # noqa: F405
