"""`make audit`: what the locks bring along: hashes, licences, a bill of materials, known findings.

The exit code is 0 where nothing was found; 1 where something must be done: a package without a
hash, a licence nobody allowed, a known vulnerability; and 2 where all that is well, but what is
known of some package could not be looked up, as without a network. The first three parts need no
network and are in the default suite too (tests/architecture/test_audit.py).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {name: ROOT / "requirements" / f"{name}.txt" for name in ("run", "dev")}
BILL = ROOT / "artifacts" / "sbom.cdx.json"
FOUND, UNKNOWN = 1, 2

# The licences that are allowed, by the words packages say them in. A new one is read, and then
# has its line here and in docs/third-party.md.
ALLOWED = {
    "MIT": "MIT",
    "MIT License": "MIT",
    "MIT-0": "MIT-0",
    "MIT-CMU": "MIT-CMU",
    "MIT AND PSF-2.0": "MIT AND PSF-2.0",
    "MIT OR Apache-2.0": "MIT OR Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "BSD License; Apache Software License": "BSD-3-Clause OR Apache-2.0",
    "Apache Software License; MIT License": "MIT OR Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache-2.0 AND BSD-2-Clause": "Apache-2.0 AND BSD-2-Clause",
    "Apache-2.0 OR BSD-2-Clause": "Apache-2.0 OR BSD-2-Clause",
    "Apache-2.0 OR BSD-3-Clause": "Apache-2.0 OR BSD-3-Clause",
    "PSF-2.0": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "MPL-2.0": "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    # Used unmodified, as a library (docs/third-party.md).
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-3.0-or-later",
}
# Their metadata names none; their own licence file was read.
READ = {"axe-playwright-python": "MIT"}


class Package(NamedTuple):
    name: str
    version: str
    hashes: int
    is_here: bool
    """Whether this machine needs it; others name their licence elsewhere."""


def packages(lock: Path) -> Iterator[Package]:
    for block in re.split(r"\n(?=\S)", lock.read_text().strip()):
        asked = Requirement(block.partition("\\")[0].strip())
        is_here = asked.marker is None or asked.marker.evaluate()
        version = str(asked.specifier).removeprefix("==")
        yield Package(asked.name, version, block.count("--hash=sha256:"), is_here)


def licence(name: str) -> str:
    """What the installed package itself says, in its own words."""
    if name in READ:
        return READ[name]
    told = metadata.metadata(name)
    kinds = [
        words.split(" :: ")[-1]
        for words in told.get_all("Classifier", [])
        if words.startswith("License ::")
    ]
    return str(told.get("License-Expression") or "; ".join(kinds) or told.get("License") or "none")


def problems() -> Iterator[str]:
    """What is wrong with the locks, whatever the network."""
    for lock in LOCKS.values():
        for package in packages(lock):
            if not package.hashes:
                yield f"{package.name}: no hash in {lock.name}"
            if not package.is_here:
                continue
            try:
                words = licence(package.name)
            except metadata.PackageNotFoundError:
                yield f"{package.name}: not installed, so its licence cannot be read"
                continue
            if words not in ALLOWED:
                yield f"{package.name}: the licence {words.splitlines()[0][:60]!r} is not allowed"


def bill() -> dict[str, Any]:
    """The bill of materials (CycloneDX), the same for the same locks."""
    needed = {package.name for package in packages(LOCKS["run"])}
    content = "".join(lock.read_text() for lock in LOCKS.values())
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, content).urn,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "isobot",
                "name": "isobot",
                "licenses": [{"expression": "MPL-2.0"}],
            }
        },
        "components": [_component(package, needed) for package in packages(LOCKS["dev"])],
    }


def _component(package: Package, needed: set[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name}@{package.version}"
    component = {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        # What only tests and checks use is no part of a running installation.
        "scope": "required" if package.name in needed else "excluded",
    }
    if package.is_here:
        component["licenses"] = [{"expression": ALLOWED[licence(package.name)]}]  # type: ignore[assignment]
    return component


class Known(NamedTuple):
    findings: list[str]
    not_looked_up: list[str]


def known() -> Known:
    """What pip-audit finds out about every locked package."""
    asked = [
        sys.executable, "-m", "pip_audit", "--requirement", str(LOCKS["dev"]), "--disable-pip",
        "--require-hashes", "--format", "json", "--progress-spinner", "off", "--timeout", "10",
    ]  # fmt: skip
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=300)
        return read(json.loads(told.stdout))
    except (subprocess.TimeoutExpired, ValueError):
        return Known([], [package.name for package in packages(LOCKS["dev"])])


def read(answer: dict[str, Any]) -> Known:
    findings, not_looked_up = [], []
    for package in answer["dependencies"]:
        if "skip_reason" in package:
            not_looked_up.append(package["name"])
        for one in package.get("vulns", ()):
            fixed = ", ".join(one["fix_versions"]) or "none yet"
            findings.append(
                f"{package['name']} {package['version']}: {one['id']}, fixed in {fixed}"
            )
    return Known(findings, not_looked_up)


def main() -> int:
    say = sys.stdout.write
    found = list(problems())
    for lock in LOCKS.values():
        say(f"{lock.name}: {len(list(packages(lock)))} packages, by hash\n")
    if found:
        say("\n".join(found) + "\n")
        return FOUND
    BILL.parent.mkdir(exist_ok=True)
    BILL.write_text(json.dumps(bill(), indent=1) + "\n")
    say(f"licences: all allowed\nbill of materials: {BILL.relative_to(ROOT)}\n")
    findings, not_looked_up = known()
    if findings:
        say("known vulnerabilities:\n" + "\n".join(findings) + "\n")
        return FOUND
    if not_looked_up:
        say(
            f"known vulnerabilities: NOT LOOKED UP for {len(not_looked_up)} packages: no source "
            "that knows them was reached. Run this again with a network.\n"
        )
        return UNKNOWN
    say("known vulnerabilities: none\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
