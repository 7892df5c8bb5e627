"""What the screens make of texts, without a browser: links in bubbles, notes of the log."""

from __future__ import annotations

import html
import re
import time

import pytest
from django.utils import translation
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from chat.templatetags.chat_ui import linked
from provider.simulator.views import _note


def link(address: str, text: str = "") -> str:
    rel = 'target="_blank" rel="noopener noreferrer" referrerpolicy="no-referrer"'
    return f'<a href="{address}" {rel}>{text or address}</a>'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("um\n\ndois", "um\n\ndois"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("JaVaScRiPt:alert(1).com", "JaVaScRiPt:alert(1).com"),
        ("data:text/html,<b>", "data:text/html,&lt;b&gt;"),
        (mark_safe("<b>x</b>"), "&lt;b&gt;x&lt;/b&gt;"),
        ("https://a.com", link("https://a.com")),
        ("veja (https://a.com).", f"veja ({link('https://a.com')})."),
        ("https://a.com/x_(y)?!", f"{link('https://a.com/x_(y)')}?!"),
        ("*https://a.com*, ok", f"*{link('https://a.com')}*, ok"),
        ("https://a.com/?x=1&y=2", link("https://a.com/?x=1&amp;y=2")),
        ('https://a.com/"onclick=alert(1)', f"{link('https://a.com/')}&quot;onclick=alert(1)"),
        ("www.a.com.br;", f"{link('https://www.a.com.br', 'www.a.com.br')};"),
        ("ana@a.com.br.", f"{link('mailto:ana@a.com.br', 'ana@a.com.br')}."),
        ("xhttps://a.com https:// www. a@b @", "xhttps://a.com https:// www. a@b @"),
    ],
)
def test_links_are_made_and_nothing_else_is(written: str, shown: str) -> None:
    assert linked(written) == shown


@given(st.text(st.sampled_from("aw.:/@()[]<>&;'\"!? \nhtps") | st.characters()))
def test_no_character_gets_lost_and_no_tag_gets_in(written: str) -> None:
    shown = re.sub(
        r'<a href="[^"<>]*" target="_blank" rel="[a-z ]+" [^<>]*>|</a>', "", linked(written)
    )
    assert "<" not in shown and ">" not in shown
    assert html.unescape(shown) == html.unescape(written.replace("&", "&amp;"))


@pytest.mark.parametrize("word", ["a", "(", ")", "&", "www.", "a@", "a.", "https://a.b)"])
def test_long_texts_are_no_work(word: str) -> None:
    started = time.process_time()
    linked(word * 20_000)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("message of the customer", "mensagem do cliente"),
        ("message of the customer (copy)", "mensagem do cliente (repetido)"),
        ("status delivered", "mensagem entregue"),
        ("status read (attempt 2)", "mensagem lida (tentativa 2)"),
        ("echo: lost", "cópia do que foi enviado – perdido no caminho"),
        ("status sent: ConnectionError", "mensagem enviada – o isobot não respondeu"),
        ("bad_request", "mensagem recusada"),
        ("something nobody knew of", "something nobody knew of"),
        ("", "mensagem ao cliente"),
    ],
)
def test_notes_of_the_log_are_translated(note: str, shown: str) -> None:
    entry = {"note": note, "address": "/v2.0/chats-actions/send-messages"}
    with translation.override("pt-br"):
        assert _note(entry) == shown
