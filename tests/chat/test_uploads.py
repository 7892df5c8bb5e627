"""Files agents send: which are taken, as what, under which name, and what is kept of them."""

from __future__ import annotations

import errno
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from chat import file_names, files, pictures
from chat.errors import BadInput, TooLarge, TooMany
from chat.models import Attachment, Channel
from chat.services import limits, uploads
from provider.channels import MB
from provider.contracts import ChannelKind, Content
from tests import samples
from tests.chat.conftest import setting

WHATSAPP, TELEGRAM = ChannelKind.WHATSAPP, ChannelKind.TELEGRAM


def keep(
    data: bytes, name: str, by: User, *, declared: str = "", kind: ChannelKind = WHATSAPP
) -> Attachment:
    channel = Channel.objects.get(kind=kind)
    upload = SimpleUploadedFile(name, data, declared or "application/octet-stream")
    upload.name = name  # Django's own cleaning is not what is tested
    return uploads.keep(upload, channel=channel, by=by)


def stored(attachment: Attachment) -> bytes:
    with files.open(attachment.file) as source:
        return source.read()


KINDS = [
    (samples.picture("JPEG"), "foto.jpg", "image/jpeg", Content.IMAGE),
    (samples.picture("PNG"), "tela.png", "image/png", Content.IMAGE),
    (samples.MP4, "video.mp4", "video/mp4", Content.VIDEO),
    (samples.OGG, "voz.ogg", "audio/ogg", Content.AUDIO),
    (samples.MP3, "música.mp3", "audio/mpeg", Content.AUDIO),
    (samples.PDF, "contrato.pdf", "application/pdf", Content.DOCUMENT),
    (samples.XLS, "preços.xls", "application/vnd.ms-excel", Content.DOCUMENT),
]


@pytest.mark.parametrize(("data", "name", "type_", "content"), KINDS)
def test_a_file_is_kept_as_what_it_is(
    data: bytes, name: str, type_: str, content: Content, ana: User, settings: Any
) -> None:
    found = keep(data, name, ana)
    assert (found.type, found.content, found.name) == (type_, content, name)
    assert (found.size, found.message, found.uploaded_by) == (len(stored(found)), None, ana)
    path = Path(settings.ISOBOT_DATA) / "media" / found.file
    assert path.stat().st_mode & 0o777 == 0o600
    assert name.split(".")[0] not in found.file


ACTIVE_NAMES = [
    "pagina.html", "PAGINA.HTML", "desenho.svg", "a.js", "a.php", ".htaccess", "virus.exe",
    "fatura.pdf.exe", "foto.php.jpg", "pagina.html.", "pagina.html ", "virus\u200b.exe",
    "virus.e\u200bxe", "a.php%00.jpg", "\u202egpj.exe", "pasta\\a.exe", "macro.docm", "jogo.apk",
]  # fmt: skip


@pytest.mark.parametrize("name", ACTIVE_NAMES)
def test_UP1_programs_and_pages_are_refused_by_their_name(name: str, ana: User) -> None:
    with pytest.raises(BadInput) as caught:
        keep(samples.picture("JPEG"), name, ana)
    assert "segurança" in str(caught.value.detail)
    assert not Attachment.objects.exists()


ACTIVE_CONTENTS = [
    b"<!DOCTYPE html><html><script>alert(1)</script>",
    b"  \n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b"<?php system($_GET[0]);",
    b"#!/bin/sh\nrm -rf /\n",
    b"MZ" + bytes(200),
    b"\x7fELF" + bytes(200),
]


@pytest.mark.parametrize("data", ACTIVE_CONTENTS)
def test_UP1_programs_and_pages_are_refused_by_what_is_in_them(data: bytes, ana: User) -> None:
    with pytest.raises(BadInput, match="segurança"):
        keep(data, "foto.jpg", ana, declared="image/jpeg")
    assert not Attachment.objects.exists()


