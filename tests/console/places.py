"""Where Parâmetros are in the console, and the rows behind them."""

from __future__ import annotations

from parameters.catalogue import ISOCHATBOT, SMTPCONFIG
from parameters.models import Detail, Parameter, ParameterUser

LIST = "/supervisor/parametros/"
ADD = f"{LIST}incluir/"
OPEN = f"{LIST}abrir/"
PARAMETER = {"name": "NOVO", "description": "Descrição nova", "note": "", "active": "on"}
USER = {"name": "ISOPADRAO", "order": "1", "active": "on"}
KEYS = [*ISOCHATBOT.keys.values(), *SMTPCONFIG.keys.values()]
CANARY = "canary-5d1f0a77c2-tail"


def parameter(name: str = "ISOCHATBOT") -> Parameter:
    return Parameter.objects.get(name=name)


def standard(name: str = "ISOCHATBOT") -> ParameterUser:
    return ParameterUser.objects.get(parameter__name=name, name="ISOPADRAO")


def detail(question: str, name: str = "ISOCHATBOT") -> Detail:
    return Detail.objects.get(question=question, user=standard(name))


def page_of(row: Parameter) -> str:
    return f"{LIST}ver,{row.pk}"


def users_of(row: Parameter) -> str:
    return f"{LIST}{row.pk}/usuarios/"


def details_of(user: ParameterUser) -> str:
    return f"{LIST}usuarios/{user.pk}/detalhes/"


def at(question: str, name: str = "ISOCHATBOT") -> str:
    return f"{details_of(standard(name))}ver,{detail(question, name).pk}"
