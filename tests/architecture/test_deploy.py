"""What is deployed: units, compose file, image and nginx agree with each other and with what runs.

The fault suite runs the units' commands behind nginx by its site (`make faults ONLY=R29`). Image
and compose file are never run here; they are held to those same commands.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from isobot.bodies import AROUND_A_FILE
from provider.services.webhooks import MAX_BODY
from tests.fleet import DEPLOY, PYTHON, command, units, wanted
from tests.processes import ROOT, STOP_SECONDS
from tests.stack import Stack

SETTINGS = re.compile(
    r'"((?:ISOBOT_\w+|DATABASE_URL|REDIS_URL|BOTMAKER_V\d_URL|META_\w+|TELEGRAM_\w+))"'
)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SITE = (DEPLOY / "nginx/isobot.conf").read_text()


def bare(argv: list[str]) -> list[str]:
    """Without what may differ from place to place: address, port, and a worker's name."""
    kept = list(argv)
    for option in ("--host", "--port", "-n"):
        if option in kept:
            at = kept.index(option)
            del kept[at : at + 2]
    return kept


def of_image() -> list[str]:
    found = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.M)
    assert found
    return list(yaml.safe_load(found[1]))


def of_readme() -> list[list[str]]:
    text = (ROOT / "README.md").read_text()
    return [
        shlex.split(line) for line in re.findall(r"^python -m (?:uvicorn|celery).*$", text, re.M)
    ]


WEB, WORKER, BEAT = (
    bare(command(unit)) for unit in ("isobot-web@1", "isobot-worker@1", "isobot-beat")
)


def test_the_image_and_its_services_run_what_the_units_run() -> None:
    assert bare(of_image())[1:] == WEB
    for web in ("web1", "web2"):
        assert "command" not in SERVICES[web]  # what the image runs by itself
    assert bare(SERVICES["worker"]["command"])[1:] == WORKER
    assert bare(SERVICES["beat"]["command"])[1:] == BEAT


def test_the_readme_runs_what_the_units_run() -> None:
    assert [bare(argv)[1:] for argv in of_readme()] == [WEB, WORKER, BEAT]


def test_the_tests_run_what_the_units_run() -> None:
    stack = object.__new__(Stack)
    stack.profile, stack.port = "production", 1
    commands = {name: bare(argv) for name, argv in Stack._commands(stack).items()}
    commands["web"].append("--no-proxy-headers")  # nothing stands in front of it
    assert sorted(commands["web"]) == sorted(WEB)
    assert (commands["worker"], commands["beat"]) == (WORKER, BEAT)


def test_there_are_two_web_processes_two_workers_and_one_schedule_everywhere() -> None:
    kinds = [re.split(r"[@.]", unit)[0] for unit in wanted()]
    assert [kinds.count(f"isobot-{kind}") for kind in ("web", "worker", "beat")] == [2, 2, 1]
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert {"web1", "web2", "beat"} < set(SERVICES)


def test_nginx_asks_the_ports_the_web_processes_listen_on() -> None:
    def servers(name: str) -> list[str]:
        return re.findall(r"server (\S+) ", (DEPLOY / "nginx" / name).read_text())

    ports = [unit.partition("@")[2].removesuffix(".service") for unit in wanted() if "web@" in unit]
    assert servers("upstream.conf") == [f"127.0.0.1:{port}" for port in ports]
    image = of_image()
    port = image[image.index("--port") + 1]
    assert servers("upstream.compose.conf") == [f"web1:{port}", f"web2:{port}"]
    assert f"127.0.0.1:{port}/health/live/" in str(SERVICES["web1"]["healthcheck"])
    assert "location /omnichannel/eventos/ {" in SITE
    assert "location /webhooks/ {" in SITE


def test_nginx_lets_through_what_isobot_takes() -> None:
    limits = [
        int(found) * 1024 * 1024 for found in re.findall(r"client_max_body_size (\d+)m", SITE)
    ]
    assert len(limits) == 2
    files, webhooks = limits
    assert files > settings.ISOBOT_MAX_FILE + AROUND_A_FILE
    assert webhooks > MAX_BODY


def test_compose_trusts_the_address_nginx_has_there() -> None:
    address = SERVICES["nginx"]["networks"]["inside"]["ipv4_address"]
    assert SERVICES["web1"]["environment"]["ISOBOT_TRUSTED_PROXIES"] == address


def test_who_stops_a_process_waits_as_long_as_it_may_take() -> None:
    for service in ("web1", "worker", "beat"):
        assert SERVICES[service]["stop_grace_period"] == f"{STOP_SECONDS}s"
    for path in units():
        if path.suffix == ".service":
            assert f"TimeoutStopSec={STOP_SECONDS}\n" in path.read_text()


def test_every_setting_is_known_and_explained() -> None:
    known = set(SETTINGS.findall((ROOT / "isobot/env.py").read_text()))
    assert len(known) > 12
    example = set(re.findall(r"^(\w+)=", (DEPLOY / "isobot.env.example").read_text(), re.M))
    composed = set(SERVICES["web1"]["environment"])
    assert example | composed <= known
    readme = (ROOT / "README.md").read_text()
    assert {name for name in known if f"`{name}`" not in readme} == set()


def test_SE7_no_secret_is_written_into_what_is_deployed() -> None:
    example = (DEPLOY / "isobot.env.example").read_text()
    for name in ("ISOBOT_SECRET_KEY", "ISOBOT_ENCRYPTION_KEYS", "ISOBOT_METRICS_TOKEN"):
        assert f"\n{name}=\n" in example
    assert "${POSTGRES_PASSWORD:?}" in str(COMPOSE)
    assert "${REDIS_PASSWORD:?}" in str(COMPOSE)
    assert "USER isobot" in (ROOT / "Dockerfile").read_text()


def test_the_image_holds_what_is_needed_and_nothing_else() -> None:
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    names = {name for line in copied for name in line.split()}
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    assert {name.rstrip("/") for name in names} - {"requirements/run.txt"} == allowed - {
        "requirements/run.txt"
    }
    for name in names:
        assert (ROOT / name).exists()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in units():
        # Paths of the machine they are for are not here.
        text = path.read_text().replace(PYTHON, sys.executable)
        text = text.replace("WorkingDirectory=/opt/isobot", f"WorkingDirectory={ROOT}")
        (tmp_path / path.name).write_text(text)
    names = [str(tmp_path / name) for name in ("isobot.target", *wanted())]
    done = subprocess.run(
        ["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
