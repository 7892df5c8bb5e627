"""Names people give to files: what is left of one, and which ones say that a file acts."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
NAMELESS = "arquivo"
# Windows opens a device where a file is called like one.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\s]+')
_PERCENT_CODES = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)

# Anywhere in the name: some servers and people go by an ending that is not the last.
_ACTIVE = """
html htm xhtml shtml mht mhtml svg svgz js mjs php php3 php4 php5 php7 phtml phar asp aspx jsp jspx
cgi exe scr msi msp bat cmd vbs vbe jse wsf wsh hta cpl lnk pif ps1 psm1 jar apk aab dll htaccess
htpasswd reg scf url dmg pkg deb rpm sh bash docm xlsm pptm dotm xltm xlam
"""
ACTIVE = frozenset(_ACTIVE.split())
# Only at the end: in the middle these are ordinary words.
ACTIVE_LAST = ACTIVE | {"com", "py", "pl", "rb", "app", "iso", "img", "bin", "run", "command"}


def clean(name: str) -> str:
    """What can be shown, sent and written in a header: one line, no path, nothing invisible."""
    name = unicodedata.normalize("NFC", _PERCENT_CODES.sub("", name))
    # Format characters are invisible, and some turn the rest of the line around.
    kept = (sign for sign in name if unicodedata.category(sign)[0] != "C" or sign in "\t\n\r")
    name = re.split(r"[\\/]", "".join(kept))[-1]
    name = _FORBIDDEN.sub(" ", name).strip(" .")
    if not name:
        return NAMELESS
    if _DEVICES.fullmatch(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST and dot and len(ending) <= 10:
        return f"{stem[: LONGEST - len(ending) - 1].rstrip(' .')}.{ending}"
    return name[:LONGEST]


def active_ending(name: str) -> str:
    """The ending that says this is a program or a page, as `clean` would leave it; or nothing."""
    # A name of an ending alone, as .htaccess, loses its dot when it is cleaned.
    bare = clean(name)
    parts = [part.strip().lower() for part in bare.split(".")]
    hidden = name.strip().rpartition("/")[2].startswith(".")
    endings = parts if hidden else parts[1:]
    if not endings:
        return ""
    if endings[-1] in ACTIVE_LAST:
        return endings[-1]
    return next((part for part in endings if part in ACTIVE), "")


def ending(name: str) -> str:
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def with_ending(name: str, endings: tuple[str, ...]) -> str:
    """The name with one of these endings: what it says must be what it is."""
    if not endings or ending(name) in endings:
        return name
    return f"{name[: LONGEST - len(endings[0]) - 1]}.{endings[0]}"
