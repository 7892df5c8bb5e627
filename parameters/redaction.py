"""Takes tokens out of text that people or logs are shown; phone numbers are not its business."""

from __future__ import annotations

import re

# JWTs, what follows the word "token" or "Bearer", and the tokens of bots (number:letters).
# The lengths have an end, so that no text takes long.
_TOKEN = re.compile(
    r"eyJ[\w-]{1,1000}\.[\w-]{1,8000}\.[\w-]*|(?<=[Tt]oken )[\w\-]{20,}|(?<=Bearer )[\w.~+/=-]{8,}"
    r"|(?<!\d)\d{6,}:[A-Za-z][\w-]{25,}"
)
# A value of JSON, or of an address, whose name says that it is a secret.
_NAMED = re.compile(
    r"""("\w*(?:token|secret|password|senha|authorization)\w*"\s*:\s*")(?:[^"\\]|\\.)+"""
    r"""|(token=)[^&\s"']+""",
    re.IGNORECASE,
)


def without_tokens(text: str) -> str:
    return _NAMED.sub(lambda found: (found[1] or found[2]) + "[token]", _TOKEN.sub("[token]", text))
