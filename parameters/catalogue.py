"""Every key the system reads, declared once; adding a key is adding a line here."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from parameters.keys import Catalogue, Key, Need
from parameters.kinds import (
    ChoiceKind,
    CodeKind,
    IdKind,
    LinkKind,
    MegabytesKind,
    MomentKind,
    NoteTextKind,
    Notice,
    NoticeKind,
    PhoneKind,
    PortKind,
    ProviderSecretKind,
    SecretKind,
    TextKind,
    TokenKind,
)

# Parameters of other products of the guide's house: known, never read, nothing to say about them.
RESERVED = frozenset({"ISOTOKEN", "ISOMOTORPESQUISA", "ISOCHATBOT_ATENDIMENTO"})

SILENT = Notice("N")
NOTICE_HELP = _("The text customers receive. Left blank, the usual text goes out.")
RENEWAL = _("Needed to renew the token: without it, the token stops working one day.")


class ISOCHATBOT(Catalogue):
    """Bot and provider keys of the guide, and two of our own at the end."""

    reserved = ("CONVERSATIONALFLOW", "ENCERRAMENTO_CHAT")

    CLASS_CHAT_ATENDIMENTO = Key[int | None](
        CodeKind(),
        _("Classification for human service"),
        None,
        reference="classification.human",
        unlike="CLASS_CHAT_BOT",
        need=Need(_("Needed for the bot to hand over to people of a classification."), given=""),
        answer_help=_(
            "Code of the chat classification that people serve (example: WhatsApp). It is the "
            "Código column of Supervisor > Chat > Classificação."
        ),
    )
    CLASS_CHAT_BOT = Key[int | None](
        CodeKind(),
        _("Classification of the bot"),
        None,
        reference="classification.bot",
        unlike="CLASS_CHAT_ATENDIMENTO",
        need=Need(
            _("Needed for the bot to answer: without it, conversations go straight to the queue."),
            given="",
        ),
        answer_help=_("Code of the classification “ISOCHAT BOT”, created in step 2."),
    )
    PROVEDOR_TOKEN = Key[str](
        TokenKind("answer", "note"),
        _("Provider access token"),
        "",
        need=Need(_("Needed to send messages through the provider."), given=""),
        answer_help=_(
            "Acessar Token (Access Token). At the provider: Canais e Integrações > Provedor API; "
            "copy the field “Acessar Token” and paste it here."
        ),
        note_help=_("Paste the same token here. Where the two differ, this one counts."),
    )
    PROVEDOR_REFRESHTOKEN = Key[str](
        ProviderSecretKind("note"),
        _("Provider refresh token"),
        "",
        need=Need(RENEWAL, given="PROVEDOR_TOKEN"),
        answer_help=_("Leave it blank: nothing reads it."),
        note_help=_(
            "Atualizar Token (Refresh Token). At the provider: Canais e Integrações > Provedor API."
        ),
    )
    PROVEDOR_PHONE = Key[str](
        PhoneKind(),
        _("WhatsApp line at the provider"),
        "",
        need=Need(_("Needed for WhatsApp; the other channels do without it.")),
        answer_help=_(
            "Number registered as WhatsApp Business at the provider, with country and area codes. "
            "Example: 5541999999999."
        ),
    )
    PROVEDOR_ACCOUNT = Key[str](
        IdKind(),
        _("Account at the provider"),
        "",
        answer_help=_(
            "Id do usuário. At the provider: Canais e Integrações > Provedor API. Example: isocrm."
        ),
    )
    PROVEDOR_ID = Key[str](
        IdKind(),
        _("User id at the provider"),
        "",
        need=Need(RENEWAL, given="PROVEDOR_TOKEN", instead="PROVEDOR_ACCOUNT"),
        answer_help=_(
            "Id do usuário (Client Id), the same as PROVEDOR_ACCOUNT; one of the two is enough."
        ),
    )
    PROVEDOR_SECRET_ID = Key[str](
        ProviderSecretKind("answer", "note"),
        _("Secret id at the provider"),
        "",
        need=Need(RENEWAL, given="PROVEDOR_TOKEN"),
        answer_help=_(
            "Id “não identificado” (Secret Id). At the provider: Canais e Integrações > "
            "Provedor API."
        ),
    )
    PROVEDOR_DATE = Key[datetime | None](
        MomentKind(),
        _("Last verification of the token"),
        None,
        system=True,
        answer_help=_("The system writes here when the token was last found to work."),
    )
    AVISO_CONV_INCIADA = Key(
        NoticeKind(
            ("S", _("Simple message")),
            ("C", _("Complete message, with the name of the agent")),
            ("N", _("No message at the start")),
        ),
        _("Notice of a started conversation"),
        SILENT,
        aliases=("AVISO_CONV_INICIADA",),
        answer_help=_("What the customer receives when somebody takes the conversation."),
        note_help=NOTICE_HELP,
    )
    AVISO_TRANSFER = Key(
        NoticeKind(
            ("S", _("Send the message of a transfer")),
            ("N", _("No message of a transfer")),
        ),
        _("Notice of a transfer"),
        SILENT,
        answer_help=_("What the customer receives when the conversation is transferred."),
        note_help=NOTICE_HELP,
    )
    AVISO_ESPERA = Key(
        NoticeKind(
            ("S", _("Send the message that the chat was put “Em espera”")),
            ("N", _("No message of a hold")),
        ),
        _("Notice of a hold"),
        SILENT,
        answer_help=_("What the customer receives when the conversation is put “Em espera”."),
        note_help=NOTICE_HELP,
    )
    MSG_ENCERRAMENTO = Key(
        NoteTextKind(),
        _("Closing message"),
        SILENT,
        answer_help=_("Use the note for the message. Only N counts here: do not send it."),
        note_help=_("What the customer receives at the end. Left blank, nothing is sent."),
    )
    TIPO_TELEFONE = Key[int | None](
        CodeKind(),
        _("Type of telephone written by Vincular"),
        None,
        reference="phone_type",
        answer_help=_("Code of the type of telephone, for when a chat is linked to a contact."),
    )
    TIPO_ECONTACT = Key[int | None](
        CodeKind(),
        _("Type of e-contact written by Vincular"),
        None,
        reference="econtact_type",
        answer_help=_("Code of the type of e-contact, for when a chat is linked to a contact."),
    )
    TAMANHO_MAX_ANEXO = Key(
        MegabytesKind(),
        _("Largest attachment, in MB"),
        Decimal(100),
        answer_help=_("Value in MB. Example: 100."),
    )
    NomeBot = Key[str](
        TextKind(),
        _("Name of the bot at the provider"),
        "",
        need=Need(_("Needed for templates only.")),
        answer_help=_("Name of the bot set up at the provider. Example: isocrmsandbox."),
    )
    linkImage = Key[str](
        LinkKind(),
        _("Image that stands for the customer in templates"),
        "",
        answer_help=_(
            "Link of an image that stands for the customer, used when templates are registered. "
            "../k2bimages/logoisocrm.png is the image of the system."
        ),
    )

    PROVEDOR_WEBHOOK_TOKEN = Key[str](
        ProviderSecretKind("answer", "note"),
        _("Token the provider sends with every webhook"),
        "",
        initial=lambda: secrets.token_urlsafe(32),
        need=Need(_("Needed to receive messages: without it, every webhook is refused."), given=""),
        answer_help=_(
            "Made by the system. Copy it in Supervisor > Chat > Setup chat and paste it at the "
            "provider."
        ),
    )
    PROVEDOR_API = Key(
        ChoiceKind(("v2", _("v2, the current one")), ("v1", _("v1, of older accounts"))),
        _("Version of the provider's API"),
        "v2",
        initial=lambda: "v2",
        answer_help=_("Which version messages are sent and the token is renewed with."),
    )


class SMTPCONFIG(Catalogue):
    """The mail server of incident mail and password reset."""

    HOST = Key[str](TextKind(), _("Mail server"), "")
    PORTA = Key[int | None](PortKind(), _("Port"), None)
    USUARIO = Key[str](TextKind(), _("User"), "")
    SENHA = Key[str](SecretKind("answer", "note"), _("Password"), "")
    SEGURANCA = Key(
        ChoiceKind(("nenhuma", _("No encryption")), ("starttls", "STARTTLS"), ("tls", "TLS")),
        _("Security"),
        "nenhuma",
    )
    REMETENTE = Key[str](TextKind(), _("Sender"), "")
