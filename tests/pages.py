"""Every page a person can open: who opens it first, and what it is an example of.

The permission matrix names every address with an example; those somebody may GET and whose answer
is for people's eyes are the pages. A new page is in here by being in the matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.api.test_permission_matrix import MATRIX, PEOPLE

# Read by programs, or by the page they belong to.
FOR_PROGRAMS = ("api/v1/", "api/schema/", "health/", "metrics", "omnichannel/eventos/")
# What people are handed, in no language of ours.
FOR_PROGRAMS += ("omnichannel/arquivos/", "simulador/arquivos/", "media/")
# Parts the Omnichannel fetches; people see them in its page.
FRAGMENTS = frozenset(
    {
        "omnichannel/lista/",
        "omnichannel/<int:conversation_id>/",
        "omnichannel/<int:conversation_id>/mensagens/",
        "omnichannel/<int:conversation_id>/modelo/",
        "omnichannel/<int:conversation_id>/localizacao/",
        "omnichannel/<int:conversation_id>/contato/",
        "omnichannel/<int:conversation_id>/transferir/",
        "omnichannel/<int:conversation_id>/vincular/",
        "supervisor/avisos/",
    }
)
VIEWERS = ("atendente", "supervisor", "admin")
PARAMETERS = "supervisor/parametros/"
DETAIL_FORM = "supervisor/parametros/usuarios/<int:parent>/detalhes/incluir/"
# One of each kind of field a detail's form has.
KEYS = ("CLASS_CHAT_BOT", "PROVEDOR_SECRET_ID", "AVISO_TRANSFER", "PROVEDOR_PHONE", "NomeBot")
# Pages that look different in ways their address alone does not tell.
MORE: dict[str, list[tuple[str, str]]] = {
    "omnichannel/": [
        *[("atendente", f"omnichannel/?c={{{state}}}") for state in ("waiting", "owned")],
        *[("atendente", f"omnichannel/?c={{{state}}}") for state in ("held", "closed")],
        *[("supervisor", f"omnichannel/?tab=todos&c={{{state}}}") for state in ("bot", "owned")],
        ("atendente", "omnichannel/?q=zzzz"),
    ],
    "supervisor/": [("admin", "supervisor/")],
    "supervisor/usuarios/ver,<int:pk>": [("admin", "supervisor/usuarios/ver,{user}")],
    "supervisor/usuarios/": [("admin", "supervisor/usuarios/?q=zzzz")],
    "supervisor/auditoria/": [("supervisor", "supervisor/auditoria/?q=zzzz")],
    "supervisor/chat/menus/incluir/": [("supervisor", "supervisor/chat/menus/ver,{menu}")],
    DETAIL_FORM: [
        ("supervisor", f"{PARAMETERS}usuarios/{{owner}}/detalhes/incluir/?pergunta={key}")
        for key in (*KEYS, "TAMANHO_MAX_ANEXO", "MSG_ENCERRAMENTO", "linkImage")
    ],
    "supervisor/parametros/usuarios/<int:parent>/detalhes/ver,<int:pk>": [
        ("supervisor", f"{PARAMETERS}usuarios/{{owner}}/detalhes/ver,{{detail_{key}}}")
        for key in (*KEYS, "PROVEDOR_DATE", "MSG_ENCERRAMENTO")
    ],
}
# Drawn by Swagger.
NOT_OURS = frozenset({"api/docs/"})

STATES = {"bot": "bot", "waiting": "waiting", "owned": "active", "held": "on_hold"}
FIND = {
    **{
        name: f"SELECT max(id) FROM chat_conversation WHERE status = '{status}'"
        for name, status in {**STATES, "closed": "closed"}.items()
    },
    "contact": "SELECT max(id) FROM chat_contact",
    "human": "SELECT min(code) FROM chat_classification WHERE kind = 'human'",
    "classification": "SELECT min(code) FROM chat_classification",
    "event": "SELECT min(id) FROM provider_webhookevent",
    "channel": "SELECT min(id) FROM chat_channel",
    "phone_type": "SELECT min(code) FROM chat_phonetype",
    "econtact_type": "SELECT min(code) FROM chat_econtacttype",
    "user": "SELECT id FROM auth_user WHERE username = 'atendente2'",
    "parameter": "SELECT id FROM parameters_parameter WHERE name = 'ISOCHATBOT'",
    "owner": "SELECT u.id FROM parameters_parameteruser u JOIN parameters_parameter p"
    " ON p.id = u.parameter_id WHERE p.name = 'ISOCHATBOT'",
    "detail": "SELECT id FROM parameters_detail WHERE question = 'NomeBot'",
    "member": "SELECT max(id) FROM chat_membership",
    "menu": "SELECT min(id) FROM chat_menu",
    "template": "SELECT min(id) FROM provider_messagetemplate",
    **{
        f"detail_{key}": f"SELECT id FROM parameters_detail WHERE question = '{key}'"
        for key in (*KEYS, "PROVEDOR_DATE", "MSG_ENCERRAMENTO")
    },
}


# The demo has none, and only a provider makes one.
MAKE_TEMPLATE = (
    "INSERT INTO provider_messagetemplate (adapter, channel_key, name, language, category, header,"
    " body, footer, buttons, state, note, seen_at) VALUES ('botmaker', '', 'boas_vindas', 'pt_BR',"
    " 'UTILITY', '', 'Olá', '', '[]', 'approved', '', CURRENT_TIMESTAMP)"
)


class Page(NamedTuple):
    """An address somebody opens. `who` is None for a guest."""

    route: str
    who: str | None
    address: str


def first_who_may(route: str) -> tuple[str | None, bool]:
    """The first of the guest and the people of the demo who is let in, and whether anybody is."""
    line = MATRIX[route]
    answers = line.answers.get("GET", line.otherwise).split()
    for who, status in zip(PEOPLE, answers, strict=True):
        if status == "200" and (who is None or who in VIEWERS):
            return who, True
    return None, False


def every_page() -> Iterator[Page]:
    """Each page, once for its route and once for each of its other looks."""
    for route, line in MATRIX.items():
        who, is_open = first_who_may(route)
        if not is_open or route.startswith(FOR_PROGRAMS) or route in NOT_OURS:
            continue
        yield Page(route, who, line.example)
        for viewer, address in MORE.get(route, ()):
            yield Page(route, viewer, address)


class Addresses(dict[str, Any]):
    """Fills in the numbers of an address from the installation it is opened at."""

    def __init__(self, rows: Callable[[str], Any]) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, name: str) -> Any:
        [[self[name]]] = self._rows(FIND[name])
        assert self[name] is not None, f"nothing here is an example of {name}"
        return self[name]

    def of(self, page: Page) -> str:
        return "/" + page.address.format_map(self)
