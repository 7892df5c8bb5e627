"""Fetching files from addresses that customers and providers name (rows SF1 to SF7, WH12)."""

from __future__ import annotations

import gzip
import io
import re
import socket
import time
from typing import Any

import pytest

from provider import download
from provider.contracts import Located
from provider.download import download as fetch
from provider.errors import ProviderError, RejectedError, TemporaryError, TooLarge
from tests.hosts import Server

LIMIT = 100_000
PUBLIC = "93.184.216.34"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """`names["a.example"] = [[first answer's addresses], [second's]]`; the last one stays."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in answers:
            return real(host, port, *args, **options)
        turn = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [row for ip in turn for row in real(ip, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return answers


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where connections were tried to; none is made to anywhere but this machine."""
    tried: list[tuple[str, int]] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address[:2])
        if address[0] != "127.0.0.1":
            raise ConnectionRefusedError
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def refused(url: str, **options: Any) -> str:
    into = io.BytesIO()
    with pytest.raises(RejectedError) as caught:
        fetch(Located(url), into, limit=LIMIT, **options)
    assert into.getvalue() == b""
    return caught.value.code


INTERNAL = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fc00::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[::ffff:127.0.0.1]",
]


@pytest.mark.parametrize("host", INTERNAL)
def test_SF1_an_internal_address_is_refused_before_a_connection(
    host: str, connected: list[Any]
) -> None:
    assert refused(f"http://{host}/x.jpg") == "blocked"
    assert connected == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"])
def test_SF2_what_resolves_to_this_machine_is_refused(host: str, connected: list[Any]) -> None:
    assert refused(f"http://{host}/x.jpg") == "blocked"
    assert connected == []


@pytest.mark.parametrize(
    "host",
    [
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00::1]",
        "[::7f00:1]",
        "[::ffff:0:127.0.0.1]",
        "224.0.0.1",
        "[ff02::1]",
        "192.88.99.1",
        "240.0.0.1",
    ],
)
def test_SF3_ways_around_by_translation_and_multicast_are_refused(
    host: str, connected: list[Any]
) -> None:
    assert refused(f"http://{host}/x.jpg") == "blocked"
    assert connected == []


def test_SF4_a_name_that_changes_its_mind_leads_nowhere(
    names: dict[str, list[list[str]]], connected: list[Any]
) -> None:
    names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert refused("http://rebind.example/x.jpg") == "blocked"
    assert connected == []


def test_SF4_one_internal_address_among_public_ones_is_enough_to_refuse(
    names: dict[str, list[list[str]]], connected: list[Any]
) -> None:
    names["mixed.example"] = [[PUBLIC, "10.0.0.1"]]
    assert refused("http://mixed.example/x.jpg") == "blocked"
    assert connected == []


def test_SF4_the_connection_goes_to_the_address_that_was_checked(
    names: dict[str, list[list[str]]], connected: list[Any]
) -> None:
    names["late.example"] = [[PUBLIC], [PUBLIC], ["127.0.0.1"]]
    with pytest.raises(TemporaryError):
        fetch(Located("http://late.example/x.jpg"), io.BytesIO(), limit=LIMIT)
    assert connected == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/secret",
        "http://127.0.0.1:1/secret",
        "http://[::1]/",
        "file:///etc/passwd",
        "//169.254.169.254/latest/meta-data/",
        "http://user:pass@example.com/",
    ],
)
def test_SF5_a_redirect_is_checked_like_the_first_address(server: Server, target: str) -> None:
    url = server.at("/a", f"Location: {target}", "Content-Length: 0", status="302 Found")
    assert refused(url, exempt=[server.host]) == "blocked"
    assert len(server.asked) == 1


def test_SF5_six_hops_are_too_many(server: Server) -> None:
    for hop in range(6):
        url = server.at(f"/{hop}", f"Location: /{hop + 1}", "Content-Length: 0", status="302 Found")
    server.at("/6", "Content-Length: 2", body=b"ok")
    assert refused(f"{server.base}/0", exempt=[server.host]) == "blocked"
    assert url.endswith("/5")
    assert len(server.asked) <= 4


