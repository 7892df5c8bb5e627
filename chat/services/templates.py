"""Templates: the ones a conversation may be sent, sending one, and registering them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.templatetags.static import static
from django.utils.translation import gettext as _

from chat import files, sniffing
from chat.errors import BadInput, Conflict, NotAllowed
from chat.models import Channel, Conversation, Message
from chat.models.message import Author
from chat.services import audit, conversations, messages
from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.kinds import LinkKind
from provider import account_words, gateway
from provider.channels import FACTS, MB
from provider.contracts import ChannelKind
from provider.errors import RejectedError, TemporaryError, TooLarge
from provider.models import MessageTemplate
from provider.templates import TemplateDraft

_VARIABLE = re.compile(r"\$\{(\w+)\}")
# What would reach the customer as it stands.
_NO_VARIABLE = re.compile(r"\$\{(?!\w+\})[^{}]{0,20}\}?|\{\{[^{}]{0,20}\}{0,2}|\}\}")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
MAX_BODY, MAX_FOOTER, MAX_HEADER, MAX_BUTTON, MAX_BUTTONS = 1024, 60, 60, 20, 3
MAX_VALUE = 1024
MAX_IMAGE = 5 * MB
IMAGE_TYPES = ("image/png", "image/jpeg")
LANGUAGES = ("pt_BR", "en_US", "es_ES")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")


class Account(NamedTuple):
    """Where templates are kept: a provider, and a channel's key where it has its own account."""

    adapter: str
    channel_key: str

    def __str__(self) -> str:
        label = gateway.adapter_labels().get(self.adapter, self.adapter)
        return f"{label} · {self.channel_key}" if self.channel_key else label

    @property
    def templates(self) -> QuerySet[MessageTemplate]:
        return MessageTemplate.objects.filter(adapter=self.adapter, channel_key=self.channel_key)


MAIN = Account(gateway.MAIN_ADAPTER, "")


def accounts() -> list[Account]:
    """The accounts with templates; the parameters' own where there is none yet."""
    return [Account(*found) for found in gateway.template_accounts()] or [MAIN]


def account_of(template: MessageTemplate) -> Account:
    return Account(template.adapter, template.channel_key)


def usable(channel: Channel) -> QuerySet[MessageTemplate]:
    """The approved templates of this channel's account; none where it knows no templates."""
    if not FACTS[ChannelKind(channel.kind)].has_templates:
        return MessageTemplate.objects.none()
    account = Account(channel.adapter, gateway.account_key(channel.adapter, channel.key))
    return account.templates.filter(state=MessageTemplate.State.APPROVED)


def variables(template: MessageTemplate) -> list[str]:
    """The names of its variables, each once, as they stand in its texts."""
    texts = "\n".join((template.header, template.body, template.footer))
    return list(dict.fromkeys(_VARIABLE.findall(texts)))


def rendered(template: MessageTemplate, params: Mapping[str, str]) -> str:
    """The text as the customer reads it; a variable without a value stays as it is."""
    texts = [text for text in (template.header, template.body, template.footer) if text]
    return _VARIABLE.sub(
        lambda found: params.get(found.group(1)) or found.group(0), "\n".join(texts)
    )


def answer(
    conversation_id: int,
    name: str,
    params: Mapping[str, str],
    *,
    client_id: str,
    by: User,
    language: str = "",
) -> tuple[Message, bool]:
    """Send a template; whether it is new (the same client id is the same message).

    Without `language` it is the first the template has.

    It is taken at any time, and like any answer it assumes and ends a hold. Raises BadInput,
    Conflict or NotAllowed.
    """
    # WhatsApp refuses values with line breaks or runs of spaces.
    params = {variable: " ".join(value.split()) for variable, value in params.items()}
    with conversations.changing(conversation_id) as conversation:
        known = conversation.messages.filter(client_id=client_id).first()
        sent = known.data.get("template") if known is not None else None
        if known is not None:
            is_same = (
                sent
                and (sent["name"], sent["params"]) == (name, params)
                and language in ("", sent["language"])
            )
            if not is_same or known.agent_id != by.pk:
                raise Conflict(_("This client_id already named another message."), conversation)
            return known, False
        conversations.check_may_answer(conversation, by)
        template = _chosen(conversation, name, language)
        values = _checked(template, params)
        messages.take_to_answer(conversation, by=by)
        data = {"name": template.name, "language": template.language, "params": values}
        message = messages.send(
            conversation,
            rendered(template, values),
            author=Author.AGENT,
            agent=by,
            client_id=client_id,
            data={"template": data},
        )
        return message, True


def _chosen(conversation: Conversation, name: str, language: str) -> MessageTemplate:
    channel = conversation.identity.channel
    if not FACTS[ChannelKind(channel.kind)].has_templates:
        raise BadInput("template", _("This channel has no templates."))
    rows = usable(channel).filter(name=name).order_by("language")
    found = (rows.filter(language=language) if language else rows).first()
    if found is None:
        raise BadInput("template", _("There is no approved template with this name."))
    return found


