"""Backups: everything an installation keeps in one file, and back. The keys are never in it."""


class Refused(Exception):
    """It cannot be made or restored; the message says why, and what to do, to who operates."""
