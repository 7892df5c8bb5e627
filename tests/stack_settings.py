"""Settings of the installations that tests start: the product's own, but for slow passwords."""

from isobot.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
