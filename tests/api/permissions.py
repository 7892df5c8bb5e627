"""The table of who may do what: every address, each kind of person, every method.

Whoever adds an address adds its line here; test_permission_matrix.py asks every cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.conftest import PASSWORD

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The columns of every line below. `atendente` and `marked` are agents of the classification the
# conversations are in, `stranger` of another; {owned} belongs to a further agent.
PEOPLE = (None, "atendente", "stranger", "marked", "supervisor", "admin")
LOGIN = {"username": "atendente", "password": PASSWORD}
SAY = {"text": "Oi", "client_id": "matrix"}

ALL_405 = "405 405 405 405 405 405"
CONSOLE_405 = "302 403 403 403 405 405"
REST_405 = "401 405 405 405 405 405"
CONFIG_405 = "401 403 403 403 405 405"
EVERYBODY = "200 200 200 200 200 200"
SIGNED_IN = "401 200 200 200 200 200"
WHO_SEES = "401 200 404 200 200 200"
WHO_ADDS = "401 403 403 403 201 201"
WHO_DIRECTS = "401 404 404 200 200 200"
# Who could have taken it learns who has it.
WHO_TRANSFERS = "401 409 404 200 200 200"
SUPERVISORS = "401 403 403 403 200 200"
CONFIGURES = "302 403 403 403 200 200"
SAVES = "302 403 403 403 302 302"
ADMINISTERS = "302 403 403 403 403 200"
REFUSED = "302 403 403 403 400 400"


@dataclass
class Line:
    """One address: an example of it, what is sent to it, and the answers by method."""

    example: str
    body: dict[str, Any]
    answers: dict[str, str]
    otherwise: str


def rest(example: str, body: dict[str, Any] | None = None, **answers: str) -> Line:
    return Line(f"api/v1/{example}", body or {}, answers, REST_405)


def config(example: str, body: dict[str, Any] | None = None, **answers: str) -> Line:
    return Line(f"api/v1/{example}", body or {}, answers, CONFIG_405)


def page(example: str, body: dict[str, Any] | None = None, **answers: str) -> Line:
    return Line(example, body or {}, answers, ALL_405)


def console(example: str, body: dict[str, Any] | None = None, **answers: str) -> Line:
    return Line(f"supervisor/{example}", body or {}, answers, CONSOLE_405)


def register(slug: str, row: str, body: dict[str, Any]) -> dict[str, Line]:
    """The four addresses of a list of Cadastros."""
    at = f"cadastros/{slug}/"
    return {
        f"supervisor/{at}": console(at, GET=CONFIGURES),
        f"supervisor/{at}incluir/": console(f"{at}incluir/", body, GET=CONFIGURES, POST=SAVES),
        f"supervisor/{at}ver,<int:pk>": console(f"{at}ver,{row}", body, GET=CONFIGURES, POST=SAVES),
        f"supervisor/{at}excluir,<int:pk>": console(
            f"{at}excluir,{row}", GET=CONFIGURES, POST=SAVES
        ),
    }


OMNI, CONV = "omnichannel/<int:conversation_id>/", "conversations/<int:conversation_id>/"
AGENTS = "supervisor/chat/classificacao/<int:parent>/atendentes/"
NEW = {"description": "Nova", "kind": "human", "active": "on"}
CLASS = "classifications/<int:code>/"
CHANNEL = {"kind": "telegram", "line": "7", "adapter": "botmaker", "menu": "{menu}", "active": "on"}
USER = {"username": "nova", "role": "agent", "active": "on", "password": "um-segredo-novo-7"}
DETAIL = "parameters/<str:name>/users/<str:user>/details/<str:question>/"
OWNERS = "supervisor/parametros/<int:parent>/usuarios/"
OWNER = {"name": "OUTRO", "order": "1", "active": "on"}
DETAILS = "supervisor/parametros/usuarios/<int:parent>/detalhes/"
ANSWER = {"answer": "outro", "order": "1", "active": "on"}
MENUS, EVENTS = "chat/menus/", "chat/eventos/"


MATRIX = {
    "": page("", GET="302 302 302 302 302 302"),
    "entrar/": Line(
        "entrar/",
        {},
        {
            "GET": "200 302 302 302 302 302",
            "POST": "200 302 302 302 302 302",
            "PUT": "200 302 302 302 302 302",
        },
        "405 302 302 302 302 302",
    ),
    "entrar/esqueci/": page("entrar/esqueci/", GET=EVERYBODY, POST=EVERYBODY, PUT=EVERYBODY),
    "entrar/esqueci/enviado/": page("entrar/esqueci/enviado/", GET=EVERYBODY),
    "entrar/esqueci/pronto/": page("entrar/esqueci/pronto/", GET=EVERYBODY),
    "entrar/esqueci/<uidb64>/<token>/": Line("entrar/esqueci/MQ/x/", {}, {}, EVERYBODY),
    "idioma/": page("idioma/", POST="302 302 302 302 302 302"),
    "perfil/": page("perfil/", GET="302 200 200 200 200 200", POST="302 200 200 200 200 200"),
    "perfil/senha/": Line(
        "perfil/senha/",
        {},
        {
            "GET": "302 200 200 200 200 200",
            "POST": "302 200 200 200 200 200",
            "PUT": "302 200 200 200 200 200",
        },
        "302 405 405 405 405 405",
    ),
    "sair/": page("sair/", POST="302 302 302 302 302 302"),
    "omnichannel/": page("omnichannel/", GET="302 200 200 200 200 200"),
    "omnichannel/lista/": page("omnichannel/lista/", GET=SIGNED_IN),
    "omnichannel/eventos/": page("omnichannel/eventos/", GET=SIGNED_IN),
    OMNI: page("omnichannel/{waiting}/", GET=WHO_SEES),
    "omnichannel/arquivos/<slug:key>/": page(
        "omnichannel/arquivos/{file}/", GET="302 200 404 200 200 200"
    ),
    "omnichannel/arquivos/<slug:key>/baixar/": page(
        "omnichannel/arquivos/{unfetched}/baixar/", POST="401 200 404 200 200 200"
    ),
    f"{OMNI}mensagens/": page("omnichannel/{waiting}/mensagens/", GET=WHO_SEES),
    f"{OMNI}assumir/": page("omnichannel/{waiting}/assumir/", POST="401 200 404 200 409 409"),
    f"{OMNI}responder/": page(
        "omnichannel/{waiting}/responder/", SAY, POST="401 200 404 200 409 409"
    ),
    f"{OMNI}modelo/": page(
        "omnichannel/{waiting}/modelo/",
        {"template": "boas_vindas", "client_id": "matrix"},
        GET=WHO_SEES,
        POST="401 200 404 200 409 409",
    ),
    f"{OMNI}localizacao/": page(
        "omnichannel/{waiting}/localizacao/",
        {"where": "-25.5, -49.25", "client_id": "matrix"},
        GET=WHO_SEES,
        POST="401 200 404 200 409 409",
    ),
    f"{OMNI}contato/": page(
        "omnichannel/{waiting}/contato/",
        {"contact": "{contact}", "client_id": "matrix"},
        GET=WHO_SEES,
        POST="401 200 404 200 409 409",
    ),
    f"{OMNI}transferir/": page(
        "omnichannel/{owned}/transferir/",
        {"to": "agent:atendente"},
        GET=WHO_TRANSFERS,
        POST=WHO_TRANSFERS,
    ),
    f"{OMNI}esperar/": page("omnichannel/{owned}/esperar/", POST=WHO_DIRECTS),
    f"{OMNI}retomar/": page("omnichannel/{owned}/retomar/", POST="401 404 404 409 409 409"),
    f"{OMNI}vincular/": page(
        "omnichannel/{owned}/vincular/",
        {"contact": "novo", "name": "Nova"},
        GET=WHO_DIRECTS,
        POST=WHO_DIRECTS,
    ),
    f"{OMNI}desvincular/": page("omnichannel/{owned}/desvincular/", POST="401 404 404 409 409 409"),
    f"{OMNI}encerrar/": page("omnichannel/{owned}/encerrar/", POST="401 404 404 200 200 200"),
    f"{OMNI}mensagens/<int:message_id>/reenviar/": page(
        "omnichannel/{owned}/mensagens/{failed}/reenviar/", POST="401 404 404 409 409 409"
    ),
    "supervisor/chat/classificacao/": console("chat/classificacao/", GET=CONFIGURES),
    "supervisor/chat/classificacao/incluir/": console(
        "chat/classificacao/incluir/", NEW, GET=CONFIGURES, POST=SAVES
    ),
    "supervisor/chat/classificacao/ver,<int:pk>": console(
        "chat/classificacao/ver,{human}", NEW, GET=CONFIGURES, POST=SAVES
    ),
    f"{AGENTS}": console("chat/classificacao/{human}/atendentes/", GET=CONFIGURES),
    f"{AGENTS}incluir/": console(
        "chat/classificacao/{human}/atendentes/incluir/", GET=CONFIGURES, POST=REFUSED
    ),
    f"{AGENTS}ver,<int:pk>": console(
        "chat/classificacao/{human}/atendentes/ver,{member}", GET=CONFIGURES, POST=SAVES
    ),
    f"{AGENTS}excluir,<int:pk>": console(
        "chat/classificacao/{human}/atendentes/excluir,{member}", GET=CONFIGURES, POST=SAVES
    ),
    "supervisor/chat/canais/": console("chat/canais/", GET=CONFIGURES),
    "supervisor/chat/canais/incluir/": console(
        "chat/canais/incluir/", CHANNEL, GET=CONFIGURES, POST=SAVES
    ),
    "supervisor/chat/canais/buscar/": console("chat/canais/buscar/", POST=SAVES),
    "supervisor/chat/canais/testar,<int:pk>": console("chat/canais/testar,{channel}", POST=SAVES),
    "supervisor/chat/canais/webhook,<int:pk>": console("chat/canais/webhook,{channel}", POST=SAVES),
    "supervisor/chat/canais/ver,<int:pk>": console(
        "chat/canais/ver,{channel}", CHANNEL, GET=CONFIGURES, POST=SAVES
    ),
    "supervisor/chat/templates/": console("chat/templates/", GET=CONFIGURES),
    "supervisor/chat/templates/incluir/": console(
        "chat/templates/incluir/", GET=CONFIGURES, POST=REFUSED
    ),
    "supervisor/chat/templates/atualizar/": console("chat/templates/atualizar/", POST=SAVES),
    "supervisor/chat/templates/ver,<int:pk>": console(
        "chat/templates/ver,{template}", GET=CONFIGURES
    ),
    "supervisor/chat/templates/excluir,<int:pk>": console(
        "chat/templates/excluir,{template}", GET=CONFIGURES, POST=SAVES
    ),
    "supervisor/cadastros/contatos/anonimo/": page(
        "supervisor/cadastros/contatos/anonimo/", POST=SAVES
    ),
    **register("contatos", "{contact}", {"name": "Nova"}),
    **register("tipos-de-telefone", "{phone_type}", {"description": "Nova"}),
    **register("tipos-de-econtact", "{econtact_type}", {"description": "Nova"}),
    "supervisor/usuarios/": console("usuarios/", GET=CONFIGURES),
    "supervisor/usuarios/incluir/": console(
        "usuarios/incluir/", USER, GET=ADMINISTERS, POST="302 403 403 403 403 302"
    ),
    "supervisor/usuarios/ver,<int:pk>": console(
        "usuarios/ver,{user}", USER, GET=CONFIGURES, POST="302 403 403 403 403 302"
    ),
    "media/<str:signed>/": page("media/unsigned/", GET="403 403 403 403 403 403"),
    "webhooks/<slug:adapter>/": page("webhooks/botmaker/", POST="403 403 403 403 403 403"),
    "webhooks/<slug:adapter>/<slug:channel_key>/": page(
        "webhooks/botmaker/whatsapp/", POST="404 404 404 404 404 404"
    ),
    "health/live/": page("health/live/", GET=EVERYBODY),
    "health/ready/": page("health/ready/", GET=EVERYBODY),
    "metrics": page("metrics", GET=EVERYBODY),  # of this machine; see tests/isobot/test_metrics.py
    "api/schema/": page("api/schema/", GET=EVERYBODY),
    "api/docs/": page("api/docs/", GET=EVERYBODY),
    "simulador/": page("simulador/", GET=EVERYBODY),
    "simulador/estado/": page("simulador/estado/", GET="400 400 400 400 400 400"),
    "simulador/arquivos/<slug:name>/": page(
        "simulador/arquivos/nenhum/", GET="503 503 503 503 503 503"
    ),
    "simulador/mensagens/": page("simulador/mensagens/", POST="400 400 400 400 400 400"),
    "simulador/enviar-arquivo/": page("simulador/enviar-arquivo/", POST="400 400 400 400 400 400"),
    "simulador/ajustes/": page("simulador/ajustes/", POST="503 503 503 503 503 503"),
    "api/v1/auth/token/": rest(
        "auth/token/", LOGIN, POST=EVERYBODY, DELETE="401 204 204 204 204 204"
    ),
    "api/v1/conversations/": rest("conversations/", GET=SIGNED_IN),
    f"api/v1/{CONV}": rest("conversations/{waiting}/", GET=WHO_SEES),
    f"api/v1/{CONV}messages/": rest(
        "conversations/{waiting}/messages/", SAY, GET=WHO_SEES, POST="401 201 404 201 403 403"
    ),
    f"api/v1/{CONV}assume/": rest(
        "conversations/{waiting}/assume/", POST="401 200 404 200 403 403"
    ),
    f"api/v1/{CONV}close/": rest("conversations/{owned}/close/", POST="401 404 404 200 200 200"),
    f"api/v1/{CONV}transfer/": rest(
        "conversations/{owned}/transfer/", {"agent": "atendente"}, POST=WHO_TRANSFERS
    ),
    f"api/v1/{CONV}hold/": rest("conversations/{owned}/hold/", POST=WHO_DIRECTS),
    f"api/v1/{CONV}resume/": rest("conversations/{owned}/resume/", POST="401 404 404 409 409 409"),
    f"api/v1/{CONV}link/": rest(
        "conversations/{owned}/link/",
        {"contact": 0},
        POST="401 404 404 400 400 400",
        DELETE="401 404 404 409 409 409",
    ),
    "api/v1/attachments/<slug:key>/": rest("attachments/{file}/", GET=WHO_SEES),
    "api/v1/classifications/": config(
        "classifications/",
        {"description": "Nova", "kind": "human"},
        GET=SIGNED_IN,
        POST=WHO_ADDS,
    ),
    f"api/v1/{CLASS}": config(
        "classifications/{classification}/", {"active": False}, GET=SIGNED_IN, PATCH=SUPERVISORS
    ),
    f"api/v1/{CLASS}agents/": config(
        "classifications/{classification}/agents/",
        {"agent": "stranger"},
        GET="401 200 403 200 200 200",
        POST=WHO_ADDS,
    ),
    "api/v1/channels/": config(
        "channels/",
        {"kind": "whatsapp", "adapter": "botmaker", "line": "5541900000000"},
        GET=SUPERVISORS,
        POST=WHO_ADDS,
    ),
    "api/v1/channels/<int:channel_id>/": config(
        "channels/{channel}/", {"active": False}, GET=SUPERVISORS, PATCH=SUPERVISORS
    ),
    "api/v1/menus/": config("menus/", GET=SUPERVISORS),
    "api/v1/contacts/": rest(
        "contacts/", {"name": "Nova"}, GET=SIGNED_IN, POST="401 201 201 201 201 201"
    ),
    "api/v1/contacts/<int:contact_id>/": rest(
        "contacts/{contact}/", {"name": "Outro"}, GET=SIGNED_IN, PATCH=SIGNED_IN
    ),
    f"api/v1/{DETAIL}": config(
        "parameters/ISOCHATBOT/users/ISOPADRAO/details/NomeBot/",
        {"answer": "outro"},
        GET=SUPERVISORS,
        PUT=SUPERVISORS,
        DELETE="401 403 403 403 204 204",
    ),
    f"supervisor/{MENUS}": console(MENUS, GET=CONFIGURES),
    f"supervisor/{MENUS}previa/": console(f"{MENUS}previa/", POST=CONFIGURES),
    f"supervisor/{MENUS}incluir/": console(f"{MENUS}incluir/", GET=CONFIGURES, POST=REFUSED),
    f"supervisor/{MENUS}ver,<int:pk>": console(
        f"{MENUS}ver,{{menu}}", GET=CONFIGURES, POST=REFUSED
    ),
    f"supervisor/{MENUS}excluir,<int:pk>": console(
        f"{MENUS}excluir,{{menu}}", GET=CONFIGURES, POST=SAVES
    ),
    f"supervisor/{EVENTS}": console(EVENTS, GET=CONFIGURES),
    f"supervisor/{EVENTS}ver,<int:pk>": console(f"{EVENTS}ver,{{event}}", GET=CONFIGURES),
    f"supervisor/{EVENTS}reprocessar,<int:pk>": console(
        f"{EVENTS}reprocessar,{{event}}", POST=SAVES
    ),
    f"supervisor/{EVENTS}criar-canal,<int:pk>": console(
        f"{EVENTS}criar-canal,{{event}}", POST=SAVES
    ),
    "supervisor/": console("", GET=CONFIGURES),
    "supervisor/avisos/": console("avisos/", GET=CONFIGURES),
    "supervisor/chat/setup/": console("chat/setup/", GET=CONFIGURES),
    # A call to the provider, which nobody answers for here; what comes of it is told on the page.
    "supervisor/chat/setup/testar-acesso/": console("chat/setup/testar-acesso/", POST=SAVES),
    "supervisor/chat/setup/atualizar-token/": console("chat/setup/atualizar-token/", POST=SAVES),
    "supervisor/chat/setup/revelar-token/": console("chat/setup/revelar-token/", POST=CONFIGURES),
    "supervisor/chat/setup/testar-envio/": console("chat/setup/testar-envio/", POST=SAVES),
    "supervisor/chat/setup/retomar-envios/": console("chat/setup/retomar-envios/", POST=SAVES),
    "supervisor/chat/setup/anonimo/": console("chat/setup/anonimo/", POST=SAVES),
    "supervisor/parametros/": console("parametros/", GET=CONFIGURES),
    "supervisor/parametros/abrir/": console("parametros/abrir/", GET=SAVES),
    "supervisor/parametros/incluir/": console(
        "parametros/incluir/", {"name": "NOVO"}, GET=CONFIGURES, POST=SAVES
    ),
    "supervisor/parametros/ver,<int:pk>": console(
        "parametros/ver,{parameter}", {"name": "ISOCHATBOT"}, GET=CONFIGURES, POST=SAVES
    ),
    f"{OWNERS}": console("parametros/{parameter}/usuarios/", GET=CONFIGURES),
    f"{OWNERS}incluir/": console(
        "parametros/{parameter}/usuarios/incluir/", OWNER, GET=CONFIGURES, POST=SAVES
    ),
    f"{OWNERS}ver,<int:pk>": console(
        "parametros/{parameter}/usuarios/ver,{owner}", OWNER, GET=CONFIGURES, POST=SAVES
    ),
    f"{OWNERS}excluir,<int:pk>": console(
        "parametros/{parameter}/usuarios/excluir,{owner}", GET=CONFIGURES, POST=SAVES
    ),
    f"{DETAILS}": console("parametros/usuarios/{owner}/detalhes/", GET=CONFIGURES),
    f"{DETAILS}incluir/": console(
        "parametros/usuarios/{owner}/detalhes/incluir/", GET=CONFIGURES, POST=REFUSED
    ),
    f"{DETAILS}ver,<int:pk>": console(
        "parametros/usuarios/{owner}/detalhes/ver,{detail}", ANSWER, GET=CONFIGURES, POST=SAVES
    ),
    f"{DETAILS}excluir,<int:pk>": console(
        "parametros/usuarios/{owner}/detalhes/excluir,{detail}", GET=CONFIGURES, POST=SAVES
    ),
    "supervisor/auditoria/": console("auditoria/", GET=CONFIGURES),
    "api/v1/events/": config("events/", GET=SUPERVISORS),
    "api/v1/events/<int:event_id>/replay/": config("events/{event}/replay/", POST=SUPERVISORS),
}
