"""What the tests of backups share: the names of two files, and a manifest changed by hand."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

NAME = "ab/" + "ab" * 20
OTHER = "cd/" + "cd" * 20


def change_manifest(path: Path, **changes: Any) -> None:
    """The same backup with another manifest."""
    with tarfile.open(path) as tar:
        kept = [(m, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
    with tarfile.open(path, mode="w") as tar:
        for member, content in kept:
            if member.name == "manifest.json":
                content = json.dumps({**json.loads(content), **changes}).encode()
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
