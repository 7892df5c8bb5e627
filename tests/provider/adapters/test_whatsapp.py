"""WhatsApp's own API: what each webhook means, and what each answer to a send means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import responses

from provider.adapters.whatsapp import WhatsApp
from provider.contracts import (
    Cause,
    ChannelKind,
    Choice,
    Content,
    Credentials,
    EchoMessage,
    Ignored,
    InboundMessage,
    Line,
    Media,
    OutboundFile,
    OutboundMessage,
    OutboundTemplate,
    Person,
    PersonMoved,
    Place,
    Reason,
    Status,
    StatusReport,
)
from provider.errors import (
    AmbiguousError,
    CredentialsError,
    ProviderError,
    RejectedError,
    TemporaryError,
    UnreadableBody,
)
from provider.meta import GRAPH_VERSION
from tests.provider.adapters.mutations import survives

PAYLOADS = Path(__file__).parent / "whatsapp"
ADAPTER = WhatsApp()
NUMBER_ID = "106540000000001"
LINE = Line("whatsapp", ChannelKind.WHATSAPP, "5541999990000", NUMBER_ID)
ANA, HIDDEN = "5541988887777", "BR.1349120000000001"
OURS = "0b4f9f36-3a0c-4a2b-9a57-3c4f7d1e0001"
API = "https://graph.example"
HELD = Credentials(
    {
        "phone_number_id": NUMBER_ID,
        "access_token": "EAAinvented",
        "app_secret": "s",
        "verify_token": "v",
        "graph_url": API,
    }
)
NODE = f"{API}/{GRAPH_VERSION}/{NUMBER_ID}"


def parsed(name: str) -> list[Any]:
    return ADAPTER.parse((PAYLOADS / f"{name}.json").read_bytes())


def media(content: Content, number: int, type: str, name: str = "") -> tuple[Media, ...]:
    return (Media(content, f"65430000000000{number}", name, type),)


I, A, V, D = Content.IMAGE, Content.AUDIO, Content.VIDEO, Content.DOCUMENT  # noqa: E741
CARDS = (
    Person("Bruno Reis", ("+55 41 97777-1111",), ("bruno@empresa.example",)),
    Person("Caio Melo", ("5541966661111",)),
    Person(""),
)
INBOUND: list[tuple[str, str, Content, dict[str, Any]]] = [
    ("text", "Olá, tudo bem? 👋", Content.TEXT, {}),
    ("image", "a fachada", I, {"media": media(I, 1, "image/jpeg")}),
    ("video", "", V, {"media": media(V, 2, "video/mp4")}),
    ("audio_voice_note", "", A, {"media": media(A, 3, "audio/ogg; codecs=opus")}),
    ("voice_of_old", "", A, {"media": media(A, 4, "audio/ogg")}),
    ("document", "segue", D, {"media": media(D, 5, "application/pdf", "orçamento.pdf")}),
    ("document_without_name", "", D, {"media": media(D, 6, "application/pdf")}),
    ("sticker", "", I, {"media": media(I, 7, "image/webp")}),
    (
        "location", "", Content.LOCATION,
        {"place": Place(-25.4284, -49.2733, "Matriz", "Rua XV, 100")},
    ),
    ("location_zero", "", Content.LOCATION, {"place": Place(0.0, 0.0)}),
    ("contacts", "", Content.CONTACTS, {"people": CARDS}),
    (
        "contact_shared_by_himself", "", Content.CONTACTS,
        {"people": (Person("", ("+5541988887777",)),)},
    ),
    (
        "button_reply", "Falar com atendente", Content.TEXT,
        {"button_payload": "2", "reply_to": "wamid.OUT1"},
    ),
    (
        "list_reply", "Segunda via", Content.TEXT,
        {"button_payload": "1", "reply_to": "wamid.OUT1"},
    ),
    ("form_reply", "Enviado", Content.TEXT, {}),
    ("call_permission_reply", "", Content.UNSUPPORTED, {}),
    ("template_button", "Quero", Content.TEXT, {"button_payload": "quero"}),
    ("order", "para hoje\n2 × SKU-1\n1 × SKU-2", Content.TEXT, {}),
    ("unsupported", "", Content.UNSUPPORTED, {}),
    ("media_that_failed", "legenda", I, {"media": media(I, 8, "image/jpeg")}),
    ("media_without_id", "legenda", Content.UNSUPPORTED, {}),
    ("of_the_future", "", Content.UNSUPPORTED, {}),
    ("reply", "esta aqui", Content.TEXT, {"reply_to": "wamid.OUT1"}),
    ("forwarded", "encaminhada", Content.TEXT, {}),
    ("from_an_ad", "Vi o anúncio", Content.TEXT, {}),
    (
        "without_a_phone", "Oi", Content.TEXT,
        {"contact_id": HIDDEN, "contact_name": "ana.souza"},
    ),
    ("user_id_in_from", "Oi", Content.TEXT, {"contact_id": HIDDEN}),
]  # fmt: skip
STATUSES: list[tuple[str, Status, tuple[str, ...], str, Cause | None]] = [
    ("status_sent", Status.SENT, ("wamid.OUT1", OURS), "", None),
    ("status_delivered", Status.DELIVERED, ("wamid.OUT1",), "", None),
    ("status_read", Status.READ, ("wamid.OUT1",), "", None),
    ("status_played", Status.READ, ("wamid.OUT1",), "", None),
    ("status_failed", Status.FAILED, ("wamid.OUT1", OURS), "131047", Cause.WINDOW),
    ("status_failed_recipient", Status.FAILED, ("wamid.OUT1",), "131026", Cause.RECIPIENT),
    ("status_failed_without_errors", Status.FAILED, ("wamid.OUT1",), "", None),
    ("status_without_a_phone", Status.SENT, ("wamid.OUT1",), "", None),
]
ECHOES = [
    ("echo", ANA, "Respondi pelo celular", Content.TEXT),
    ("echo_without_a_phone", HIDDEN, "", I),
]
MOVES = [
    ("number_changed", (ANA, HIDDEN), ("5541966660000", "BR.9")),
    ("user_id_changed", (HIDDEN,), (ANA, "BR.9")),
    ("user_id_changed_without_a_phone", (HIDDEN,), ("BR.9",)),
]
IGNORED = [
    ("reaction", Reason.REACTION),
    ("reaction_removed", Reason.REACTION),
    ("edit", Reason.EDITED),
    ("revoke", Reason.EDITED),
    ("echo_revoked", Reason.EDITED),
    ("identity_changed", Reason.NOTICE),
    ("request_welcome", Reason.NOTICE),
    ("errors_alone", Reason.NOTICE),
    ("field_message_template_status_update", Reason.NOTICE),
    ("field_phone_number_quality_update", Reason.NOTICE),
    ("field_account_update", Reason.NOTICE),
    ("field_history", Reason.NOTICE),
    ("group", Reason.UNKNOWN_KIND),
    ("another_object", Reason.UNKNOWN_KIND),
    ("status_unknown", Reason.UNKNOWN_STATUS),
    ("without_sender", Reason.NO_SENDER),
    ("empty", Reason.EMPTY),
]


@pytest.mark.parametrize(("name", "text", "content", "more"), INBOUND)
def test_a_customers_message_is_read(
    name: str, text: str, content: Content, more: dict[str, Any]
) -> None:
    (item,) = parsed(name)
    assert isinstance(item, InboundMessage)
    assert (item.line, item.external_id) == (LINE, "wamid.IN1")
    assert item.sent_at is not None and item.sent_at.timestamp() == 1763640311
    expected = {
        "contact_id": ANA, "contact_name": "Ana Souza", "media": (), "place": None, "people": (),
        "reply_to": "", "button_payload": "", "text": text, "content": content, **more,
    }  # fmt: skip
    assert {field: getattr(item, field) for field in expected} == expected


@pytest.mark.parametrize(("name", "status", "ties", "code", "cause"), STATUSES)
def test_a_status_is_read(
    name: str, status: Status, ties: tuple[str, ...], code: str, cause: Cause | None
) -> None:
    (item,) = parsed(name)
    assert isinstance(item, StatusReport)
    assert (item.status, item.ties, item.code, item.cause) == (status, ties, code, cause)
    assert (item.message_id, item.kind) == ("wamid.OUT1", ChannelKind.WHATSAPP)


def test_a_failure_is_told_in_the_fuller_words() -> None:
    assert parsed("status_failed")[0].detail.startswith("More than 24 hours have passed")


@pytest.mark.parametrize(("name", "contact_id", "text", "content"), ECHOES)
def test_what_the_phone_sent_is_an_echo(
    name: str, contact_id: str, text: str, content: Content
) -> None:
    (item,) = parsed(name)
    assert isinstance(item, EchoMessage)
    found = (item.line, item.contact_id, item.text, item.content, item.author)
    assert found == (LINE, contact_id, text, content, "agent")


@pytest.mark.parametrize(
    ("name", "aliases"),
    [("text", (HIDDEN,)), ("without_a_phone", ()), ("user_id_in_from", ()), ("echo", (HIDDEN,))],
)
def test_every_id_of_a_person_is_told(name: str, aliases: tuple[str, ...]) -> None:
    (item,) = parsed(name)
    assert item.aliases == aliases


@pytest.mark.parametrize(("name", "gone", "ids"), MOVES)
def test_a_change_of_number_or_id_says_from_what_to_what(
    name: str, gone: tuple[str, ...], ids: tuple[str, ...]
) -> None:
    assert parsed(name) == [PersonMoved(LINE, "wamid.IN1", gone, ids)]


@pytest.mark.parametrize(("name", "reason"), IGNORED)
def test_what_asks_for_nothing_has_its_reason(name: str, reason: Reason) -> None:
    (item,) = parsed(name)
    assert isinstance(item, Ignored)
    assert item.reason is reason


def test_nothing_of_a_batch_is_lost() -> None:
    items = parsed("batch")
    names = [type(item).__name__ for item in items]
    assert names == [
        *["InboundMessage"] * 2, *["StatusReport"] * 2, "Ignored", "InboundMessage", "Ignored",
    ]  # fmt: skip
    people = [(item.external_id, item.contact_name) for item in items[:2]]
    assert people == [("wamid.B1", "Ana"), ("wamid.B2", "Bia")]
    assert items[5].line.reference == "106540000000002"


def test_every_payload_is_in_a_table() -> None:
    told = {row[0] for table in (INBOUND, STATUSES, ECHOES, MOVES, IGNORED) for row in table} | {
        "batch"
    }
    assert told == {path.stem for path in PAYLOADS.glob("*.json")}


def test_a_changed_payload_breaks_nothing() -> None:
    survives(ADAPTER, PAYLOADS, seed=11)


@pytest.mark.parametrize("body", [b"[]", b"1", b"{", b'{"object": ' + b"9" * 5000 + b"}"])
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        ADAPTER.parse(body)


def test_three_megabytes_are_read() -> None:
    body = json.loads((PAYLOADS / "text.json").read_bytes())
    messages = body["entry"][0]["changes"][0]["value"]["messages"]
    messages[:] = [{**messages[0], "text": {"body": "ç" * 500}} for _ in range(1000)]
    raw = json.dumps(body).encode()
    assert len(raw) > 3_000_000
    assert len(ADAPTER.parse(raw)) == 1000


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
