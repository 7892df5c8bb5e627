"""XS5, SE6, CS: what a browser is told, and what it may be made to do by another site."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from chat.views import omnichannel
from isobot.asgi import application
from provider import links
from tests.api.test_permission_matrix import MATRIX
from tests.chat.conftest import attached, person, waiting
from tests.conftest import PASSWORD
from tests.furnish import Tables, tables
from tests.security.signed import sign_in

Answer = tuple[int, dict[str, str]]


def over_asgi(path: str, **scope: Any) -> Answer:
    """One request at the outermost door, in an event loop of its own."""

    async def ask() -> Answer:
        whole = {
            "type": "http", "method": "GET", "path": path, "query_string": b"",
            "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), **scope,
        }  # fmt: skip
        caller = ApplicationCommunicator(application, whole)
        await caller.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await caller.receive_output(timeout=20)
        await caller.wait(timeout=20)
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return start["status"], headers

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask())).result()


def assert_protected(headers: Any, where: str) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, where
    scripts = [part for part in policy.split(";") if part.strip().startswith("script-src")]
    assert not any("unsafe" in part for part in scripts), where
    assert headers["X-Content-Type-Options"] == "nosniff", where
    assert headers["Referrer-Policy"] == "same-origin", where
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert headers["X-Frame-Options"] == "DENY", where
    assert "Access-Control-Allow-Origin" not in headers, where


def test_XS5_every_kind_of_answer_carries_the_protections(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = attached(waiting(), content="image", type="image/png", name="a.png")
    linked = f"/media/{links._signer().sign(file.key)}/"
    client = Client(raise_request_exception=False)
    client.force_login(person("atendente"))
    for path in (
        "/omnichannel/", f"/omnichannel/arquivos/{file.key}/", linked, "/nao-existe/",
        "/static/isobot/http.js", "/static/none.js", "/api/v1/conversations/", "/api/nothing/",
        "/api/docs/", "/api/schema/", "/supervisor/", "/health/live/", "/admin/", "/metrics",
        "/entrar/", "/", "/omnichannel",
    ):  # fmt: skip
        answer = client.get(path)
        if answer.streaming and "static" in path:
            b"".join(answer.streaming_content)  # read to its end, an open file is closed
        assert_protected(answer.headers, f"{path}: {answer.status_code}")
    strict = Client(enforce_csrf_checks=True)
    assert_protected(strict.post("/perfil/").headers, "a refused form")
    for answer in (
        client.get("/", headers={"Host": "evil.example"}),
        client.post("/webhooks/botmaker/", b"{}", content_type="application/json"),
        client.post("/idioma/", b"x", content_type="text/plain; charset=utf-7"),
        client.generic("TRACE", "/"),
    ):
        assert_protected(answer.headers, str(answer.status_code))
    monkeypatch.setattr(omnichannel.selectors, "counts_for", lambda _: 1 / 0)
    broken = client.get("/omnichannel/")
    assert broken.status_code == 500
    assert_protected(broken.headers, "a 500")


@pytest.mark.parametrize(
    ("status", "scope"),
    [
        (413, {"method": "POST", "headers": [(b"content-length", b"999999999999")]}),
        (400, {"query_string": b"\xff\xfe"}),
    ],
    ids=["too long", "no text"],
)
def test_XS5_what_is_refused_before_any_page_carries_them_too(
    status: int, scope: dict[str, Any]
) -> None:
    found, headers = over_asgi("/entrar/", **scope)
    assert found == status
    assert_protected({name.title(): value for name, value in headers.items()}, str(status))


def test_XS5_a_page_keeps_its_own_policy(db: None) -> None:
    _status, headers = over_asgi("/health/live/")
    assert "script-src 'self'" in headers["content-security-policy"]


def test_SE6_what_somebody_signed_in_is_shown_is_kept_by_no_browser(house: None, api: Any) -> None:
    client = Client()
    client.force_login(person("supervisor"))
    for path in (
        "/omnichannel/",
        "/supervisor/",
        "/supervisor/chat/setup/",
        "/perfil/",
        "/perfil/senha/",
    ):
        assert "no-store" in client.get(path).headers["Cache-Control"], path
    for path in ("conversations/", "parameters/ISOCHATBOT/users/ISOPADRAO/details/PROVEDOR_TOKEN/"):
        assert "no-store" in api("supervisor").get(f"/api/v1/{path}").headers["Cache-Control"], path
    assert "no-store" in Client().get("/entrar/").headers["Cache-Control"]


def test_SE6_no_field_of_a_secret_is_filled_in_by_the_browser(house: None) -> None:
    import re  # noqa: PLC0415

    from parameters.models import Detail  # noqa: PLC0415

    client = Client()
    client.force_login(person("supervisor"))
    row = Detail.objects.get(question="PROVEDOR_TOKEN")
    page = client.get(
        f"/supervisor/parametros/usuarios/{row.user_id}/detalhes/ver,{row.pk}"
    ).content.decode()
    fields = re.findall(r'<(?:input|textarea)[^>]+name="(?:answer|note)"[^>]*>', page)
    assert fields
    for field in fields:
        assert re.search(r'autocomplete="(off|new-password)"', field), field


def test_SE6_no_address_of_ours_takes_a_secret(house: None) -> None:
    """What signs somebody in is posted; the same asked for by GET does nothing."""
    client = Client()
    client.get("/entrar/", {"username": "atendente", "password": PASSWORD})
    assert client.get("/omnichannel/lista/").status_code == 401
    assert client.get("/api/v1/auth/token/", {"username": "a", "password": "b"}).status_code in (
        401,
        405,
    )
    issued = Client().post(
        "/api/v1/auth/token/", {"username": "atendente", "password": PASSWORD},
        content_type="application/json",
    ).json()["token"]  # fmt: skip
    for name in ("token", "access_token", "Authorization"):
        assert client.get("/api/v1/conversations/", {name: issued}).status_code == 401


# CS


def routes(patterns: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def test_CS1_only_webhooks_and_rest_are_exempt_from_the_csrf_token() -> None:
    exempt = {route for route, view in routes() if getattr(view, "csrf_exempt", False)}
    assert {route for route in exempt if not route.startswith("api/")} == {
        "webhooks/<slug:adapter>/",
        "webhooks/<slug:adapter>/<slug:channel_key>/",
    }
    # REST knows no cookie, so another site's browser has nothing to send there.
    classes = django_settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]
    assert classes == ["chat.api.authentication.TokenAuthentication"]


POSTED = sorted(
    line.example
    for route, line in MATRIX.items()
    if "POST" in line.answers and not route.startswith(("api/", "webhooks/"))
)
FORGED: dict[str, dict[str, Any]] = {
    "no token": {},
    "a foreign token": {"headers": {"X-CSRFToken": "x" * 32}},
    "JSON as text": {"data": b'{"a": 1}', "content_type": "text/plain"},
    "a foreign origin": {"headers": {"Origin": "https://evil.example"}},
    "no origin": {"headers": {"Origin": "null"}},
}


@pytest.mark.parametrize("how", FORGED)
def test_CS1_no_form_is_taken_from_another_site(house: None, how: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("admin"))
    if "origin" in how:
        client.cookies["csrftoken"] = "a" * 32
        FORGED[how].setdefault("data", {"csrfmiddlewaretoken": "a" * 32})
    before = kept()
    for example in POSTED:
        path = "/" + example.format_map(Anything())
        assert client.post(path, **FORGED[how]).status_code == 403, path
    assert kept() == before
    assert client.get("/omnichannel/lista/").status_code == 200, "still signed in"


def kept() -> Tables:
    """Every row of every table, but for sessions, which live by being used."""
    found = tables()
    del found[Session]
    return found


class Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "1"


def test_CS1_looking_at_an_address_of_a_change_changes_nothing(house: None) -> None:
    client = Client()
    client.force_login(person("admin"))
    conversation = waiting()
    for path in ("assumir", "responder", "encerrar", "esperar", "retomar", "desvincular"):
        assert client.get(f"/omnichannel/{conversation.pk}/{path}/").status_code == 405
    assert client.get("/sair/").status_code == 405
    assert client.get("/omnichannel/lista/").status_code == 200
    conversation.refresh_from_db()
    assert conversation.status == "waiting"


def test_CS2_no_page_is_shown_in_anothers_frame(house: None) -> None:
    client = Client()
    client.force_login(person("supervisor"))
    for path in (
        "/entrar/",
        "/omnichannel/",
        "/supervisor/",
        "/simulador/",
        "/api/docs/",
        "/perfil/",
    ):
        answer = client.get(path, follow=True)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Frame-Options"] == "DENY", path


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil", "", "a b"]
)
def test_CS3_another_host_is_refused(db: None, host: str) -> None:
    assert Client().get("/entrar/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("hosts", [("127.0.0.1", "evil.example"), ("evil.example", "127.0.0.1")])
def test_CS3_two_hosts_are_refused(db: None, hosts: tuple[str, str]) -> None:
    status, _headers = over_asgi(
        "/health/live/", headers=[(b"host", one.encode()) for one in hosts]
    )
    assert status == 400


def test_CS3_a_forwarded_host_is_believed_from_nobody(house: None) -> None:
    answer = Client().get(
        "/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    )
    assert "evil" not in answer.headers["Location"]


NOT_OURS = [
    "//evil.example", "https:evil.example", "https://evil.example", r"\\evil.example",
    r"/\evil.example", "/%09/evil.example", "/\t/evil.example", "///evil.example",
    "javascript:alert(1)", "http:///evil.example", "https://127.0.0.1@evil.example",
    "/\\evil.example", "//evil.example/%2f..", " //evil.example", "\x00//evil.example",
]  # fmt: skip


def leads_away(location: str) -> bool:
    """As a browser reads an address: backslashes are slashes, tabs and line ends are nothing."""
    read = location.strip().replace("\\", "/")
    for nothing in "\t\r\n\x00":
        read = read.replace(nothing, "")
    return not read.startswith("/") or read.startswith("//")


@pytest.mark.parametrize("wanted", NOT_OURS)
def test_CS4_nobody_is_led_away_after_signing_in(house: None, wanted: str) -> None:
    for address in ("/entrar/", f"/entrar/?next={wanted}"):
        client = Client()
        form = {"username": "atendente", "password": PASSWORD, "next": wanted}
        answer = client.post(address, form)
        assert answer.status_code == 302
        assert not leads_away(answer.headers["Location"]), answer.headers["Location"]
        again = client.get("/entrar/", {"next": wanted})
        assert not leads_away(again.headers["Location"])


@pytest.mark.parametrize("wanted", NOT_OURS)
def test_CS4_nor_after_another_language_nor_after_signing_out(house: None, wanted: str) -> None:
    client = Client()
    answer = client.post("/idioma/", {"language": "en", "next": wanted})
    assert not leads_away(answer.headers["Location"])
    sign_in(client, "atendente", PASSWORD)
    answer = client.post("/sair/", {"next": wanted})
    assert not leads_away(answer.headers["Location"])


def test_CS4_the_administration_leads_to_the_one_sign_in_and_back(house: None) -> None:
    answer = Client().get("/admin/auth/user/?q=a&o=1", follow=True)
    where = answer.redirect_chain[-1][0]
    assert where.startswith("/entrar/?next=%2Fadmin%2Fauth%2Fuser%2F%3Fq%3Da")
    client = Client()
    client.force_login(person("atendente"))
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_CS5_no_other_site_may_read_an_answer(house: None, origin: str) -> None:
    client = Client()
    client.force_login(person("atendente"))
    for path in ("/omnichannel/", "/omnichannel/lista/", "/api/v1/conversations/", "/api/schema/"):
        for method in ("GET", "OPTIONS"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = client.generic(method, path, headers=headers)
            allowed = [name for name in answer.headers if name.lower().startswith("access-control")]
            assert not allowed, (path, method)
    for _ in range(10):
        answer = sign_in(
            Client(), "atendente", headers={"Origin": origin, "X-Requested-With": "XMLHttpRequest"}
        )
    assert answer.status_code == 429
    assert "Access-Control-Allow-Origin" not in answer.headers
