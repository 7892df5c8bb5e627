"""The form of a detail: its widgets, its refusals, and its secrets."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from parameters import store
from parameters.catalogue import ISOCHATBOT
from parameters.keys import Key
from parameters.models import Detail, Parameter, ParameterUser
from tests.console.conftest import At, Page
from tests.console.places import (
    ADD,
    CANARY,
    KEYS,
    LIST,
    PARAMETER,
    USER,
    at,
    detail,
    details_of,
    page_of,
    parameter,
    standard,
    users_of,
)
from tests.console.reading import control, refusal, save, typed, words_of


class TestTheFormKnowsItsKey:
    @pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
    def test_each_key_has_its_widget(self, desk: At, key: Key[Any]) -> None:
        Detail.objects.filter(question=key.name).delete()
        new = f"{details_of(standard(key.parameter))}incluir/"
        page = desk("supervisor").get(new, pergunta=key.name)
        assert f'value="{key.name}"' in control(page, "question_text")
        assert html.escape(str(key.label)) in page.text
        assert html.escape(str(key.answer_help)) in page.text
        answer, note = control(page, "answer"), control(page, "note")
        assert note.startswith("<textarea") != key.is_secret
        CHECKS[key.kind.widget](key, page, answer)
        for name in key.kind.placeholders:
            assert f'data-insert="{{{name}}}"' in page.text
        assert ("data-placeholders" in note) == bool(key.kind.placeholders)

    def test_an_unknown_question_has_plain_fields(self, desk: At) -> None:
        page = desk("supervisor").get(f"{details_of(standard())}incluir/", pergunta="QUALQUER")
        assert 'type="text"' in control(page, "answer")
        assert "data-insert" not in page.text

    @pytest.mark.parametrize(
        ("key", "mode", "text"),
        [
            ("AVISO_CONV_INCIADA", "s", "Seu atendimento foi iniciado."),
            ("AVISO_CONV_INCIADA", "c", "Olá! Aqui é {atendente}."),
            ("AVISO_TRANSFER", "s", "Seu atendimento foi transferido para {atendente}"),
            ("AVISO_ESPERA", "s", "Seu atendimento está em espera."),
        ],
    )
    def test_the_usual_text_of_a_notice_is_there(
        self, desk: At, key: str, mode: str, text: str
    ) -> None:
        assert f'data-usual-{mode}="{text}' in desk("supervisor").get(at(key)).text

    def test_questions_that_are_there_are_not_offered_again(self, desk: At) -> None:
        page = desk("supervisor").get(f"{details_of(standard())}incluir/").text
        offered = re.findall(r'<option value="([^"]+)">', page.split("<datalist")[1])
        held = set(standard().details.values_list("question", flat=True))
        assert not held & set(offered) and "PROVEDOR_DATE" not in offered
        Detail.objects.get(question="NomeBot").delete()
        page = desk("supervisor").get(f"{details_of(standard())}incluir/").text
        assert '<option value="NomeBot">' in page

    def test_a_stored_code_of_nothing_stays_in_sight(self, desk: At) -> None:
        Detail.objects.filter(question="TIPO_TELEFONE").delete()
        Detail.objects.create(user=standard(), question="TIPO_TELEFONE", answer="999")
        page = desk("supervisor").get(at("TIPO_TELEFONE"))
        assert '<option value="999" selected>' in page.text
        assert typed(page)["answer"] == "999"

    def test_a_stored_letter_that_is_not_accepted_stays_in_sight(self, desk: At) -> None:
        Detail.objects.filter(question="AVISO_ESPERA").delete()
        Detail.objects.create(user=standard(), question="AVISO_ESPERA", answer="X")
        page = desk("supervisor").get(at("AVISO_ESPERA"))
        assert typed(page)["answer"] == "X"
        assert store.effective(ISOCHATBOT.AVISO_ESPERA).reason in words_of(page)

    def test_the_systems_own_date_is_only_read(self, desk: At) -> None:
        supervisor, before = desk("supervisor"), detail("PROVEDOR_DATE").answer
        page = supervisor.get(at("PROVEDOR_DATE"))
        assert " disabled" in control(page, "answer") and " disabled" in control(page, "note")
        assert before in control(page, "answer")
        body = {"answer": "2001-01-01T00:00:00-03:00", "note": "x", "order": "1", "active": "on"}
        supervisor.post(at("PROVEDOR_DATE"), **body)
        assert (detail("PROVEDOR_DATE").answer, detail("PROVEDOR_DATE").note) == (before, "")
        assert save(supervisor, at("PROVEDOR_DATE"), order="2").status == 302
        assert detail("PROVEDOR_DATE").answer == before

    def test_the_lists_show_the_systems_date_in_the_readers_time(self, desk: At) -> None:
        stored = "2026-11-20T16:05:11+00:00"
        Detail.objects.filter(question="PROVEDOR_DATE").update(answer=stored)
        for address in (details_of(standard()), page_of(parameter())):
            page = desk("supervisor").get(address).text
            assert f'title="{stored}">20/11/2026 13:05</time>' in page

    def test_the_systems_own_date_cannot_be_added(self, desk: At) -> None:
        detail("PROVEDOR_DATE").delete()
        page = desk("supervisor").add(
            f"{details_of(standard())}incluir/",
            question_text="PROVEDOR_DATE",
            answer="2001-01-01T00:00:00-03:00",
            order="1",
        )
        assert page.status == 400 and refusal(page, "answer")
        assert not Detail.objects.filter(question="PROVEDOR_DATE").exists()


def _picker(key: Key[Any], page: Page, answer: str) -> None:
    assert answer.startswith("<select")
    assert '<option value="" selected>Escolha…</option>' in page.text
    offered = store.options(key.reference)
    assert offered
    for code, name in offered:
        assert f'<option value="{code}">{html.escape(name)} ({code})</option>' in page.text


def _choice(key: Key[Any], page: Page, answer: str) -> None:
    assert 'type="radio"' in answer
    for value, meaning in key.kind.choices:
        assert f'name="answer" value="{value}"' in page.text
        assert html.escape(f"{value} · {meaning}") in page.text


def _number(key: Key[Any], page: Page, answer: str) -> None:
    assert 'inputmode="decimal"' in answer
    assert ("Resposta (MB)" in page.text) == (key.kind.unit == "MB")


def _phone(key: Key[Any], page: Page, answer: str) -> None:
    assert 'type="tel"' in answer and "data-phone" in answer


def _secret(key: Key[Any], page: Page, answer: str) -> None:
    for one in (answer, control(page, "note")):
        assert 'autocomplete="off"' in one and 'spellcheck="false"' in one
        assert 'type="text"' in one, "what is typed is in sight until it is saved"


def _moment(key: Key[Any], page: Page, answer: str) -> None:
    assert " disabled" in answer


def _text(key: Key[Any], page: Page, answer: str) -> None:
    assert 'type="text"' in answer and 'autocomplete="off"' in answer


CHECKS = {
    "picker": _picker,
    "choice": _choice,
    "number": _number,
    "phone": _phone,
    "secret": _secret,
    "moment": _moment,
    "text": _text,
    "long_text": _text,
    "link": _text,
}

REFUSED = [
    ("CLASS_CHAT_ATENDIMENTO", "answer", {"answer": "999"}),
    ("CLASS_CHAT_ATENDIMENTO", "answer", {"answer": "11,12"}),
    ("CLASS_CHAT_BOT", "answer", {"answer": "onze"}),
    ("TIPO_TELEFONE", "answer", {"answer": "999"}),
    ("PROVEDOR_PHONE", "answer", {"answer": "41 99999-0000"}),
    ("AVISO_CONV_INCIADA", "answer", {"answer": "X"}),
    ("AVISO_CONV_INCIADA", "note", {"answer": "S", "note": "Olá {nome}"}),
    ("MSG_ENCERRAMENTO", "note", {"note": "Até {quando}"}),
    ("TAMANHO_MAX_ANEXO", "answer", {"answer": "100 MB"}),
    ("TAMANHO_MAX_ANEXO", "answer", {"answer": "0"}),
    ("linkImage", "answer", {"answer": "../segredo.png"}),
    ("PROVEDOR_TOKEN", "note", {"answer": "", "note": "com espaço no meio do token"}),
    ("PROVEDOR_SECRET_ID", "answer", {"answer": "••••9999"}),
    ("PROVEDOR_API", "answer", {"answer": "v3"}),
    ("PORTA", "answer", {"answer": "99999"}),
    ("SEGURANCA", "answer", {"answer": "alguma"}),
]


class TestRefusals:
    @pytest.mark.parametrize(("question", "field", "sent"), REFUSED)
    def test_a_bad_value_is_refused_beside_its_field_as_rest_does(
        self, desk: At, api: Any, question: str, field: str, sent: dict[str, str]
    ) -> None:
        name = "ISOCHATBOT" if question in ISOCHATBOT.keys else "SMTPCONFIG"
        before = (detail(question, name).answer, detail(question, name).note)
        page = save(desk("supervisor"), at(question, name), **sent)
        address = f"/api/v1/parameters/{name}/users/ISOPADRAO/details/{question}/"
        answer = api("supervisor").put(address, sent, format="json")
        assert (page.status, answer.status_code) == (400, 400)
        assert {field: [refusal(page, field)]} == answer.json()
        assert len(page.errors) == 1
        if 'type="radio"' not in page.text and "<select" not in page.text:
            assert typed(page).items() >= sent.items(), "what was typed stays"
        row = detail(question, name)
        assert (row.answer, row.note) == before

    def test_the_two_codes_have_to_be_different(self, desk: At) -> None:
        code = detail("CLASS_CHAT_ATENDIMENTO").answer
        page = save(desk("supervisor"), at("CLASS_CHAT_BOT"), answer=code)
        assert page.status == 400 and refusal(page, "answer")

    @pytest.mark.parametrize("question", ["NomeBot", " nomebot ", "NOMEBOT"])
    def test_a_question_that_is_there_is_refused(self, desk: At, question: str) -> None:
        page = desk("supervisor").add(
            f"{details_of(standard())}incluir/", question_text=question, answer="x", order="1"
        )
        assert page.status == 400
        assert "Já existe" in refusal(page, "question_text")
        assert Detail.objects.filter(question__iexact="NomeBot").count() == 1
        assert detail("NomeBot").answer == "isocrmsandbox"

    @pytest.mark.parametrize("question", ["", "   ", "x" * 101])
    def test_a_question_of_no_length_is_refused(self, desk: At, question: str) -> None:
        page = desk("supervisor").add(
            f"{details_of(standard())}incluir/", question_text=question, order="1"
        )
        assert page.status == 400 and refusal(page, "question_text")

    @pytest.mark.parametrize("order", ["0", "-1", "40000", "um", ""])
    def test_an_order_that_is_none_is_refused(self, desk: At, order: str) -> None:
        page = save(desk("supervisor"), at("NomeBot"), order=order)
        assert page.status == 400 and refusal(page, "order")

    @pytest.mark.parametrize("name", ["", "isochatbot", "x" * 101])
    def test_a_parameter_nobody_could_tell_apart_is_refused(self, desk: At, name: str) -> None:
        page = desk("supervisor").add(ADD, **{**PARAMETER, "name": name})
        assert page.status == 400 and refusal(page, "name")
        assert Parameter.objects.count() == 2

    @pytest.mark.parametrize("name", ["", "isopadrao", "x" * 101])
    def test_a_user_nobody_could_tell_apart_is_refused(self, desk: At, name: str) -> None:
        page = desk("supervisor").add(f"{users_of(parameter())}incluir/", **{**USER, "name": name})
        assert page.status == 400 and refusal(page, "name")
        assert ParameterUser.objects.filter(parameter=parameter()).count() == 1


class TestSecrets:
    def test_a_form_saved_untouched_keeps_the_secret(self, desk: At) -> None:
        supervisor = desk("supervisor")
        for question in ("PROVEDOR_TOKEN", "PROVEDOR_REFRESHTOKEN", "PROVEDOR_SECRET_ID"):
            before = (detail(question).answer, detail(question).note)
            assert any(before)
            assert save(supervisor, at(question), order="2").status == 302
            assert (detail(question).answer, detail(question).note) == before
            assert detail(question).order == 2

    def test_a_new_value_replaces_it_and_clears_the_other_field(self, desk: At) -> None:
        supervisor = desk("supervisor")
        save(supervisor, at("PROVEDOR_SECRET_ID"), answer=CANARY, note="")
        assert "••••tail" in control(supervisor.get(at("PROVEDOR_SECRET_ID")), "answer")
        save(supervisor, at("PROVEDOR_SECRET_ID"), note="the-new-secret-0002")
        row = detail("PROVEDOR_SECRET_ID")
        assert (row.answer, row.note) == ("", "the-new-secret-0002")

    def test_a_refused_form_does_not_bring_the_stored_one_back(self, desk: At) -> None:
        supervisor = desk("supervisor")
        save(supervisor, at("PROVEDOR_SECRET_ID"), answer=CANARY, note="")
        page = save(supervisor, at("PROVEDOR_SECRET_ID"), order="0")
        assert page.status == 400
        assert CANARY[:-5] not in page.text

    def test_no_page_holds_one(self, desk: At) -> None:
        supervisor = desk("supervisor")
        planted = {}
        for key in KEYS:
            if key.is_secret:
                for column in ("answer", "note"):
                    planted[f"{key.name}.{column}"] = f"canary-{key.name}-{column}-5d1f0a77-tail"
                user = standard(key.parameter)
                row, _new = Detail.objects.get_or_create(user=user, question=key.name)
                row.answer, row.note = (planted[f"{key.name}.{c}"] for c in ("answer", "note"))
                row.save()
        addresses = [LIST, "/supervisor/", "/supervisor/chat/setup/", "/supervisor/auditoria/"]
        for one in Parameter.objects.all():
            addresses += [page_of(one), users_of(one)]
        for user in ParameterUser.objects.all():
            addresses += [details_of(user), f"{details_of(user)}incluir/"]
        for row in Detail.objects.all():
            base = details_of(row.user)
            addresses += [f"{base}ver,{row.pk}", f"{base}excluir,{row.pk}"]
            addresses += [f"{base}incluir/?pergunta={row.question}"]
        for address in addresses:
            page = supervisor.get(address)
            assert page.status == 200, address
            for where, value in planted.items():
                assert value[:-5] not in html.unescape(page.text), f"{where} in {address}"
