"""WhatsApp's own API: what is asked of it, and what each of its answers means."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import responses

from provider.contracts import (
    Cause,
    Choice,
    Content,
    Media,
    OutboundFile,
    OutboundMessage,
    OutboundTemplate,
    Person,
    Place,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
)
from provider.meta import GRAPH_VERSION
from tests.provider.adapters.whatsapp_account import (
    ADAPTER,
    ANA,
    API,
    HELD,
    HIDDEN,
    LINE,
    NODE,
    NUMBER_ID,
    OURS,
    A,
    D,
    I,
    V,
)


def outbound(**parts: Any) -> OutboundMessage:
    values: dict[str, Any] = {
        "reference": UUID(OURS), "stream": "s", "line": LINE, "recipient": ANA, "text": "Olá",
        **parts,
    }  # fmt: skip
    return OutboundMessage(**values)


URL = "https://isobot.example/f/1"


def file(content: Content, name: str = "a.bin") -> OutboundFile:
    return OutboundFile(content, "k", name, "x/y", 1, url=URL)


def choices(count: int) -> tuple[Choice, ...]:
    return tuple(Choice(str(n), f"Opção {n} com um título comprido") for n in range(1, count + 1))


def template(**params: str) -> OutboundTemplate:
    return OutboundTemplate("oi", "pt_BR", params)


def body_of(*parameters: dict[str, str]) -> dict[str, Any]:
    made = [{"type": "text", **one} for one in parameters]
    return {"components": [{"type": "body", "parameters": made}]}


NAMED = {"name": "oi", "language": {"code": "pt_BR"}}
REQUESTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("text", {}, {"type": "text", "text": {"body": "Olá", "preview_url": True}}),
    ("image", {"file": file(I)}, {"type": "image", "image": {"link": URL, "caption": "Olá"}}),
    ("video", {"file": file(V)}, {"type": "video", "video": {"link": URL, "caption": "Olá"}}),
    ("audio has no caption", {"file": file(A)}, {"type": "audio", "audio": {"link": URL}}),
    (
        "document", {"file": file(D, "nº 7.pdf"), "text": ""},
        {"type": "document", "document": {"link": URL, "filename": "nº 7.pdf"}},
    ),
    (
        "place", {"place": Place(-25.5, 0.0), "text": ""},
        {"type": "location", "location": {"latitude": -25.5, "longitude": 0.0}},
    ),
    (
        "place with a name", {"place": Place(-25.5, -49.25, "Matriz", "Praça, 1")},
        {
            "type": "location",
            "location": {
                "latitude": -25.5, "longitude": -49.25, "name": "Matriz", "address": "Praça, 1",
            },
        },
    ),
    (
        "cards", {"people": (Person("Zé", ("+55 41 1", "2")), Person("Bia", (), ("b@x.example",)))},
        {
            "type": "contacts",
            "contacts": [
                {
                    "name": {"formatted_name": "Zé", "first_name": "Zé"},
                    "phones": [
                        {"phone": "+55 41 1", "type": "CELL"}, {"phone": "2", "type": "CELL"},
                    ],
                },
                {
                    "name": {"formatted_name": "Bia", "first_name": "Bia"},
                    "emails": [{"email": "b@x.example", "type": "WORK"}],
                },
            ],
        },
    ),
    (
        "template", {"template": template()},
        {"type": "template", "template": NAMED},
    ),
    (
        "template by number", {"template": template(**{"2": "b", "1": "a"})},
        {"type": "template", "template": {**NAMED, **body_of({"text": "a"}, {"text": "b"})}},
    ),
    (
        "template by name", {"template": template(nome="Ana")},
        {
            "type": "template",
            "template": {**NAMED, **body_of({"parameter_name": "nome", "text": "Ana"})},
        },
    ),
]  # fmt: skip
TAKEN = {"messaging_product": "whatsapp", "messages": [{"id": "wamid.OUT9"}]}


def sent(**parts: Any) -> dict[str, Any]:
    """What leaves for this message, beyond what all of them have."""
    responses.add(responses.POST, f"{NODE}/messages", json=TAKEN)
    assert ADAPTER.send(outbound(**parts), HELD).external_id == "wamid.OUT9"
    request = responses.calls[0].request
    assert request.headers["Authorization"] == "Bearer EAAinvented"
    body: dict[str, Any] = json.loads(request.body)  # type: ignore[arg-type]
    assert body.pop("messaging_product") == "whatsapp"
    assert body.pop("recipient_type") == "individual"
    assert body.pop("biz_opaque_callback_data") == OURS
    return body


@responses.activate
@pytest.mark.parametrize(
    ("parts", "payload"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS]
)
def test_a_message_is_handed_over(parts: dict[str, Any], payload: dict[str, Any]) -> None:
    assert sent(**parts) == {"to": f"+{ANA}", **payload}


@responses.activate
def test_who_has_no_phone_is_written_to_by_the_other_id() -> None:
    body = sent(recipient=HIDDEN)
    assert body["recipient"] == HIDDEN
    assert "to" not in body


@responses.activate
def test_a_reply_names_what_it_answers() -> None:
    assert sent(reply_to="wamid.IN1")["context"] == {"message_id": "wamid.IN1"}


@responses.activate
def test_up_to_three_choices_are_buttons_where_their_titles_fit() -> None:
    titles = ("Vendas", "Trocas e devoluções!", "Encerrar conversa")
    made = sent(choices=tuple(Choice(str(n), title) for n, title in enumerate(titles, 1)))
    assert made["interactive"] == {
        "type": "button",
        "body": {"text": "Olá"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": str(n), "title": title}}
                for n, title in enumerate(titles, 1)
            ]
        },
    }


@responses.activate
@pytest.mark.parametrize(
    ("titles", "text"),
    [(["Sim", "Não"], "x" * 1025), (["Sim", "Sim"], "Olá"), (["A", "B", "C", "D"], "Olá")],
)
def test_what_buttons_cannot_show_is_a_list_of_whole_titles(titles: list[str], text: str) -> None:
    offered = tuple(Choice(str(n), title) for n, title in enumerate(titles, 1))
    made = sent(choices=offered, text=text)["interactive"]
    (section,) = made["action"]["sections"]
    assert (made["type"], made["body"]["text"]) == ("list", text)
    assert made["action"]["button"] == "Ver opções"
    assert section["rows"] == [{"id": str(n), "title": title} for n, title in enumerate(titles, 1)]


@responses.activate
@pytest.mark.parametrize(("count", "text"), [(2, "Olá"), (4, "Olá"), (12, "Olá")])
def test_long_titles_are_a_list_that_tells_them_whole_below(count: int, text: str) -> None:
    made = sent(choices=choices(count), text=text)["interactive"]
    (section,) = made["action"]["sections"]
    assert (made["type"], len(section["rows"])) == ("list", min(count, 10))
    for number, row in enumerate(section["rows"], 1):
        assert row["id"] == str(number)
        assert len(row["title"]) <= 24
        assert row["description"] == f"Opção {number} com um título comprido"


def no(status: int, code: int, message: str = "Sorry", details: str = "") -> dict[str, Any]:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
    if details:
        error["error_data"] = {"details": details}
    return {"status": status, "json": {"error": error}}


REFUSALS: list[tuple[dict[str, Any], type[ProviderError], Cause | None]] = [
    *[
        (no(400, code), TemporaryError, None)
        for code in (1, 2, 4, 80007, 130429, 131000, 131016, 131053, 131056, 131057)
    ],
    *[
        (no(400, code), RejectedError, Cause.RECIPIENT)
        for code in (
            130403, 130472, 130497, 131021, 131026, 131030, 131049, 131050, 131062,
        )
    ],
    *[
        (no(400, code), RejectedError, Cause.TEMPLATE)
        for code in (132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069)
    ],
    *[
        (no(400, code), RejectedError, Cause.CONTENT)
        for code in (100, 131008, 131009, 131051, 131063, 135000)
    ],
    *[
        (no(400, code), RejectedError, Cause.SERVICE_ACCESS)
        for code in (
            3, 10, 33, 200, 299, 368, 131005, 131031, 131037, 131042, 131045, 131048, 131064,
            133016,
        )
    ],
    (no(400, 131047), RejectedError, Cause.WINDOW),
    (no(400, 999999), RejectedError, Cause.OTHER),
    (no(401, 190), CredentialsError, None),
    (no(400, 190), CredentialsError, None),
    (no(401, 0), CredentialsError, None),
    ({"status": 401, "body": ""}, CredentialsError, None),
    ({"status": 429, "headers": {"Retry-After": "7"}}, TemporaryError, None),
    ({"status": 500, "body": ""}, TemporaryError, None),
    ({"status": 503, "body": ""}, TemporaryError, None),
    ({"status": 504, "body": ""}, AmbiguousError, None),
    ({"status": 403, "body": ""}, RejectedError, Cause.SERVICE_ACCESS),
    ({"status": 200, "body": "<html>"}, AmbiguousError, None),
    ({"status": 200, "json": {}}, AmbiguousError, None),
    ({"status": 200, "json": {"messages": [{}]}}, AmbiguousError, None),
    ({"status": 200, "json": []}, AmbiguousError, None),
]  # fmt: skip


@responses.activate
@pytest.mark.parametrize(("answer", "error", "cause"), REFUSALS)
def test_each_refusal_has_its_class(
    answer: dict[str, Any], error: type[ProviderError], cause: Cause | None
) -> None:
    responses.add(responses.POST, f"{NODE}/messages", **answer)
    with pytest.raises(error) as raised:
        ADAPTER.send(outbound(), HELD)
    assert getattr(raised.value, "cause", None) is cause


@responses.activate
@pytest.mark.parametrize(
    ("answer", "seconds"),
    [({"status": 429, "headers": {"Retry-After": "7"}}, 7), (no(400, 130429), 30)],
)
def test_who_sends_too_fast_makes_everybody_wait(answer: dict[str, Any], seconds: int) -> None:
    responses.add(responses.POST, f"{NODE}/messages", **answer)
    with pytest.raises(TemporaryError) as raised:
        ADAPTER.send(outbound(), HELD)
    assert raised.value.retry_after == seconds


@responses.activate
def test_a_refusal_is_told_in_the_fuller_words() -> None:
    responses.add(responses.POST, f"{NODE}/messages", **no(400, 131026, "(#131026)", "Not there"))
    with pytest.raises(RejectedError) as raised:
        ADAPTER.send(outbound(), HELD)
    assert (raised.value.detail, raised.value.code) == ("Not there", "131026")


FILE = f"{API}/{GRAPH_VERSION}/654300000000001"


@responses.activate
@pytest.mark.parametrize(
    "url", ["https://lookaside.fbsbx.com/whatsapp/1", "https://mmg.whatsapp.net/1", f"{API}/f/1"]
)
def test_a_file_is_located_by_its_id(url: str) -> None:
    responses.add(responses.GET, FILE, json={"url": url, "mime_type": "image/jpeg"})
    located = ADAPTER.locate(Media(I, "654300000000001"), HELD)
    assert (located.url, located.headers) == (url, {"Authorization": "Bearer EAAinvented"})


@responses.activate
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/", "http://lookaside.fbsbx.com/1", "https://fbsbx.com.evil.example/",
        "https://evilfbsbx.com/", "https://fbsbx.com@evil.example/", "", None, 7,
        "https://evil.example\\@lookaside.fbsbx.com/x", "https://evil.example\\.whatsapp.net/x",
        "https://lookaside.fbsbx.com:8443/1", "https://[::1", "https://evil.example#.fbsbx.com/",
    ],
)  # fmt: skip
def test_the_token_goes_to_no_other_host(url: Any) -> None:
    responses.add(responses.GET, FILE, json={"url": url})
    with pytest.raises(RejectedError):
        ADAPTER.locate(Media(I, "654300000000001"), HELD)


@responses.activate
def test_its_check_tells_the_number() -> None:
    responses.add(
        responses.GET,
        NODE,
        json={"display_phone_number": "+55 41 99999-0000", "verified_name": "Loja"},
    )
    (line,) = ADAPTER.check(HELD).lines
    assert (line.number, line.reference, line.name) == ("5541999990000", NUMBER_ID, "Loja")


@responses.activate
def test_its_check_proves_a_token_refused() -> None:
    responses.add(responses.GET, NODE, **no(401, 190))
    with pytest.raises(CredentialsError):
        ADAPTER.check(HELD)
