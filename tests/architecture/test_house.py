"""The house rules a machine can hold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from tests import translations

ROOT = Path(__file__).resolve().parents[2]
APPS = ("isobot", "chat", "provider", "parameters")
MODULES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
)


def test_the_portuguese_catalogue_is_complete_fresh_and_compiled() -> None:
    assert translations.problems() == []


@pytest.mark.django_db
def test_no_model_lacks_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_with_what_it_is_for(path: Path) -> None:
    source = path.read_text()
    if source.strip():
        assert ast.get_docstring(ast.parse(source)), "one sentence at the top"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_on_a_few_screens(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_rows_are_locked_in_one_way_on_every_database() -> None:
    # On SQLite select_for_update is silently nothing: code that looks locked would not be.
    users = [path for path in MODULES if "select_for_update" in path.read_text()]
    assert users == []


def test_times_of_business_are_rows_and_not_countdowns() -> None:
    pattern = re.compile(r"countdown=|eta=|\.delay\(")
    users = [path for path in MODULES if pattern.search(path.read_text())]
    assert users == []


def test_leases_and_due_times_go_by_the_clock_all_processes_share() -> None:
    moments = r"(lease_until|next_attempt_at|next_check_at|ask_name_at|paused_until|renew_after)"
    pattern = re.compile(rf"{moments}\w*\W{{1,8}}(state\.\w+ > )?timezone\.now\(")
    users = [path for path in MODULES if pattern.search(path.read_text())]
    assert users == []


def test_DP1_locks_hold_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", text.strip()))
