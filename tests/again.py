"""Tries once more, alone, what failed in a run of the suite (`.ci/run` only).

Tests of real processes and of a browser share two cores with all others there, and a machine may
stop for seconds. A few of those may have another try; anything else has failed. What passes only
then is named: it is a defect of the test, or of the product, and somebody has to look.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OF_REAL_PARTS = ("tests/flows/", "tests/browser/")
MOST = 3


def note(reporter: pytest.TerminalReporter) -> None:
    """Write down what failed, where the environment names a file for it."""
    if path := os.environ.get("FAILED_TO"):
        reports = [one for kind in ("failed", "error") for one in reporter.stats.get(kind, ())]
        Path(path).write_text("\n".join(one.nodeid for one in reports))


def may_try(failed: Collection[str]) -> bool:
    """Whether so few, and only such, failed that the machine may be the reason."""
    return 0 < len(failed) <= MOST and all(name.startswith(OF_REAL_PARTS) for name in failed)


def main() -> int:
    failed = sorted(set(Path(os.environ["FAILED_TO"]).read_text().splitlines()))
    if not may_try(failed):
        return 1
    code = subprocess.call(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:randomly", *failed], cwd=ROOT
    )
    if not code:
        sys.stdout.write("".join(f"PASSED ONLY ALONE {name}\n" for name in failed))
    return code


if __name__ == "__main__":
    sys.exit(main())
