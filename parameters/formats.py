"""How single texts are written: quotes, phone lines, public links, tokens, placeholders."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

# What a text to a customer may hold in braces; whoever sends it says what each stands for.
PLACEHOLDERS = ("atendente", "classificacao", "cliente")
_PLACEHOLDER = re.compile(r"(?<![{$])\{(?:" + "|".join(PLACEHOLDERS) + r")\}(?!\})")
_IN_BRACES = re.compile(r"\$?\{+[^{}]*\}*|\}")

# What the guide itself writes where a token belongs; never a value.
GUIDE_WORDS = frozenset({"provedor token", "acessartoken", "acessar token", "atualizar token"})
MIN_TOKEN_LENGTH = 12

# The area codes there are in Brazil.
_AREA = "1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9]"
# Names only an internal network answers for; a name without a point is one of them.
_INTERNAL = (".localhost", ".localdomain", ".local", ".internal", ".intranet", ".lan", ".home.arpa")


def unquoted(text: str) -> str:
    """The text without the spaces and the quotes people copy from the guide (‘11’, "11", '11')."""
    return text.strip().strip("'\"‘’“”`´").strip()


def unknown_placeholder(text: str) -> str:
    """The first piece in braces that nothing will replace; empty where there is none."""
    rest = _PLACEHOLDER.sub("", text)
    found = _IN_BRACES.search(rest)
    return found[0] if found else ""


def is_one_line(text: str) -> bool:
    return not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", text)


def is_brazilian(digits: str) -> bool:
    """Whether digits that start with 55 are a line: area code, 9 digits of a mobile or 8."""
    return re.fullmatch(rf"55({_AREA})(9[0-9]{{8}}|[2-9][0-9]{{7}})", digits) is not None


def lacks_country(digits: str) -> bool:
    """Whether it reads as a Brazilian mobile typed without the 55: (41) 99999-9999."""
    return re.fullmatch(rf"({_AREA})9[0-9]{{8}}", digits) is not None


def is_public_link(link: str) -> bool:
    """An https address whose host is not written as one of an internal network."""
    if not re.fullmatch(r"https://[^\s<>\"'@\\]+", link):
        return False
    try:
        host = (urlsplit(link).hostname or "").rstrip(".")
    except ValueError:
        return False
    if not host:
        return False
    try:
        # What a resolver takes for an address, in any of its spellings (127.1, 0x7f000001).
        written = socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host
        address = ipaddress.ip_address(written)
    except (OSError, ValueError):
        return "." in host and not host.endswith(_INTERNAL)
    return address.is_global and not address.is_multicast


def is_header_value(text: str) -> bool:
    """What travels in a header as it is: printable ASCII without spaces."""
    return re.fullmatch(r"[\x21-\x7e]+", text) is not None


def is_guide_word(text: str) -> bool:
    return unquoted(text).casefold() in GUIDE_WORDS


def looks_like_a_token(text: str) -> bool:
    is_long = len(text) >= MIN_TOKEN_LENGTH and " " not in text
    return is_long and not text.isdigit() and not is_guide_word(text)


def looks_like_a_jwt(text: str) -> bool:
    """Three parts in base64 of which the first is a JSON object: what providers call a token."""
    return re.search(r"eyJ[\w\-]{8,}\.[\w\-]{4,}\.[\w\-]*", text) is not None
