"""The demo environment: people, classifications, parameters, channels. It sends nothing."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from chat import permissions
from chat.models import Channel, Classification, EContactType, Membership, Menu, PhoneType
from chat.services import channels
from isobot.first_start import Login, add_options
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.models import STANDARD_USER
from provider.sandbox import issue

AGENTS = {"atendente": ("Ana", "Lima"), "atendente2": ("Bruno", "Reis")}
# The lines the bundled sandbox serves.
LINES = {
    "whatsapp": "5541999990000",
    "messenger": "104857600000001",
    "instagram": "17841400000000001",
    "telegram": "700000001",
}
HOURS = "Atendemos de segunda a sexta, das 8h às 18h, e aos sábados, das 9h às 13h."
CLOSING = (
    "Olá cliente, esse atendimento foi finalizado, mas qualquer dúvida, estamos a disposição. "
    "Atenciosamente, Central de Atendimento."
)


@transaction.atomic
def load(password: str, webhook_token: str) -> list[Login]:
    """Make what is missing. What people changed since stays, except what the environment fixes."""
    logins = _people(password)
    human = _classification("WhatsApp", Classification.Kind.HUMAN)
    bot = _classification("ISOCHAT BOT", Classification.Kind.BOT)
    for username in AGENTS:
        Membership.objects.get_or_create(
            classification=human, user=User.objects.get(username=username)
        )
    _menu()
    _parameters(human, bot, webhook_token)
    for kind, line in LINES.items():
        if not Channel.objects.filter(adapter=channels.MAIN_ADAPTER, kind=kind).exists():
            channels.create(channels.MAIN_ADAPTER, kind, line)
    return logins


def _people(password: str) -> list[Login]:
    chosen = password or secrets.token_urlsafe(9)
    logins = []
    for username, (first, last) in {"supervisor": ("Sílvia", "Nunes"), **AGENTS}.items():
        user, made = User.objects.get_or_create(
            username=username, defaults={"first_name": first, "last_name": last}
        )
        if made or (password and not user.check_password(password)):
            user.set_password(chosen)
            user.save()
            logins.append(Login(username, chosen))
        else:
            logins.append(Login(username, None))
        if username == "supervisor" and made:
            permissions.make_supervisor(user)
    return logins


def _classification(description: str, kind: str) -> Classification:
    found, _made = Classification.objects.get_or_create(description=description, kind=kind)
    return found


def _menu() -> None:
    """The demo's menu is the default one of the first start, with one more option before."""
    menu = Menu.objects.get(default=True)
    if menu.options.filter(action="text").exists() or menu.options.count() != 2:
        return
    menu.options.all().delete()
    add_options(
        menu,
        ("Horário de atendimento", "text", HOURS),
        ("Falar com atendente", "hand_off", ""),
        ("Encerrar conversa", "end", ""),
    )


def _parameters(human: Classification, bot: Classification, webhook_token: str) -> None:
    held = issue(Path(settings.ISOBOT_DATA) / "sandbox.json")
    # Who is linked has an id of a network, which is no e-mail.
    handles = EContactType.objects.exclude(description="E-mail") or EContactType.objects.all()
    details: dict[str, tuple[str, str]] = {
        "CLASS_CHAT_ATENDIMENTO": (str(human.pk), ""),
        "CLASS_CHAT_BOT": (str(bot.pk), ""),
        "PROVEDOR_TOKEN": ("PROVEDOR TOKEN", held.access_token),
        "PROVEDOR_REFRESHTOKEN": ("", held.refresh_token),
        "PROVEDOR_PHONE": (LINES["whatsapp"], ""),
        "PROVEDOR_ACCOUNT": (held.client_id, ""),
        "PROVEDOR_ID": (held.client_id, ""),
        "PROVEDOR_SECRET_ID": (held.secret_id, ""),
        "AVISO_CONV_INCIADA": ("C", ""),
        "AVISO_TRANSFER": ("S", ""),
        "AVISO_ESPERA": ("S", ""),
        "TIPO_TELEFONE": (str(PhoneType.objects.values_list("pk", flat=True)[0]), ""),
        "TIPO_ECONTACT": (str(handles.values_list("pk", flat=True)[0]), ""),
        "MSG_ENCERRAMENTO": ("", CLOSING),
        "TAMANHO_MAX_ANEXO": ("100", ""),
        "NomeBot": ("isocrmsandbox", ""),
        "linkImage": ("../k2bimages/logoisocrm.png", ""),
    }
    store.add_user("ISOCHATBOT", STANDARD_USER)
    _fill("ISOCHATBOT", details)
    if store.find_detail("ISOCHATBOT", STANDARD_USER, "PROVEDOR_DATE") is None:
        now = timezone.localtime().isoformat(timespec="seconds")
        store.write(ISOCHATBOT.PROVEDOR_DATE, answer=now)
    if webhook_token:
        store.put_detail(
            "ISOCHATBOT", STANDARD_USER, "PROVEDOR_WEBHOOK_TOKEN", answer=webhook_token, note=""
        )
    _fill(
        "SMTPCONFIG",
        {
            "HOST": ("127.0.0.1", ""),
            "PORTA": ("1025", ""),
            "USUARIO": ("", ""),
            "SENHA": ("", ""),
            "SEGURANCA": ("nenhuma", ""),
            "REMETENTE": ("isobot@example.com", ""),
        },
    )


def _fill(parameter: str, details: dict[str, tuple[str, str]]) -> None:
    for question, (answer, note) in details.items():
        if store.find_detail(parameter, STANDARD_USER, question) is None:
            store.put_detail(parameter, STANDARD_USER, question, answer=answer, note=note)
