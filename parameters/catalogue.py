"""Every key the system reads, declared once; adding a key is adding a line here."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from parameters.keys import Catalogue, Key
from parameters.kinds import (
    ChoiceKind,
    CodeKind,
    LinkKind,
    MegabytesKind,
    MomentKind,
    NoteTextKind,
    Notice,
    NoticeKind,
    PhoneKind,
    ProviderSecretKind,
    SecretKind,
    TextKind,
    TokenKind,
)

SILENT = Notice("N")


class ISOCHATBOT(Catalogue):
    """Bot and provider keys of the guide, and two of our own at the end."""

    CLASS_CHAT_ATENDIMENTO = Key[int | None](
        CodeKind(), _("Classification for human service"), None, reference="classification.human"
    )
    CLASS_CHAT_BOT = Key[int | None](
        CodeKind(), _("Classification of the bot"), None, reference="classification.bot"
    )
    PROVEDOR_TOKEN = Key[str](TokenKind("answer", "note"), _("Provider access token"), "")
    PROVEDOR_REFRESHTOKEN = Key[str](ProviderSecretKind("note"), _("Provider refresh token"), "")
    PROVEDOR_PHONE = Key[str](PhoneKind(), _("WhatsApp line at the provider"), "")
    PROVEDOR_ACCOUNT = Key[str](TextKind(), _("Account at the provider"), "")
    PROVEDOR_ID = Key[str](TextKind(), _("User id at the provider"), "")
    PROVEDOR_SECRET_ID = Key[str](
        ProviderSecretKind("answer", "note"), _("Secret id at the provider"), ""
    )
    PROVEDOR_DATE = Key[datetime | None](
        MomentKind(), _("Last verification of the token"), None, system=True
    )
    AVISO_CONV_INCIADA = Key(
        NoticeKind("S", "C", "N"),
        _("Notice of a started conversation"),
        SILENT,
        aliases=("AVISO_CONV_INICIADA",),
    )
    AVISO_TRANSFER = Key(NoticeKind("S", "N"), _("Notice of a transfer"), SILENT)
    AVISO_ESPERA = Key(NoticeKind("S", "N"), _("Notice of a hold"), SILENT)
    MSG_ENCERRAMENTO = Key(NoteTextKind(), _("Closing message"), SILENT)
    TIPO_TELEFONE = Key[int | None](
        CodeKind(), _("Type of telephone written by Vincular"), None, reference="phone_type"
    )
    TIPO_ECONTACT = Key[int | None](
        CodeKind(), _("Type of e-contact written by Vincular"), None, reference="econtact_type"
    )
    TAMANHO_MAX_ANEXO = Key(MegabytesKind(), _("Largest attachment, in MB"), Decimal(100))
    NomeBot = Key[str](TextKind(), _("Name of the bot at the provider"), "")
    linkImage = Key[str](LinkKind(), _("Image that stands for the customer in templates"), "")

    PROVEDOR_WEBHOOK_TOKEN = Key[str](
        ProviderSecretKind("answer", "note"),
        _("Token the provider sends with every webhook"),
        "",
        initial=lambda: secrets.token_urlsafe(32),
    )
    PROVEDOR_API = Key(
        ChoiceKind("v2", "v1"), _("Version of the provider's API"), "v2", initial=lambda: "v2"
    )


class SMTPCONFIG(Catalogue):
    """The mail server of incident mail and password reset."""

    HOST = Key[str](TextKind(), _("Mail server"), "")
    PORTA = Key[int | None](CodeKind(), _("Port"), None)
    USUARIO = Key[str](TextKind(), _("User"), "")
    SENHA = Key[str](SecretKind("answer", "note"), _("Password"), "")
    SEGURANCA = Key(ChoiceKind("nenhuma", "starttls", "tls"), _("Security"), "nenhuma")
    REMETENTE = Key[str](TextKind(), _("Sender"), "")
