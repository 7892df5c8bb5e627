"""A step of `make messages`: writes the catalogue in one form, so that only texts show in a diff.

Gettext dates the file anew at each run, and its versions break lines in different places.
"""

from __future__ import annotations

import polib

from tests.translations import LOCALE


def settle() -> None:
    catalogue = polib.pofile(str(LOCALE / "django.po"))
    catalogue.metadata.pop("POT-Creation-Date", None)
    catalogue.save()


if __name__ == "__main__":
    settle()
