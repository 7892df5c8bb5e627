"""Tokens: their shape, their rotation, and that a restart keeps them."""

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import jwt
import pytest
import requests

from provider.sandbox import Credentials, Sandbox, issue
from tests.provider.sandbox.bench import Bench


def _refresh_v2(bench: Bench, pair: Credentials, token: str = "") -> requests.Response:
    body = {
        "clientId": pair.client_id,
        "secretId": pair.secret_id,
        "refreshToken": pair.refresh_token,
    }
    headers = {"access-token": token} if token else {}
    return bench.v2("POST", "/auth/credentials", json=body, headers=headers)


def _refresh_v1(bench: Bench, pair: Credentials) -> requests.Response:
    headers = {
        "clientId": pair.client_id,
        "secretId": pair.secret_id,
        "refreshToken": pair.refresh_token,
    }
    return bench.v1("/auth/credentials", headers=headers)


def _works(bench: Bench, token: str) -> bool:
    reply = bench.v2("GET", "/channels", headers={"access-token": token})
    return reply.status_code == 200


def test_issue_gives_the_same_pair_until_it_is_refreshed(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "sandbox.json"

    first, second = issue(path), issue(str(path))

    assert first == second
    assert len(first.secret_id) == 30
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.access_token not in path.read_text()
    assert [entry.name for entry in path.parent.iterdir()] == ["sandbox.json"]


def test_processes_that_create_the_file_at_once_get_one_pair(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        pairs = list(pool.map(issue, [tmp_path / "sandbox.json"] * 16))

    assert len({tuple(asdict(pair).values()) for pair in pairs}) == 1


def test_a_damaged_state_file_is_named_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text("{}")

    with pytest.raises(ValueError, match="damaged"):
        issue(path)


def test_the_access_token_carries_the_claims_of_the_provider(bench: Bench) -> None:
    assert jwt.get_unverified_header(bench.token)["alg"] == "HS512"

    claims = jwt.decode(bench.token, options={"verify_signature": False})

    assert set(claims) == {"businessId", "name", "api", "id", "exp", "jti"}
    assert claims["businessId"] == "isobotsandbox"
    assert claims["api"] is True
    assert claims["jti"] == claims["id"]
    assert abs(claims["exp"] - time.time() - 5 * 365 * 86400) < 60


def test_v2_shows_the_current_credentials(bench: Bench) -> None:
    pair = issue(bench.state_path)

    assert bench.v2("GET", "/auth/credentials").json() == {
        "clientId": pair.client_id,
        "secretId": pair.secret_id,
        "accessToken": pair.access_token,
        "refreshToken": pair.refresh_token,
    }


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_refresh_replaces_both_tokens(bench: Bench, version: str) -> None:
    old = issue(bench.state_path)
    refresh = _refresh_v1 if version == "v1" else _refresh_v2

    reply = refresh(bench, old)

    assert reply.status_code == 200
    new = issue(bench.state_path)
    assert reply.json()["accessToken"] == new.access_token != old.access_token
    assert reply.json()["refreshToken"] == new.refresh_token != old.refresh_token
    assert _works(bench, new.access_token)
    assert not _works(bench, old.access_token)
    assert refresh(bench, old).status_code == 401
    assert bench.counters()["refresh_calls"] == 2


@pytest.mark.parametrize("which", ["none", "access", "refresh"])
def test_v2_refreshes_with_either_token_or_none_in_the_header(bench: Bench, which: str) -> None:
    pair = issue(bench.state_path)
    token = {"none": "", "access": pair.access_token, "refresh": pair.refresh_token}[which]

    assert _refresh_v2(bench, pair, token).status_code == 200


def test_v2_refuses_a_refresh_with_a_foreign_header_token(bench: Bench) -> None:
    assert _refresh_v2(bench, issue(bench.state_path), "garbage").status_code == 401


def test_the_refresh_token_does_not_open_other_calls(bench: Bench) -> None:
    assert not _works(bench, issue(bench.state_path).refresh_token)


def test_of_two_racing_refreshes_one_wins(bench: Bench) -> None:
    pair = issue(bench.state_path)

    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _n: _refresh_v2(bench, pair).status_code, range(4)))

    assert sorted(replies) == [200, 401, 401, 401]


def test_old_access_survives_when_switched_so(bench: Bench) -> None:
    old = issue(bench.state_path)
    bench.switch(old_access_survives=True)
    _refresh_v2(bench, old)

    assert _works(bench, old.access_token)
    assert not _works(bench, old.refresh_token)


def test_an_expired_token_works_again_after_a_refresh(bench: Bench) -> None:
    bench.switch(token="expired")
    assert not _works(bench, bench.token)

    new = _refresh_v2(bench, issue(bench.state_path), bench.token).json()["accessToken"]

    assert _works(bench, new)


def test_access_seconds_shortens_the_next_token(bench: Bench) -> None:
    bench.switch(access_seconds=1)
    token = _refresh_v2(bench, issue(bench.state_path)).json()["accessToken"]
    assert jwt.decode(token, options={"verify_signature": False})["exp"] <= time.time() + 2

    time.sleep(1.1)

    assert not _works(bench, token)
    assert _refresh_v2(bench, issue(bench.state_path)).status_code == 200


def test_refresh_switches_refuse_fail_and_change_nothing(bench: Bench) -> None:
    pair = issue(bench.state_path)
    outcomes = {}
    for mode in ("unchanged", "refused", "server_error"):
        bench.switch(refresh=mode)
        replies = _refresh_v1(bench, pair), _refresh_v2(bench, pair)
        outcomes[mode] = tuple(reply.status_code for reply in replies)

    assert outcomes == {"unchanged": (204, 200), "refused": (401, 401), "server_error": (500, 500)}
    assert issue(bench.state_path) == pair


def test_a_slow_refresh_has_already_rotated(bench: Bench) -> None:
    pair = issue(bench.state_path)
    bench.switch(refresh="slow", slow_seconds=0.3)
    started = time.monotonic()

    assert _refresh_v1(bench, pair).status_code == 200

    assert time.monotonic() - started >= 0.3
    assert issue(bench.state_path) != pair


def test_deleting_the_credentials_ends_them(bench: Bench) -> None:
    assert bench.v2("DELETE", "/auth/credentials").status_code == 204
    assert not _works(bench, bench.token)
    assert _works(bench, issue(bench.state_path).access_token)


def test_a_restart_with_the_same_file_keeps_the_tokens_valid(bench: Bench) -> None:
    _refresh_v2(bench, issue(bench.state_path))
    stored = issue(bench.state_path)
    bench.sandbox.stop()
    bench.sandbox = Sandbox(bench.state_path)
    bench.sandbox.start()

    assert _works(bench, stored.access_token)
    assert _refresh_v2(bench, stored).status_code == 200


def test_the_control_api_shows_the_pair_but_not_the_secret(bench: Bench) -> None:
    pair = issue(bench.state_path)

    shown = bench.control("GET", "credentials")

    assert shown.json()["accessToken"] == pair.access_token
    assert pair.secret_id not in shown.text
    assert json.loads(bench.state_path.read_text())["signing_key"] not in shown.text
