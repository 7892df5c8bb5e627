"""Proves that the Portuguese catalogue is complete, fresh and compiled."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale" / "pt_BR" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
# A text used in code or in a template, found without gettext's own tools.
IN_CODE = re.compile(r'\b(?:_|gettext|gettext_lazy)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
IN_TEMPLATES = re.compile(r'{%\s*translate\s+"([^"]+)"')
IN_BLOCKS = re.compile(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate\s*%}", re.S)


def problems() -> list[str]:
    """What is wrong with the catalogue, a line each."""
    catalogue = polib.pofile(str(LOCALE / "django.po"))
    found = []
    for entry in catalogue:
        if not entry.msgstr:
            found.append(f"not translated: {entry.msgid!r}")
        elif entry.fuzzy:
            found.append(f"fuzzy: {entry.msgid!r}")
        elif sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr)):
            found.append(f"other placeholders: {entry.msgid!r}")
    known = {entry.msgid for entry in catalogue}
    found += [f"missing: {text!r}" for text in sorted(texts_in_use() - known)]
    found += [f"no longer used: {text!r}" for text in sorted(known - texts_in_use())]
    return found + _stale(catalogue)


def _stale(catalogue: polib.POFile) -> list[str]:
    with tempfile.NamedTemporaryFile(suffix=".mo") as file:
        catalogue.save_as_mofile(file.name)
        fresh = {e.msgid: e.msgstr for e in polib.mofile(file.name)}
    compiled = {e.msgid: e.msgstr for e in polib.mofile(str(LOCALE / "django.mo"))}
    return [] if compiled == fresh else ["django.mo is stale: run make messages"]


def texts_in_use() -> set[str]:
    """Every text marked for translation in code and templates."""
    texts: set[str] = set()
    for app in ("isobot", "chat", "provider", "parameters"):
        for path in (ROOT / app).rglob("*.py"):
            for group in IN_CODE.findall(path.read_text()):
                pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', group)
                texts.add("".join(pieces).replace('\\"', '"'))
    for path in (p for kind in ("html", "txt") for p in (ROOT / "templates").rglob(f"*.{kind}")):
        page = path.read_text()
        texts.update(IN_TEMPLATES.findall(page))
        for block in IN_BLOCKS.findall(page):
            joined = " ".join(line.strip() for line in block.strip().splitlines())
            texts.add(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", joined))
    return texts


if __name__ == "__main__":
    lines = problems()
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.exit(bool(lines))