def test_SF5_a_credential_is_for_the_host_it_was_meant_for() -> None:
    first, second = Server(), Server()
    try:
        first.at("/a", "Location: /b", "Content-Length: 0", status="302 Found")
        first.at(
            "/b", f"Location: {second.base}/c", "Content-Length: 0", status="307 Temporary Redirect"
        )
        second.at("/c", f"Location: {first.base}/d", "Content-Length: 0", status="302 Found")
        first.at("/d", "Content-Length: 2", body=b"ok")
        into = io.BytesIO()
        located = Located(f"{first.base}/a", {"Authorization": "Bearer canary"})
        fetch(located, into, limit=LIMIT, exempt=[first.host, second.host])
        assert into.getvalue() == b"ok"
        assert [b"canary" in request for request in first.asked] == [True, True, False]
        assert [b"canary" in request for request in second.asked] == [False]
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.com/x",
        "ftp://example.com/x",
        "data:text/html,x",
        "javascript:alert(1)",
        "http://user@example.com/",
        "http://user:password@example.com/",
        "http://example.com@127.0.0.1/",
        "http://example.com:22/",
        "http://example.com:6379/",
        "https://example.com:80/",
        "http://ex\u0430mple.com/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://127.0.0.1\\@example.com/",
        "http:///x",
        "http://",
        "//example.com/x",
        "",
        "http://example.com:99999/",
        "http://[::1/",
    ],
)
def test_SF6_other_schemes_logins_ports_and_odd_hosts_are_refused(
    url: str, names: dict[str, list[list[str]]], connected: list[Any]
) -> None:
    names["example.com"] = [[PUBLIC]]
    assert refused(url) == "blocked"
    assert connected == []


def test_SF7_an_endless_body_is_cut_at_the_limit(server: Server) -> None:
    def endless(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65_536)

    server.plays["/endless"] = endless
    into = io.BytesIO()
    with pytest.raises(TooLarge):
        fetch(Located(f"{server.base}/endless"), into, limit=LIMIT, exempt=[server.host])
    assert len(into.getvalue()) <= LIMIT


