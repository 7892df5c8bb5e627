"""What every adapter keeps to; a new one gets this whole suite by being there."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from django.test import Client

from isobot import env
from parameters.keys import Catalogue
from provider import credentials, registry
from provider.adapter import Adapter
from provider.contracts import ChannelKind, Credentials, InboundMessage, Line
from provider.errors import (
    AmbiguousError,
    ProviderError,
    TemporaryError,
    UnreadableBody,
)
from provider.models import WebhookEvent
from tests.provider.adapters.samples import Sample, is_address, sample_of
from tests.provider.dropped import EXAMPLE, dropped, example_code

NO_JSON = [b"", b"{", b"\x00", b"\xff", b"<html>", b"[" * 50_000]
NO_BATCH = [b"{}", b"null", b"NaN", b"7", b'""', b'{"a": "\\ud800"}']


def test_it_names_itself_as_its_file(adapter: Adapter) -> None:
    assert type(adapter).__module__ == f"provider.adapters.{adapter.slug}"
    assert adapter.label
    assert adapter.channels <= frozenset(ChannelKind)
    assert adapter.channels


def test_its_credentials_are_kept_where_it_says(adapter: Adapter) -> None:
    for place in adapter.credentials.values():
        if place.startswith("setting:"):
            assert place.removeprefix("setting:") in env.USUAL_ADDRESSES, "a line of isobot.env"
        elif place and not is_address(place):
            parameter, question = place.split(".", 1)
            assert question in Catalogue.known[parameter].keys
    assert set(adapter.optional_names) < set(adapter.channel_names) or not adapter.optional_names


def test_its_secrets_are_secret_where_they_are_kept(adapter: Adapter) -> None:
    for name in adapter.secret_names:
        place = adapter.credentials[name]
        if place and not is_address(place):
            parameter, question = place.split(".", 1)
            assert Catalogue.known[parameter].keys[question].is_secret


def test_what_is_no_json_is_unreadable(adapter: Adapter) -> None:
    for body in NO_JSON:
        try:
            found = adapter.parse(body)
        except UnreadableBody:
            continue
        pytest.fail(f"{body[:50]!r} is UnreadableBody, and it was told as {found}")


def test_a_body_of_another_shape_is_an_item_or_unreadable_and_never_nothing(
    adapter: Adapter,
) -> None:
    """Who tells no item says that there was nothing to tell, and nobody looks at it again."""
    for body in [*NO_BATCH, b"[]"]:
        with contextlib.suppress(UnreadableBody):
            found = adapter.parse(body)
            assert isinstance(found, list), f"{body!r} was told as {found!r}"
            assert found or body == b"[]", f"{body!r} was told as no item at all"


def test_a_forged_webhook_is_403_and_leaves_no_row(
    adapter: Adapter, sample: Sample, held: Credentials, house: None
) -> None:
    body = sample.bodies[0]
    proofs = sample.headers(body, held)
    for headers in ({}, *(dict.fromkeys(proofs, wrong) for wrong in ("", "wrong", "ção"))):
        answer = Client().post(
            f"/webhooks/{adapter.slug}/", body, content_type="application/json", headers=headers
        )
        assert answer.status_code == 403, f"with the headers {headers}"
    assert not WebhookEvent.objects.exists()


def test_credentials_do_not_show_themselves(adapter: Adapter, house: None) -> None:
    held = credentials.load(adapter)
    for secret in held.secrets(adapter.secret_names):
        assert secret not in repr(held)


def test_where_nobody_answers_its_check_says_nothing_of_the_token(
    adapter: Adapter, held: Credentials
) -> None:
    with contextlib.suppress(TemporaryError, AmbiguousError):
        assert adapter.check(held) is None


def test_what_it_cannot_be_asked_it_says_beforehand(adapter: Adapter, held: Credentials) -> None:
    """What it can be asked fails here, where nobody answers, as the errors of providers."""
    for is_known, ask in (
        (adapter.registers_webhook, lambda: adapter.register_webhook("https://x.example/", held)),
        (adapter.tells_names, lambda: adapter.name_of("1", held)),
    ):
        with pytest.raises(ProviderError if is_known else NotImplementedError):
            ask()


def test_an_ordinary_text_leaves_nothing_to_tell_but_by_a_call(adapter: Adapter) -> None:
    line = Line(adapter.slug, next(iter(adapter.channels)))
    call = adapter.acknowledge(InboundMessage(line, "1", "2", "", "Oi", None))
    assert call is None or callable(call)


def test_what_it_says_of_a_token_needs_no_real_one(adapter: Adapter) -> None:
    for token in ("", "x", "eyJhbGciOiJub25lIn0.bm90IGpzb24."):
        assert adapter.token_expiry(Credentials({adapter.token_name: token})) is None


def test_the_date_of_its_verification_is_a_key_people_do_not_write(adapter: Adapter) -> None:
    if adapter.verified_place:
        parameter, question = adapter.verified_place.split(".", 1)
        assert Catalogue.known[parameter].keys[question].system


def test_a_file_with_two_adapters_is_refused(tmp_path: Path) -> None:
    adapter, _sample = example_code()
    other = "\nclass Other(Nowhere):\n    slug = 'other'\n"
    with (
        dropped(tmp_path, "twice", adapter + other),
        pytest.raises(TypeError, match="exactly one Adapter"),
    ):
        registry.found()


def test_an_adapter_without_a_sample_is_told_what_to_write(tmp_path: Path) -> None:
    adapter, _sample = example_code()
    with (
        dropped(tmp_path, EXAMPLE, adapter),
        pytest.raises(LookupError, match=f"write tests/provider/adapters/{EXAMPLE}/sample.py"),
    ):
        sample_of(registry.get(EXAMPLE))