def test_UP1_an_invoice_in_xml_is_no_page(ana: User) -> None:
    xml = b"<?xml version='1.0' encoding='UTF-8'?><nfeProc versao='4.00'/>"
    with pytest.raises(BadInput, match="Botmaker não aceita"):
        keep(xml, "nota.xml", ana)  # API v2 of the provider has no word for it
    setting("PROVEDOR_API", "v1")
    found = keep(xml, "nota.xml", ana)
    assert (found.type, found.content) == ("application/xml", Content.DOCUMENT)


def test_UP1_a_document_api_v2_has_no_word_for_is_refused_with_what_to_do(ana: User) -> None:
    sheet = samples.zipped("xl/workbook.xml")
    with pytest.raises(BadInput, match=r"\(XLSX\)\. Envie como PDF, ou peça .* PROVEDOR_API"):
        keep(sheet, "preços.xlsx", ana)
    with pytest.raises(BadInput, match=r"\(GIF\)\. Envie como JPEG ou PNG\."):
        keep(samples.picture("GIF"), "a.gif", ana)
    with pytest.raises(BadInput, match=r"Instagram não aceita .*\(XLSX\)\. Envie como PDF\.$"):
        keep(sheet, "preços.xlsx", ana, kind=ChannelKind.INSTAGRAM)


def test_what_is_known_before_uploading_is_what_is_refused_after(ana: User) -> None:
    for version in ("v2", "v1"):
        setting("PROVEDOR_API", version)
        for channel in Channel.objects.all():
            said = uploads.refusals(channel)
            for name, body in (
                ("a.xlsx", samples.zipped("xl/workbook.xml")),
                ("a.zip", samples.zipped("a")),
                ("a.gif", samples.picture("GIF")),
                ("a.jpg", samples.picture("JPEG")),
                ("a.pdf", samples.PDF),
                ("a.txt", b"Bom dia"),
            ):
                ending = name.rpartition(".")[2]
                try:
                    keep(body, name, ana, kind=ChannelKind(channel.kind))
                except BadInput as error:
                    assert said[ending] == str(error.detail), (version, channel, name)
                else:
                    assert ending not in said, (version, channel, name)


def test_UP2_what_a_file_is_wins_over_what_it_says(ana: User) -> None:
    found = keep(samples.PDF, "foto.jpg", ana, declared="image/jpeg")
    assert (found.type, found.content, found.name) == (
        "application/pdf", Content.DOCUMENT, "foto.jpg.pdf",
    )  # fmt: skip


def test_UP2_a_page_behind_the_head_of_a_picture_is_refused(ana: User) -> None:
    with pytest.raises(BadInput, match="danificada"):
        keep(b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>", "a.png", ana)


def test_UP2_what_hides_behind_a_picture_is_cut_off(ana: User) -> None:
    hidden = b"<script>alert(1)</script>"
    for kind in ("JPEG", "PNG"):
        found = keep(samples.picture(kind) + hidden, "a", ana)
        assert hidden not in stored(found)
        Image.open(io.BytesIO(stored(found))).load()


def test_UP3_a_drawing_with_a_script_is_refused_whatever_it_is_called(ana: User) -> None:
    drawing = b"<?xml version='1.0'?>\n<svg><foreignObject><script/></foreignObject></svg>"
    for name in ("a.svg", "a.xml", "a.png", "a.txt"):
        with pytest.raises(BadInput, match="segurança"):
            keep(drawing, name, ana)


def test_UP5_a_picture_of_a_billion_points_is_refused(ana: User) -> None:
    with pytest.raises(BadInput, match="pixels"):
        keep(samples.huge_png(30_000, 30_000), "a.png", ana)


def test_UP5_a_box_is_not_opened(ana: User) -> None:
    setting("PROVEDOR_API", "v1")
    found = keep(samples.zipped("word/document.xml", "bomba"), "a.docx", ana)
    assert found.type.endswith("wordprocessingml.document")
    assert keep(samples.zipped("a"), "a.zip", ana).type == "application/zip"


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\Ana\\contrato.pdf", "contrato.pdf"),
    ("CON", "_CON"),
    ("com1.pdf", "_com1.pdf"),
    ('a"b\r\nSet-Cookie: x.pdf', "a b Set-Cookie x.pdf"),
    ("\u202efdp.gpj", "fdp.gpj"),
    ("con\u200btrato.pdf", "contrato.pdf"),
    ("contrato.pdf. . ", "contrato.pdf"),
    ("a%00b.pdf", "ab.pdf"),
    ("", "arquivo"),
    ("...", "arquivo"),
    ("e\u0301.pdf", "é.pdf"),
]


