"""The environment: what is read, and how nonsense is refused at the start."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

SHOW = "from isobot import env; print(env.{name})"
LONG = "a-key-that-is-long-enough-for-anybody-0123456789"


def start(expression: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Read one value in a process of its own, with nothing but this environment."""
    return subprocess.run(
        [sys.executable, "-c", expression],
        env={"PATH": os.environ["PATH"], "ISOBOT_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_embedded_installation_makes_its_own_keys_once(tmp_path: Path) -> None:
    first = start(SHOW.format(name="SECRET_KEY"), tmp_path)
    again = start(SHOW.format(name="SECRET_KEY"), tmp_path)
    assert first.stdout == again.stdout != ""
    kept = tmp_path / "keys.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert set(json.loads(kept.read_text())) == {"secret", "encryption"}


def test_SE7_with_a_database_of_its_own_keys_are_required_and_never_made_up(tmp_path: Path) -> None:
    result = start(
        SHOW.format(name="SECRET_KEY"), tmp_path, DATABASE_URL="postgres://u:p@127.0.0.1/x"
    )
    assert result.returncode != 0
    assert "ISOBOT_SECRET_KEY and ISOBOT_ENCRYPTION_KEYS are required" in result.stderr
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"ISOBOT_SECRET_KEY": "short", "ISOBOT_ENCRYPTION_KEYS": LONG}, "at least 32"),
        ({"ISOBOT_SECRET_KEY": LONG, "ISOBOT_ENCRYPTION_KEYS": f"{LONG},x"}, "at least 32"),
        ({"BOTMAKER_V2_URL": "provider.example"}, "BOTMAKER_V2_URL"),
        ({"META_GRAPH_URL": "graph.example"}, "META_GRAPH_URL"),
        ({"TELEGRAM_API_URL": "ftp://telegram.example"}, "TELEGRAM_API_URL"),
        ({"PORT": "eight"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"ISOBOT_DEMO": "perhaps"}, "ISOBOT_DEMO"),
        ({"ISOBOT_TIME_ZONE": "Brasil"}, "America/Sao_Paulo"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"REDIS_URL": "nonsense"}, "redis://"),
        ({"REDIS_URL": "unix:///run/redis.sock"}, "redis://"),  # the broker knows no such address
    ],
)
def test_SE7_nonsense_is_named(tmp_path: Path, environment: dict[str, str], complaint: str) -> None:
    result = start(SHOW.format(name="DEMO"), tmp_path, **environment)
    assert result.returncode != 0
    assert complaint in result.stderr


def test_a_refused_start_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    for command in (["-m", "isobot"], ["manage.py", "check"]):
        result = subprocess.run(
            [sys.executable, *command],
            env={"PATH": os.environ["PATH"], "ISOBOT_DATA": str(tmp_path), "PORT": "eight"},
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert result.returncode == 1
        assert result.stderr.startswith("isobot: PORT")
        assert len(result.stderr.splitlines()) == 1


def test_a_database_that_does_not_answer_is_said_in_one_line(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "isobot"],
        env={
            "PATH": os.environ["PATH"],
            "ISOBOT_DATA": str(tmp_path),
            "PORT": "8999",
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        },
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert result.returncode == 1
    assert "The database does not answer" in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"ISOBOT_ALLOWED_HOSTS": "*"}, "ISOBOT_ALLOWED_HOSTS"),
        ({"ISOBOT_PUBLIC_URL": "example.com"}, "ISOBOT_PUBLIC_URL"),
        ({"ISOBOT_TRUSTED_PROXIES": "nginx"}, "ISOBOT_TRUSTED_PROXIES"),
    ],
)
def test_SE7_settings_refuse_what_would_open_a_door(
    tmp_path: Path, environment: dict[str, str], complaint: str
) -> None:
    result = start("import isobot.settings", tmp_path, **environment)
    assert result.returncode != 0
    assert complaint in result.stderr


def test_a_base_address_may_end_with_a_slash(tmp_path: Path) -> None:
    show = SHOW.format(name='BASE_ADDRESSES["BOTMAKER_V2_URL"]')
    result = start(show, tmp_path, BOTMAKER_V2_URL="http://127.0.0.1:1/v2.0/")
    assert result.stdout.strip() == "http://127.0.0.1:1/v2.0"


def test_LG6_an_https_address_turns_on_what_protects_cookies(tmp_path: Path) -> None:
    names = (
        "SESSION_COOKIE_SECURE, SESSION_COOKIE_NAME, CSRF_COOKIE_SECURE, CSRF_COOKIE_NAME, "
        "SECURE_SSL_REDIRECT, SECURE_HSTS_SECONDS"
    )
    result = start(
        f"from isobot.settings import *; print({names})",
        tmp_path,
        ISOBOT_PUBLIC_URL="https://chat.example.com",
    )
    assert result.stdout.split() == [
        "True", "__Host-session", "True", "__Host-csrf", "True", "31536000",
    ]  # fmt: skip