@pytest.mark.parametrize("length", ["Content-Length: 90000", "X-None: 1"])
def test_SF7_a_body_of_one_byte_a_second_is_cut_in_time(
    server: Server, monkeypatch: pytest.MonkeyPatch, length: str
) -> None:
    def drip(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    server.plays["/drip"] = drip
    monkeypatch.setattr(download, "WALL_SECONDS", 0.5)
    started = time.monotonic()
    with pytest.raises(TemporaryError) as caught:
        fetch(Located(f"{server.base}/drip"), io.BytesIO(), limit=LIMIT, exempt=[server.host])
    assert caught.value.code == "slow"
    assert time.monotonic() - started < 5


def sends_every_50_ms(server: Server, pieces: int, size: int) -> str:
    def play(connection: socket.socket, _request: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {pieces * size}\r\n\r\n"
        connection.sendall(head.encode())
        for _piece in range(pieces):
            connection.sendall(b"x" * size)
            time.sleep(0.05)

    server.plays["/steady"] = play
    return f"{server.base}/steady"


def test_SF7_a_file_that_hardly_comes_is_cut_long_before_its_time_is_over(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PACE_SECONDS", 0.5)
    url = sends_every_50_ms(server, pieces=200, size=100)  # ten seconds of it
    started = time.monotonic()
    with pytest.raises(TemporaryError) as caught:
        fetch(Located(url), io.BytesIO(), limit=LIMIT, exempt=[server.host])
    assert caught.value.code == "slow"
    assert time.monotonic() - started < 3


def test_a_host_that_falls_silent_after_a_good_beginning_is_cut_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls_silent(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 90_000)
        connection.recv(1)

    server.plays["/silent"] = falls_silent
    monkeypatch.setattr(download, "PACE_SECONDS", 0.5)
    started = time.monotonic()
    with pytest.raises(TemporaryError) as caught:
        fetch(Located(f"{server.base}/silent"), io.BytesIO(), limit=LIMIT, exempt=[server.host])
    assert caught.value.code == "slow"
    assert time.monotonic() - started < 4


def test_a_slow_and_steady_line_brings_its_file(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PACE_SECONDS", 0.5)
    monkeypatch.setattr(download, "PACE_BYTES", 2_000)
    url = sends_every_50_ms(server, pieces=40, size=2_000)  # four times as long as is looked at
    into = io.BytesIO()
    fetch(Located(url), into, limit=LIMIT, exempt=[server.host])
    assert len(into.getvalue()) == 80_000


def test_SF7_a_length_that_is_a_lie_is_no_file(server: Server) -> None:
    short = server.at("/short", "Content-Length: 50", body=b"only this")
    with pytest.raises(TemporaryError):
        fetch(Located(short), io.BytesIO(), limit=LIMIT, exempt=[server.host])
    large = server.at("/large", "Content-Length: 100001", body=b"x")
    with pytest.raises(TooLarge) as caught:
        fetch(Located(large), io.BytesIO(), limit=LIMIT, exempt=[server.host])
    assert caught.value.size == 100_001


def test_SF7_what_would_unpack_itself_is_not_unpacked(server: Server) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    url = server.at("/bomb", "Content-Encoding: gzip", f"Content-Length: {len(bomb)}", body=bomb)
    into = io.BytesIO()
    with pytest.raises(RejectedError):
        fetch(Located(url), into, limit=LIMIT, exempt=[server.host])
    assert into.getvalue() == b""
    assert b"Accept-Encoding: identity" in server.asked[0]


@pytest.mark.parametrize(
    ("size", "limit", "fits"), [(100, 100, True), (101, 100, False), (0, 100, True)]
)
@pytest.mark.parametrize("said", [True, False])
def test_UP4_the_limit_is_exact_to_the_byte(
    server: Server, size: int, limit: int, fits: bool, said: bool
) -> None:
    lines = [f"Content-Length: {size}"] if said else ["Connection: close"]
    url = server.at("/x", "Content-Type: image/png", *lines, body=b"x" * size)
    into = io.BytesIO()
    if fits:
        assert fetch(Located(url), into, limit=limit, exempt=[server.host]) == "image/png"
        assert len(into.getvalue()) == size
    else:
        with pytest.raises(TooLarge):
            fetch(Located(url), into, limit=limit, exempt=[server.host])


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("500 Oops", TemporaryError),
        ("503 Busy", TemporaryError),
        ("429 Slow", TemporaryError),
        ("404 No", RejectedError),
        ("403 No", RejectedError),
        ("206 Part", RejectedError),
        ("204 Nothing", RejectedError),
    ],
)
def test_every_status_but_200_is_no_file(
    server: Server, status: str, error: type[ProviderError]
) -> None:
    url = server.at("/x", "Content-Length: 0", status=status)
    with pytest.raises(error):
        fetch(Located(url), io.BytesIO(), limit=LIMIT, exempt=[server.host])


def test_a_proxy_of_the_environment_is_no_way_around(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    names: dict[str, list[list[str]]],
    connected: list[Any],
) -> None:
    names["inside.example"] = [["10.0.0.1"]]
    monkeypatch.setenv("http_proxy", server.base)
    assert refused("http://inside.example/x") == "blocked"
    assert connected == []


def test_a_process_that_ends_does_not_wait_for_the_file(server: Server) -> None:
    url = server.at("/x", "Content-Length: 3", body=b"abc")
    with pytest.raises(TemporaryError) as caught:
        fetch(Located(url), io.BytesIO(), limit=LIMIT, exempt=[server.host], is_ending=lambda: True)
    assert caught.value.code == "ending"


def test_no_error_holds_the_address_or_a_credential(server: Server) -> None:
    url = server.at("/canary-path", "Content-Length: 0", status="404 No")
    with pytest.raises(RejectedError) as caught:
        fetch(
            Located(url, {"Authorization": "Bearer canary"}),
            io.BytesIO(),
            limit=LIMIT,
            exempt=[server.host],
        )
    assert not re.search("canary", f"{caught.value!r} {caught.value.detail}")
    assert "canary" not in repr(Located(url, {"Authorization": "Bearer canary"}))
