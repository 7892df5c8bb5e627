"""“Buscar canais no provedor”: what the provider lists, what is new, and what stays as it is."""

from __future__ import annotations

import pytest

from chat.models import AuditEntry, Channel
from chat.services import intake
from parameters import store
from parameters.catalogue import ISOCHATBOT
from provider import gateway, tasks
from provider.accounts import LinesReported, ReportedLine
from provider.contracts import Applied, ChannelKind
from tests import together
from tests.chat.conftest import LINE, setting
from tests.conftest import Provider
from tests.console.conftest import At
from tests.console.reading import words_of
from tests.stack import PROFILES, why_not

LIST = "/supervisor/chat/canais/"
BOT, PAGE = "700000001", "104857600000001"


def search(desk: At) -> str:
    supervisor = desk("supervisor")
    answer = supervisor.post(f"{LIST}buscar/")
    assert answer.location == LIST
    return words_of(supervisor.get(LIST))


def rows() -> set[tuple[str, str, bool]]:
    return set(Channel.objects.values_list("kind", "line", "discovered"))


def reported(*lines: tuple[ChannelKind, str], active: bool = True) -> LinesReported:
    made = tuple(ReportedLine(kind, "", number, active) for kind, number in lines)
    return LinesReported("botmaker", made)


def test_what_is_here_already_stays_as_it_is(desk: At, provider: Provider) -> None:
    before = list(Channel.objects.order_by("id").values())
    said = search(desk)
    assert "Canais encontrados no provedor: 4 (WhatsApp +55 (41) 99999-0000," in said
    assert "Nenhum é novo." in said
    assert list(Channel.objects.order_by("id").values()) == before
    assert list(AuditEntry.objects.values_list("what", flat=True)) == ["channels_searched"]


def test_what_is_new_is_made_on_the_default_menu_and_marked(desk: At, provider: Provider) -> None:
    Channel.objects.filter(kind__in=["telegram", "instagram"]).delete()
    said = search(desk)
    assert f"Novos: Instagram 17841400000000001, Telegram {BOT}." in said
    made = Channel.objects.get(kind="telegram")
    assert (made.line, made.discovered, made.menu.default, made.key) == (
        BOT,
        True,
        True,
        "telegram",
    )
    whats = list(AuditEntry.objects.order_by("id").values_list("what", "by_name"))
    assert [what for what, _by in whats] == ["channels_searched", "added", "added"]
    assert len({by for _what, by in whats}) == 1
    assert "Nenhum é novo." in search(desk)
    assert Channel.objects.count() == 4


def test_testing_the_access_makes_them_too_and_says_so(desk: At, provider: Provider) -> None:
    Channel.objects.filter(kind="telegram").delete()
    supervisor = desk("supervisor")
    supervisor.post("/supervisor/chat/setup/testar-acesso/")
    assert f"Novos: Telegram {BOT}." in words_of(supervisor.get("/supervisor/chat/setup/"))
    assert ("telegram", BOT, True) in rows()


def test_the_daily_check_makes_them_too(provider: Provider) -> None:
    Channel.objects.filter(kind="telegram").delete()
    store.write(ISOCHATBOT.PROVEDOR_DATE, answer="2020-01-01T00:00:00-03:00")
    tasks.check_token()
    assert ("telegram", BOT, True) in rows()
    assert AuditEntry.objects.get().by_name == "isobot"


def test_a_whatsapp_line_nobody_configured_is_told_and_not_made(
    desk: At, provider: Provider
) -> None:
    Channel.objects.filter(kind="whatsapp").delete()
    setting("PROVEDOR_PHONE", "5541977770000")
    Channel.objects.filter(kind="whatsapp").delete()
    said = search(desk)
    assert "Não foi incluído automaticamente: WhatsApp +55 (41) 99999-0000." in said
    assert not Channel.objects.filter(kind="whatsapp").exists()


def test_the_whatsapp_line_of_provedor_phone_is_made(desk: At, provider: Provider) -> None:
    setting("PROVEDOR_PHONE", LINE)
    Channel.objects.filter(kind="whatsapp").delete()
    assert "Novos: WhatsApp +55 (41) 99999-0000." in search(desk)
    assert ("whatsapp", LINE, True) in rows()


def test_a_whatsapp_line_another_provider_serves_here_is_no_news(
    desk: At, provider: Provider
) -> None:
    Channel.objects.filter(kind="whatsapp").update(adapter="whatsapp")
    assert "Nenhum é novo." in search(desk)


@pytest.mark.parametrize("line", ["4242", ""])
def test_a_channel_with_another_line_keeps_it_and_its_messages(
    desk: At, provider: Provider, line: str
) -> None:
    Channel.objects.filter(kind="messenger").update(line=line)
    said = search(desk)
    assert (
        f"O provedor informa Messenger {PAGE}, e o canal desse tipo aqui tem outra linha," in said
    )
    assert Channel.objects.get(kind="messenger").line == line


def test_a_second_line_beside_a_known_one_is_made(house: None) -> None:
    event = reported((ChannelKind.MESSENGER, PAGE), (ChannelKind.MESSENGER, "4242"))
    for _ in range(2):
        assert intake.receive(event) == Applied()
    keys = Channel.objects.filter(kind="messenger").order_by("id").values_list("key", "line")
    assert list(keys) == [("messenger", PAGE), ("messenger-2", "4242")]


@pytest.mark.parametrize(
    "event",
    [
        reported((ChannelKind.TELEGRAM, BOT), active=False),
        reported((ChannelKind.TELEGRAM, "")),
        reported((ChannelKind.TELEGRAM, "9" * 256)),
    ],
    ids=["inactive", "nameless", "endless"],
)
def test_lines_that_cannot_be_written_to_make_no_channel(house: None, event: LinesReported) -> None:
    Channel.objects.filter(kind="telegram").delete()
    intake.receive(event)
    assert not Channel.objects.filter(kind="telegram").exists()


def test_the_older_api_has_no_such_list_and_that_is_said(desk: At, provider: Provider) -> None:
    setting("PROVEDOR_API", "v1")
    Channel.objects.filter(kind="telegram").delete()
    assert "A API v1 do provedor não informa os canais. Inclua-os aqui." in search(desk)
    assert not Channel.objects.filter(kind="telegram").exists()


def test_a_provider_that_does_not_answer_is_said(desk: At) -> None:
    assert "O provedor não responde." in search(desk)
    assert gateway.open_incidents().exists()


def test_only_supervisors_are_offered_the_search(desk: At) -> None:
    assert f'action="{LIST}buscar/"' in desk("supervisor").get(LIST).text
    assert desk("atendente").post(f"{LIST}buscar/").status == 403


@pytest.mark.flow
@pytest.mark.parametrize("profile", PROFILES)
def test_searches_at_one_moment_make_each_channel_once(profile: str) -> None:
    if why_not(profile):
        pytest.skip(why_not(profile))
    together.run(profile, "search")
