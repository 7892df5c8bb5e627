"""Templates of the Cloud API: how a list is read, what is registered, and what is sent of one."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
import responses

from provider import registry
from provider.contracts import ChannelKind, Credentials, Line, OutboundMessage, OutboundTemplate
from provider.errors import AmbiguousError, CredentialsError, RejectedError
from provider.meta import GRAPH_VERSION
from provider.templates import Template, TemplateDraft, TemplateState

ADAPTER = registry.get("whatsapp")
HELD = Credentials(
    {
        "phone_number_id": "106540000000001",
        "access_token": "EAAinvented",
        "business_account_id": "102290000000001",
        "graph_url": "https://graph.example",
    }
)
AT = f"https://graph.example/{GRAPH_VERSION}/102290000000001/message_templates"
BODY = {"type": "BODY", "text": "Olá {{1}}, o pedido {{2}} chegou."}
APPROVED, UNUSABLE = TemplateState.APPROVED, TemplateState.UNUSABLE


def item(**fields: Any) -> dict[str, Any]:
    base = {"name": "pedido", "language": "pt_BR", "status": "APPROVED", "category": "UTILITY"}
    return {**base, "components": [BODY], "rejected_reason": "NONE", "id": "1", **fields}


def listed(*items: Any) -> list[Template]:
    responses.get(AT, json={"data": list(items)})
    return ADAPTER.templates(HELD)


@responses.activate
def test_a_listed_template_is_read_with_its_variables_by_part() -> None:
    components = [
        {"type": "HEADER", "format": "TEXT", "text": "Loja {{1}}"},
        BODY,
        {"type": "FOOTER", "text": "ACME"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Falar"}]},
    ]
    (found,) = listed(item(components=components))
    assert found == Template(
        "pedido", "pt_BR", APPROVED, "Olá ${1}, o pedido ${2} chegou.",
        header="Loja ${CABECALHO_1}", footer="ACME", category="UTILITY", buttons=("Falar",),
    )  # fmt: skip
    assert responses.calls[0].request.headers["Authorization"] == "Bearer EAAinvented"
    assert "status" in responses.calls[0].request.url


@pytest.mark.parametrize(
    ("status", "reason", "state", "note"),
    [
        ("APPROVED", "NONE", APPROVED, ""),
        ("PENDING", "NONE", TemplateState.PENDING, ""),
        ("IN_APPEAL", "NONE", TemplateState.PENDING, ""),
        ("SOMETHING_NEW", "", TemplateState.PENDING, ""),
        ("REJECTED", "INVALID_FORMAT", TemplateState.REJECTED, "INVALID_FORMAT"),
        ("PAUSED", "NONE", UNUSABLE, "PAUSED"),
        ("DISABLED", "ABUSIVE_CONTENT", UNUSABLE, "ABUSIVE_CONTENT"),
    ],
)
@responses.activate
def test_its_state_is_told_with_the_reason(
    status: str, reason: str, state: TemplateState, note: str
) -> None:
    (found,) = listed(item(status=status, rejected_reason=reason))
    assert (found.state, found.note) == (state, note)


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"components": [{"type": "HEADER", "format": "IMAGE"}, BODY]}, "HEADER IMAGE"),
        (
            {
                "components": [
                    BODY,
                    {
                        "type": "BUTTONS",
                        "buttons": [{"type": "URL", "text": "Ver", "url": "https://x/{{1}}"}],
                    },
                ]
            },
            "BUTTON URL",
        ),
        ({"components": [BODY, {"type": "CAROUSEL", "cards": []}]}, "CAROUSEL"),
        ({"category": "AUTHENTICATION"}, "AUTHENTICATION"),
    ],
)
@responses.activate
def test_what_could_not_be_filled_in_is_not_offered(changed: dict[str, Any], note: str) -> None:
    (found,) = listed(item(**changed))
    assert (found.state, found.note) == (UNUSABLE, note)


@responses.activate
def test_a_plain_link_and_a_telephone_ask_for_nothing() -> None:
    buttons = [
        {"type": "URL", "text": "Ver", "url": "https://x.example/"},
        {"type": "PHONE_NUMBER", "text": "Ligar", "phone_number": "+5541999990000"},
    ]
    (found,) = listed(item(components=[BODY, {"type": "BUTTONS", "buttons": buttons}]))
    assert (found.state, found.buttons) == (APPROVED, ("Ver", "Ligar"))


@responses.activate
def test_pages_are_followed_by_their_cursor_and_not_by_an_address_with_the_token() -> None:
    paging = {"cursors": {"after": "CURSOR"}, "next": "https://graph.example/?access_token=EAA"}
    responses.get(AT, json={"data": [item()], "paging": paging})
    responses.get(AT, json={"data": [item(name="outro")], "paging": {"cursors": {"after": "Z"}}})
    assert [one.name for one in ADAPTER.templates(HELD)] == ["pedido", "outro"]
    assert "after=CURSOR" in responses.calls[1].request.url
    assert "access_token" not in responses.calls[1].request.url


@responses.activate
def test_a_list_that_never_ends_is_given_up() -> None:
    responses.get(AT, json={"data": [], "paging": {"cursors": {"after": "C"}, "next": "x"}})
    with pytest.raises(AmbiguousError):
        ADAPTER.templates(HELD)


@responses.activate
def test_removed_ones_and_nonsense_are_left_out() -> None:
    assert listed(item(status="DELETED"), "x", {"language": "pt_BR"}, item(components=None)) == [
        Template("pedido", "pt_BR", APPROVED, "", category="UTILITY")
    ]


@responses.activate
def test_an_answer_that_is_no_list_is_no_empty_list() -> None:
    responses.get(AT, json={"ok": True})
    with pytest.raises(AmbiguousError):
        ADAPTER.templates(HELD)


@responses.activate
def test_a_refused_token_is_told_apart() -> None:
    responses.get(AT, status=401, json={"error": {"code": 190, "message": "expired"}})
    with pytest.raises(CredentialsError):
        ADAPTER.templates(HELD)


def registered(**fields: Any) -> dict[str, Any]:
    responses.post(AT, json={"id": "77", "status": "PENDING", "category": "MARKETING"})
    draft = {"name": "oi", "language": "pt_BR", "category": "UTILITY", "body": "Olá", **fields}
    made = ADAPTER.create_template(TemplateDraft(**draft), HELD)
    assert (made.name, made.state, made.category) == ("oi", TemplateState.PENDING, "MARKETING")
    found: dict[str, Any] = json.loads(responses.calls[0].request.body)
    return found


@responses.activate
def test_a_draft_is_registered_with_an_example_of_each_variable() -> None:
    body = registered(
        header="Loja ${loja}", body="Olá ${nome}, ${nome}!", footer="ACME", buttons=("Falar",)
    )
    assert body == {
        "name": "oi",
        "language": "pt_BR",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "HEADER",
                "format": "TEXT",
                "text": "Loja {{loja}}",
                "example": {
                    "header_text_named_params": [{"param_name": "loja", "example": "loja"}]
                },
            },
            {
                "type": "BODY",
                "text": "Olá {{nome}}, {{nome}}!",
                "example": {"body_text_named_params": [{"param_name": "nome", "example": "nome"}]},
            },
            {"type": "FOOTER", "text": "ACME"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Falar"}]},
        ],
    }


@responses.activate
def test_numbered_variables_stay_numbers() -> None:
    body = registered(header="${CABECALHO_1}", body="${2} e ${1}")
    assert body["parameter_format"] == "POSITIONAL"
    header, text = body["components"]
    assert (header["text"], header["example"]) == ("{{1}}", {"header_text": ["1"]})
    assert (text["text"], text["example"]) == ("{{2}} e {{1}}", {"body_text": [["1", "2"]]})


@responses.activate
def test_a_refused_draft_is_quoted() -> None:
    error = {"code": 100, "message": "Invalid parameter", "error_data": {"details": "bad name"}}
    responses.post(AT, status=400, json={"error": error})
    with pytest.raises(RejectedError, match="bad name"):
        ADAPTER.create_template(TemplateDraft("oi", "pt_BR", "UTILITY", "Olá"), HELD)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"success": True}),
        (404, {}),
        (400, {"error": {"code": 100, "error_subcode": 2593002, "message": "not found"}}),
    ],
)
@responses.activate
def test_what_is_removed_or_was_never_there_is_removed(status: int, answer: Any) -> None:
    responses.delete(AT, status=status, json=answer)
    ADAPTER.delete_template("oi", HELD)
    assert responses.calls[0].request.url == f"{AT}?name=oi"


@responses.activate
def test_a_removal_that_is_refused_is_an_error() -> None:
    responses.delete(AT, status=400, json={"error": {"code": 100, "message": "no"}})
    with pytest.raises(RejectedError):
        ADAPTER.delete_template("oi", HELD)


@responses.activate
def test_what_was_listed_is_sent_with_as_many_values_in_each_part() -> None:
    header = {"type": "HEADER", "format": "TEXT", "text": "Loja {{1}}"}
    (template,) = listed(item(components=[header, BODY]))
    assert "${CABECALHO_1}" in template.header and "${2}" in template.body
    node = f"https://graph.example/{GRAPH_VERSION}/106540000000001/messages"
    responses.post(node, json={"messages": [{"id": "wamid.1"}]})
    # A database may give names back in another order.
    params = {"2": "42", "CABECALHO_1": "Centro", "1": "Ana"}
    ADAPTER.send(
        OutboundMessage(
            uuid4(), "1", Line("whatsapp", ChannelKind.WHATSAPP), "5541988887777", "",
            template=OutboundTemplate(template.name, template.language, params),
        ),
        HELD,
    )  # fmt: skip
    sent = json.loads(responses.calls[-1].request.body)["template"]
    assert sent == {
        "name": "pedido",
        "language": {"code": "pt_BR"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "Centro"}]},
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "42"}],
            },
        ],
    }


def test_only_an_account_whose_id_is_known_has_templates() -> None:
    assert ADAPTER.has_templates(HELD)
    assert not ADAPTER.has_templates(Credentials({"access_token": "EAAinvented"}))
