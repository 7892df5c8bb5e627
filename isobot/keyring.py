"""Generated keys of an installation that was given none, kept in ISOBOT_DATA (mode 0600)."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import Fernet


class Keys(NamedTuple):
    secret: str
    encryption: str


def load(data_dir: Path, *, create: bool) -> Keys | None:
    """The kept keys; made on the first call where `create` allows it, else None."""
    path = data_dir / "keys.json"
    if not path.exists():
        if not create:
            return None
        _make(path)
    kept = json.loads(path.read_text())
    return Keys(kept["secret"], kept["encryption"])


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"keys.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    keys = {"secret": secrets.token_urlsafe(50), "encryption": Fernet.generate_key().decode()}
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(keys, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was first: its keys count
    except FileExistsError:
        pass
    finally:
        draft.unlink()


if __name__ == "__main__":
    load(Path(os.environ.get("ISOBOT_DATA", "var")).resolve(), create=True)
    sys.exit(0)
