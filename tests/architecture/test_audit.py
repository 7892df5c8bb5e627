"""DP1: what the locks bring along; `make audit` looks up too what is known of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests import audit

ROOT = Path(__file__).resolve().parents[2]


def test_DP1_every_package_has_hashes_and_a_licence_that_is_allowed() -> None:
    assert list(audit.problems()) == []
    assert len(list(audit.packages(audit.LOCKS["run"]))) > 40


def test_DP1_the_page_of_licences_names_every_package() -> None:
    words = set(re.findall(r"[a-z0-9-]+", (ROOT / "docs" / "third-party.md").read_text()))
    assert {package.name for package in audit.packages(audit.LOCKS["run"])} <= words


def test_DP1_a_package_without_a_hash_or_with_another_licence_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "run.txt"
    lock.write_text("django==5.2.19\nnot-there-at-all==1.0 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(audit, "LOCKS", {"run": lock})
    monkeypatch.setattr(audit, "licence", _licence)
    assert list(audit.problems()) == [
        "django: no hash in run.txt",
        "django: the licence 'GPL-3.0-only' is not allowed",
        "not-there-at-all: not installed, so its licence cannot be read",
    ]


_own = audit.licence


def _licence(name: str) -> str:
    return "GPL-3.0-only" if name == "django" else _own(name)


def test_DP1_the_bill_of_materials_is_valid_and_names_every_package() -> None:
    bill = audit.bill()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    listed = {one["name"]: one for one in bill["components"]}
    for name, lock in audit.LOCKS.items():
        for package in audit.packages(lock):
            assert listed[package.name]["version"] == package.version
            assert name == "dev" or listed[package.name]["scope"] == "required"
    assert listed["pytest"]["scope"] == "excluded"
    assert bill == audit.bill()


@pytest.mark.parametrize(
    ("known", "code", "words"),
    [
        (audit.Known([], []), 0, "known vulnerabilities: none"),
        (audit.Known([], ["django"]), 2, "NOT LOOKED UP for 1 packages"),
        (audit.Known(["django 1: X-1"], ["idna"]), 1, "django 1: X-1"),
    ],
    ids=["none", "no network", "a finding"],
)
def test_DP1_what_could_not_be_looked_up_is_said_and_is_no_success(
    known: audit.Known,
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    monkeypatch.setattr(audit, "known", lambda: known)
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "BILL", tmp_path / "artifacts" / "sbom.cdx.json")
    assert audit.main() == code
    assert words in capsys.readouterr().out
    assert (tmp_path / "artifacts" / "sbom.cdx.json").exists()


def test_DP1_the_answer_of_pip_audit_is_read() -> None:
    answer = {
        "dependencies": [
            {"name": "idna", "version": "3.9", "vulns": []},
            {"name": "six", "skip_reason": "not found"},
            {
                "name": "django",
                "version": "5.2.0",
                "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.2.1"], "aliases": []}],
            },
        ]
    }
    findings, not_looked_up = audit.read(answer)
    assert findings == ["django 5.2.0: PYSEC-1, fixed in 5.2.1"]
    assert not_looked_up == ["six"]
