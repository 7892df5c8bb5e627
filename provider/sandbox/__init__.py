"""A messaging provider in miniature: a real HTTP server for demonstrations and tests."""

from .credentials import Credentials, issue
from .server import Sandbox

__all__ = ["Credentials", "Sandbox", "issue"]