@pytest.mark.parametrize(("given", "kept"), NAMES)
def test_UP6_a_name_is_one_clean_line(given: str, kept: str) -> None:
    assert file_names.clean(given) == kept


def test_UP6_a_long_name_keeps_its_ending() -> None:
    found = file_names.clean("a" * 1000 + ".pdf")
    assert len(found) == file_names.LONGEST and found.endswith("aaa.pdf")


def test_UP6_files_lie_under_names_made_here(ana: User) -> None:
    found = keep(samples.PDF, "../../x.pdf", ana)
    assert found.name == "x.pdf"
    with pytest.raises(FileNotFoundError):
        files.open("../../x.pdf")


def test_UP7_an_upload_that_never_left_is_gone_within_a_day(
    ana: User, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    found = keep(samples.PDF, "a.pdf", ana)
    unfinished = Path(settings.ISOBOT_DATA) / "media" / "unfinished" / "left-by-a-crash"
    unfinished.write_bytes(b"x")
    uploads.forget_unsent()
    assert stored(found) and unfinished.exists()
    tomorrow = timezone.now() + timedelta(hours=24)
    with (
        time_machine.travel(tomorrow, tick=False),
        django_capture_on_commit_callbacks(execute=True),
    ):
        uploads.forget_unsent()
    assert not Attachment.objects.exists()
    assert not unfinished.exists()
    with pytest.raises(FileNotFoundError):
        files.open(found.file)


def test_UP7_more_files_than_anybody_sends_by_hand_have_to_wait(
    ana: User, bruno: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_A_MINUTE", 3)
    for _number in range(3):
        keep(samples.PDF, "a.pdf", ana)
    with pytest.raises(TooMany, match="minuto"):
        keep(samples.PDF, "a.pdf", ana)
    keep(samples.PDF, "a.pdf", bruno)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        keep(samples.PDF, "a.pdf", ana)


def test_UP7_a_full_disk_is_said_and_leaves_nothing_half_written(
    ana: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("chat.files.os.fsync", full)
    with pytest.raises(TooLarge, match="espaço"):
        keep(samples.PDF, "a.pdf", ana)
    assert not Attachment.objects.exists()
    left = [path for path in (Path(settings.ISOBOT_DATA) / "media").rglob("*") if path.is_file()]
    assert left == []


def test_UP9_a_photo_leaves_without_the_place_it_was_taken(ana: User) -> None:
    before = samples.photo(orientation=6)
    assert Image.open(io.BytesIO(before)).getexif().get_ifd(0x8825)
    kept = stored(keep(before, "foto.jpg", ana))
    after = Image.open(io.BytesIO(kept))
    assert dict(after.getexif()) == {0x0112: 6}, "only how it is to be turned"
    assert b"Somebody" not in kept and b"a comment" not in kept
    assert after.tobytes() == Image.open(io.BytesIO(before)).tobytes(), "no quality is lost"


def test_UP9_a_screenshot_leaves_without_what_was_written_into_it(ana: User) -> None:
    kept = stored(keep(samples.png_with_place(), "tela.png", ana))
    assert b"GPS" not in kept
    assert (
        Image.open(io.BytesIO(kept)).tobytes()
        == Image.open(io.BytesIO(samples.picture("PNG"))).tobytes()
    )


def test_UP9_a_webp_leaves_without_the_place_it_was_taken(ana: User) -> None:
    setting("PROVEDOR_API", "v1")
    before = samples.webp_with_place()
    kept = stored(keep(before, "foto.webp", ana))
    assert b"GPS" in before and b"GPS" not in kept
    after = Image.open(io.BytesIO(kept))
    assert not after.getexif()
    assert after.tobytes() == Image.open(io.BytesIO(before)).tobytes()


def test_UP9_a_webp_cut_off_is_refused(ana: User) -> None:
    setting("PROVEDOR_API", "v1")
    with pytest.raises(BadInput, match="danificada"):
        keep(samples.webp_with_place()[:-30], "foto.webp", ana)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_UP5_a_photo_of_more_parts_than_any_real_one_is_refused(ana: User, kind: str) -> None:
    setting("PROVEDOR_API", "v1")
    with pytest.raises(BadInput, match="danificada"):
        keep(samples.of_many_parts(kind, pictures.MOST_PARTS), "foto", ana)


@pytest.mark.parametrize("kind", ["TIFF", "HEIF"])
def test_UP9_a_photo_whose_place_cannot_be_taken_out_is_refused(ana: User, kind: str) -> None:
    heif = b"\0\0\0\x18ftypheic" + bytes(64)
    data = heif if kind == "HEIF" else samples.picture("TIFF")
    with pytest.raises(BadInput, match="onde foi tirada"):
        keep(data, "foto.heic" if kind == "HEIF" else "foto.tif", ana)


def test_a_damaged_photo_is_refused(ana: User) -> None:
    with pytest.raises(BadInput, match="danificada"):
        keep(samples.picture("JPEG")[:-40], "foto.jpg", ana)


def test_an_image_its_channel_does_not_show_goes_as_a_document_where_those_are_taken(
    ana: User,
) -> None:
    setting("PROVEDOR_API", "v1")
    gif = samples.picture("GIF")
    assert keep(gif, "a.gif", ana).content == Content.DOCUMENT
    with pytest.raises(BadInput, match=r"Instagram não aceita arquivos deste tipo \(GIF\)"):
        keep(gif, "a.gif", ana, kind=ChannelKind.INSTAGRAM)


def test_an_empty_or_unknown_file_is_refused(ana: User) -> None:
    with pytest.raises(BadInput, match="vazio"):
        keep(b"", "a.pdf", ana)
    with pytest.raises(BadInput, match="não é conhecido"):
        keep(b"\x00\x01\x02\x03" * 40, "a.bin2", ana)


UP4 = [
    ("100", Content.VIDEO, 16 * MB, "O WhatsApp aceita vídeos de até 16 MB; este tem 16,1 MB."),
    ("100", Content.IMAGE, 5 * MB, "O WhatsApp aceita imagens de até 5 MB; esta tem 5,1 MB."),
    ("10000", Content.DOCUMENT, 100 * MB, "O WhatsApp aceita documentos de até 100 MB"),
    ("", Content.AUDIO, 16 * MB, "O WhatsApp aceita áudios de até 16 MB"),
    ("2,5", Content.VIDEO, 5 * MB // 2, "desta instalação (TAMANHO_MAX_ANEXO) é 2,5 MB"),
]


@pytest.mark.parametrize(("key", "content", "size", "sentence"), UP4)
def test_UP4_the_smallest_limit_counts_and_is_named(
    key: str, content: Content, size: int, sentence: str, house: None
) -> None:
    setting("TAMANHO_MAX_ANEXO", key)
    limit = limits.of(WHATSAPP, content)
    assert limit.size == size
    assert sentence in limit.refusal(size + 1)


def test_UP4_the_servers_own_limit_stands_above_all(house: None, settings: Any) -> None:
    settings.ISOBOT_MAX_FILE = 3 * MB
    limit = limits.of(WHATSAPP, Content.VIDEO)
    assert limit.refusal(20 * MB) == (
        "Este servidor aceita arquivos de até 3 MB; este tem 20,0 MB."
    )


def test_UP4_a_file_at_the_limit_passes_and_one_byte_more_does_not(ana: User) -> None:
    setting("TAMANHO_MAX_ANEXO", "1")
    assert keep(samples.grown(samples.PDF, MB), "a.pdf", ana).size == MB
    with pytest.raises(TooLarge):
        keep(samples.grown(samples.PDF, MB + 1), "a.pdf", ana)
    assert Attachment.objects.count() == 1