def _checked(template: MessageTemplate, params: Mapping[str, str]) -> dict[str, str]:
    names = variables(template)
    if unknown := sorted(params.keys() - set(names)):
        raise BadInput(
            "template",
            _("The template has no variable %(names)s.") % {"names": ", ".join(unknown)},
        )
    values = {name: params.get(name, "") for name in names}
    if missing := [name for name, value in values.items() if not value]:
        raise BadInput(
            "template", _("Fill in the variable %(names)s.") % {"names": ", ".join(missing)}
        )
    if long := [name for name, value in values.items() if len(value) > MAX_VALUE]:
        raise BadInput(
            "template",
            _("The variable %(name)s takes up to %(limit)d characters.")
            % {"name": long[0], "limit": MAX_VALUE},
        )
    return values


def refresh(*, by: User) -> None:
    """Ask every account for its list now. Raises NotAllowed in the words of those that refuse."""
    asked = {account: gateway.sync_templates(*account) for account in accounts()}
    refusals = [
        account_words.of_templates(result)
        if len(asked) == 1
        else f"{account}: {account_words.of_templates(result)}"
        for account, result in asked.items()
        if not result.ok
    ]
    if refusals:
        raise NotAllowed(" ".join(refusals))


def register(
    *,
    by: User,
    name: str,
    language: str,
    category: str,
    body: str,
    header: str = "",
    footer: str = "",
    buttons: tuple[str, ...] = (),
    account: Account = MAIN,
) -> MessageTemplate:
    """Register a template at the provider, with NomeBot and linkImage. Raises BadInput."""
    if account not in accounts():
        raise BadInput("account", _("Choose one of the list."))
    if account.templates.filter(name=name, language=language).exists():
        raise BadInput("name", _("There is already a template with this name and language."))
    _check_draft(name, language, category, body, header, footer, buttons)
    image = image_address() if account == MAIN else ""  # nobody else asks for one
    _check_image(image)
    draft = TemplateDraft(
        name=name,
        language=language,
        category=category,
        body=body,
        header=header,
        footer=footer,
        buttons=buttons,
        line=str(store.read(ISOCHATBOT.PROVEDOR_PHONE) or ""),
        bot=store.read(ISOCHATBOT.NomeBot),
        image=image,
    )
    result = gateway.create_template(draft, *account)
    if not result.ok:
        raise BadInput("name", account_words.of_templates(result))
    audit.record(by, "added", f"{_('template')}: {name}")
    return account.templates.get(name=name, language=language)


def _check_draft(
    name: str,
    language: str,
    category: str,
    body: str,
    header: str,
    footer: str,
    buttons: tuple[str, ...],
) -> None:
    if not _NAME.fullmatch(name):
        raise BadInput("name", _("Use only small letters without accents, digits and _."))
    if language not in LANGUAGES:
        raise BadInput("language", _("Choose one of the list."))
    if category not in CATEGORIES:
        raise BadInput("category", _("Choose one of the list."))
    if not body.strip():
        raise BadInput("body", _("Write the text of the template."))
    limits = {"body": (body, MAX_BODY), "header": (header, MAX_HEADER)}
    limits["footer"] = (footer, MAX_FOOTER)
    for field, (text, limit) in limits.items():
        if len(text) > limit:
            raise BadInput(field, _("Use up to %(limit)d characters.") % {"limit": limit})
        if wrong := _NO_VARIABLE.search(text):
            raise BadInput(
                field,
                _("“%(text)s” begins no variable: write one like %(example)s, without spaces.")
                % {"text": wrong[0], "example": "${pedido}"},
            )
    if len(buttons) > MAX_BUTTONS or any(len(label) > MAX_BUTTON for label in buttons):
        raise BadInput(
            "buttons",
            _("Up to %(count)d buttons, of up to %(limit)d characters each.")
            % {"count": MAX_BUTTONS, "limit": MAX_BUTTON},
        )


def image_address() -> str:
    """The address linkImage stands for, as the provider needs it; empty where it has none.

    A relative link, and our own logo, are below ISOBOT_PUBLIC_URL.
    """
    link = store.read(ISOCHATBOT.linkImage)
    if link == LinkKind.own_logo:
        link = static("isobot/logo.png")  # of the SVG: reviewers take no drawing
    if not link or link.startswith("https://"):
        return str(link)
    base = settings.ISOBOT_PUBLIC_URL
    return urljoin(f"{base}/", str(link)) if base.startswith("https://") else ""


def _check_image(address: str) -> None:
    """Look at linkImage before the provider does, which would tell in a day.

    What is below our own address is not asked for: it may not lead back here from inside.
    """
    if not address or address.startswith(f"{settings.ISOBOT_PUBLIC_URL}/"):
        return
    try:
        with files.scratch() as into:
            gateway.fetch_public(address, into=into, limit=MAX_IMAGE)
            into.seek(0)
            type_ = sniffing.type_of(into.read(sniffing.HEAD), "")
    except TemporaryError:
        return  # it may be on its way, and the provider may still reach it
    except (RejectedError, TooLarge) as error:
        raise BadInput(
            "name",
            _("The image of linkImage cannot be read at its address, or is larger than %(limit)s.")
            % {"limit": filesizeformat(MAX_IMAGE)},
        ) from error
    if type_ not in IMAGE_TYPES:
        raise BadInput("name", _("What linkImage leads to is neither a PNG nor a JPEG image."))


def remove(row: MessageTemplate, *, by: User) -> None:
    """Remove a template at the provider, and here. Raises NotAllowed in its words."""
    result = gateway.delete_template(row)
    if not result.ok:
        raise NotAllowed(account_words.of_templates(result))
    audit.record(by, "removed", f"{_('template')}: {row.name}")
