"""Parâmetros: parameter, user, detail as the guide's PASSO 3 has them typed."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import AuditEntry, Classification
from parameters import lint, store
from parameters.catalogue import ISOCHATBOT
from parameters.models import Detail, Parameter, ParameterUser
from tests.chat.conftest import human
from tests.console.conftest import At, Desk
from tests.console.places import (
    ADD,
    LIST,
    OPEN,
    USER,
    at,
    detail,
    details_of,
    page_of,
    parameter,
    standard,
    users_of,
)
from tests.console.reading import save, words_of


class TestThePathOfTheGuide:
    def test_every_label_is_the_guides(self, desk: At) -> None:
        supervisor = desk("supervisor")
        assert "Adicionar parâmetro" in supervisor.get(LIST).text
        form = supervisor.get(ADD).text
        for label in ("Parâmetro", "Descrição", "Observação", "Ativo", "Salvar"):
            assert re.search(rf">\s*{label}\s*<", form), label
        one = supervisor.get(page_of(parameter())).text
        assert "Adicionar usuário" in one and "Adicionar Detalhe" in one
        user = supervisor.get(f"{users_of(parameter())}incluir/").text
        for label in ("Usuário", "Ordem", "Ativo", "Salvar"):
            assert re.search(rf">\s*{label}\s*<", user), label
        question = supervisor.get(f"{details_of(standard())}incluir/").text
        for label in ("Pergunta", "Resposta", "Observação", "Ordem", "Ativo", "Salvar"):
            assert re.search(rf">\s*{label}\s*<", question), label

    def test_isochatbot_from_nothing(self, desk: At) -> None:
        Parameter.objects.all().delete()
        supervisor = desk("supervisor")
        assert "O guia começa por ISOCHATBOT" in supervisor.get(LIST).text
        made = supervisor.add(ADD, name="ISOCHATBOT", description="ISOCHATBOT", active="on")
        assert (made.status, made.location) == (302, LIST)
        row = parameter()
        assert (row.description, row.note, row.active) == ("ISOCHATBOT", "", True)
        assert "O guia adiciona ISOPADRAO" in supervisor.get(page_of(row)).text

        made = supervisor.add(f"{users_of(row)}incluir/", **USER)
        assert (made.status, made.location) == (302, page_of(row))
        own = dict(standard().details.values_list("question", "answer"))
        assert set(own) == {"PROVEDOR_WEBHOOK_TOKEN", "PROVEDOR_API"}
        assert own["PROVEDOR_API"] == "v2" and len(own["PROVEDOR_WEBHOOK_TOKEN"]) >= 32
        assert (
            supervisor.client.post(
                "/webhooks/botmaker/",
                "{}",
                content_type="application/json",
                headers={"auth-bm-token": own["PROVEDOR_WEBHOOK_TOKEN"]},
            ).status_code
            == 200
        )

        details = details_of(standard())
        code = str(human().pk)
        made = supervisor.add(
            f"{details}incluir/",
            question_text="CLASS_CHAT_ATENDIMENTO",
            answer=code,
            note="",
            order="1",
            active="on",
        )
        assert (made.status, made.location) == (302, details)
        assert store.read(ISOCHATBOT.CLASS_CHAT_ATENDIMENTO) == human().pk
        assert f"WhatsApp ({code})" in supervisor.get(details).text

    def test_the_list_has_the_pencil_and_leads_on(self, desk: At) -> None:
        supervisor = desk("supervisor")
        page = supervisor.get(LIST).text
        row = page_of(parameter())
        assert f'href="{row}" aria-label="Editar: ISOCHATBOT" title="Editar"' in page
        assert "sprite.svg#pencil" in page
        one = supervisor.get(row).text
        details = details_of(standard())
        assert f'href="{details}" aria-label="Detalhes: ISOPADRAO"' in one
        assert f'href="{details}incluir/"' in one

    def test_a_user_expands_to_its_details(self, desk: At) -> None:
        page = desk("supervisor").get(page_of(parameter())).text
        assert re.search(
            r"<details [^>]*\bopen>\s*<summary>.*?<strong>ISOPADRAO</strong>", page, re.S
        )
        for row in standard().details.all():
            assert f'href="{details_of(standard())}ver,{row.pk}">{row.question}</a>' in page

    @pytest.mark.parametrize(
        ("q", "there", "gone"), [("smtp", "SMTPCONFIG", "ISOCHATBOT"), ("%", "", "SMTPCONFIG")]
    )
    def test_the_list_is_filtered(self, desk: At, q: str, there: str, gone: str) -> None:
        page = desk("supervisor").get(LIST, q=q).text
        assert (f">{there}</a>" if there else "Nada corresponde a este filtro.") in page
        assert f">{gone}</a>" not in page

    def test_details_are_filtered_by_question(self, desk: At) -> None:
        page = desk("supervisor").get(details_of(standard()), q="aviso_").text
        assert page.count('class="is-main"') == 3
        assert ">AVISO_ESPERA</a>" in page and ">NomeBot</a>" not in page

    def test_inactive_ones_are_filtered_and_marked(self, desk: At) -> None:
        supervisor = desk("supervisor")
        Parameter.objects.filter(name="SMTPCONFIG").update(active=False)
        page = supervisor.get(LIST, ativo="0").text
        assert ">SMTPCONFIG</a>" in page and ">ISOCHATBOT</a>" not in page
        assert "O parâmetro SMTPCONFIG não está ativo." in words_of(
            supervisor.get(page_of(parameter("SMTPCONFIG")))
        )

    def test_saving_twice_writes_once(self, desk: At) -> None:
        supervisor = desk("supervisor")
        address = f"{details_of(standard())}incluir/"
        token = supervisor.get(address).submission
        body = {"submission": token, "question_text": "OUTRA", "answer": "x", "order": "1"}
        for _ in range(2):
            assert supervisor.post(address, **body).location == details_of(standard())
        assert Detail.objects.filter(question="OUTRA").count() == 1
        assert AuditEntry.objects.count() == 1
        row = at("OUTRA")
        assert save(supervisor, row).status == 302
        assert "nada mudou" in supervisor.get(row).text
        assert AuditEntry.objects.count() == 1

    def test_each_level_is_changed_and_written_down(self, desk: At) -> None:
        supervisor = desk("supervisor")
        assert save(supervisor, page_of(parameter()), description="Outra").location == LIST
        assert parameter().description == "Outra"
        user = f"{users_of(parameter())}ver,{standard().pk}"
        assert save(supervisor, user, order="2").location == page_of(parameter())
        assert standard().order == 2
        assert save(supervisor, at("NomeBot"), answer="outrobot").location == details_of(standard())
        assert detail("NomeBot").answer == "outrobot"
        about = list(AuditEntry.objects.order_by("pk").values_list("what", "about"))
        assert about == [
            ("changed", "ISOCHATBOT"),
            ("changed", "ISOCHATBOT › ISOPADRAO"),
            ("changed", "ISOCHATBOT › ISOPADRAO › NomeBot"),
        ]

    def test_removing_names_what_is_lost(self, desk: At) -> None:
        supervisor = desk("supervisor")
        count = standard("SMTPCONFIG").details.count()
        user = f"{users_of(parameter('SMTPCONFIG'))}excluir,{standard('SMTPCONFIG').pk}"
        assert f"Detalhes que vão junto: {count}." in supervisor.get(user).text
        row = detail("NomeBot")
        address = f"{details_of(standard())}excluir,{row.pk}"
        assert "NomeBot" in supervisor.get(address).text
        assert Detail.objects.filter(pk=row.pk).exists(), "asking removes nothing"
        supervisor.post(address)
        assert not Detail.objects.filter(pk=row.pk).exists()
        assert store.read(ISOCHATBOT.NomeBot) == ""
        assert AuditEntry.objects.get().what == "removed"
        supervisor.post(user)
        assert not ParameterUser.objects.filter(parameter__name="SMTPCONFIG").exists()


class TestRemarks:
    def test_an_unknown_question_is_taken_with_a_remark(self, desk: At) -> None:
        supervisor = desk("supervisor")
        made = supervisor.add(
            f"{details_of(standard())}incluir/",
            question_text="NomeBott",
            answer="x",
            order="1",
            active="on",
        )
        assert made.status == 302
        for address in (at("NomeBott"), details_of(standard()), page_of(parameter())):
            words = words_of(supervisor.get(address))
            assert "O sistema não usa a pergunta NomeBott." in words
            assert "Você quis dizer NomeBot?" in words

    def test_the_list_counts_them(self, desk: At) -> None:
        supervisor, group = desk("supervisor"), Parameter.objects.create(name="OUTRO")
        user = ParameterUser.objects.create(parameter=group, name="ISOPADRAO")
        for order, said in ((1, "Nenhum aviso"), (2, "1 aviso"), (3, "2 avisos")):
            Detail.objects.create(user=user, question=f"Q{order}", answer="x", order=order)
            words = words_of(supervisor.get(LIST, q="OUTRO"))
            assert f"OUTRO {order} {said} Ativo" in words

    def test_the_form_says_what_the_key_is_worth(self, desk: At) -> None:
        supervisor = desk("supervisor")
        for question in ("NomeBot", "AVISO_ESPERA", "PROVEDOR_TOKEN"):
            key = ISOCHATBOT.keys[question]
            assert store.effective(key).state == "counts"
            assert store.effective(key).reason in words_of(supervisor.get(at(question)))
        Detail.objects.filter(question="NomeBot").update(active=False)
        reason = store.effective(ISOCHATBOT.NomeBot).reason
        assert reason in words_of(supervisor.get(at("NomeBot")))

    def test_of_another_user_no_value_is_told(self, desk: At) -> None:
        other = ParameterUser.objects.create(parameter=parameter(), name="FULANO")
        row = Detail.objects.create(user=other, question="NomeBot", answer="x")
        words = words_of(desk("supervisor").get(f"{details_of(other)}ver,{row.pk}"))
        assert lint.findings("ISOCHATBOT")[0].sentence in words
        assert store.effective(ISOCHATBOT.NomeBot).reason not in words


class TestOpenByName:
    def test_it_leads_to_what_is_there(self, desk: At) -> None:
        supervisor = desk("supervisor")

        def leads(**query: str) -> str:
            return supervisor.get(OPEN, **query).location

        assert leads(parametro="ISOCHATBOT") == page_of(parameter())
        assert leads(parametro="isochatbot", pergunta="nomebot") == at("NomeBot")
        assert leads(parametro="ISOCHATBOT", pergunta="FALTA") == (
            f"{details_of(standard())}incluir/?pergunta=FALTA"
        )
        for name in ("NADA", "", "\x00", "x" * 5000):
            assert leads(parametro=name) == ADD
        standard().delete()
        assert leads(parametro="ISOCHATBOT", pergunta="NomeBot") == page_of(parameter())

    def test_it_leads_nowhere_outside(self, desk: At) -> None:
        away = desk("supervisor").get(OPEN, parametro="ISOCHATBOT", pergunta="//x.example/&a=b#c")
        assert away.location.startswith(f"{details_of(standard())}incluir/?pergunta=%2F%2F")


def test_hostile_texts_are_inert(desk: At) -> None:
    supervisor = desk("supervisor")
    bad = '"><script>alert(1)</script>{{ 7*7 }}'
    group = Parameter.objects.create(name=bad, description=bad, note=bad)
    user = ParameterUser.objects.create(parameter=group, name=bad)
    row = Detail.objects.create(user=user, question=bad, answer=bad, note=bad)
    in_known = Detail.objects.create(user=standard(), question=bad[:90], answer=bad)
    for address in (
        LIST,
        page_of(group),
        users_of(group),
        f"{users_of(group)}ver,{user.pk}",
        details_of(user),
        f"{details_of(user)}ver,{row.pk}",
        f"{details_of(user)}excluir,{row.pk}",
        f"{details_of(standard())}ver,{in_known.pk}",
        details_of(standard()),
    ):
        page = supervisor.get(address)
        assert page.status == 200
        assert "<script>alert" not in page.text and "&lt;script&gt;alert(1)" in page.text
    asked = supervisor.get(f"{details_of(standard())}incluir/", pergunta=bad)
    assert "<script>alert" not in asked.text


def _queries(who: Desk, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert who.get(address).status == 200
    return len(asked)


def test_lists_ask_the_same_however_long_they_are(desk: At) -> None:
    supervisor = desk("supervisor")
    lists = {LIST: 20, page_of(parameter()): 30, details_of(standard()): 30}
    supervisor.get(LIST)
    before = {address: _queries(supervisor, address) for address in lists}
    assert all(before[address] <= most for address, most in lists.items()), before
    for number in range(12):
        group = Parameter.objects.create(name=f"P{number}")
        for one in (group, parameter()):
            user = ParameterUser.objects.create(parameter=one, name=f"U{number}")
            Detail.objects.create(user=user, question="CLASS_CHAT_BOT", answer="1")
        Detail.objects.create(user=standard(), question=f"Q{number}", answer="x")
        kind = Classification.objects.create(description=f"C{number}", kind="human")
        Detail.objects.create(
            user=standard(), question="CLASS_CHAT_ATENDIMENTO", answer=kind.pk, active=False
        )
    assert {address: _queries(supervisor, address) for address in lists} == before


@pytest.mark.parametrize("who", ["atendente", "atendente2"])
def test_an_agent_has_no_business_here(desk: At, who: str) -> None:
    agent, before = desk(who), Detail.objects.count()
    group, user, row = parameter(), standard(), detail("NomeBot")
    for address in (
        LIST,
        ADD,
        OPEN,
        page_of(group),
        users_of(group),
        f"{users_of(group)}incluir/",
        f"{users_of(group)}ver,{user.pk}",
        f"{users_of(group)}excluir,{user.pk}",
        details_of(user),
        f"{details_of(user)}incluir/",
        f"{details_of(user)}ver,{row.pk}",
        f"{details_of(user)}excluir,{row.pk}",
    ):
        assert agent.get(address).status == 403
        assert agent.post(address, name="x", question_text="x", answer="x").status in (403, 405)
        assert desk(None).get(address).location.startswith("/entrar/")
    assert Detail.objects.count() == before
    assert detail("NomeBot").answer == "isocrmsandbox"
