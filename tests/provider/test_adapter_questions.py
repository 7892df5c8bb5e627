"""What every adapter answers besides sends: its account, its templates, the files that came."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import urllib3

from provider import guard
from provider.accounts import AccountReport
from provider.adapter import Adapter
from provider.channels import FACTS, bare_id
from provider.contracts import (
    FILES,
    Content,
    Credentials,
    Extra,
    InboundMessage,
    Line,
    Located,
    Media,
)
from provider.errors import CredentialsError, ProviderError, RenewalRefused, TemporaryError
from provider.templates import Template, TemplateDraft
from tests.provider.adapters.asking import NONSENSE, TYPES, answering, quiet
from tests.provider.adapters.samples import Answer, Sample
from tests.provider.vendor import Vendor

NO_ADDRESS = ("", " ", ":::", "//", "https://[", "https://x.example:port/", "ção", "a/../b?c#d")


def test_what_opens_an_account_is_named_as_secret(adapter: Adapter, sample: Sample) -> None:
    for name in sample.credentials:
        if re.search(r"token|secret|password|(^|_)key($|_)", name):
            assert name in adapter.secret_names, f"{name} opens something: name it as a secret"


def test_what_it_renews_is_what_it_can_renew(
    adapter: Adapter,
    sample: Sample,
    vendor: Vendor,
    live: Credentials,
    caplog: pytest.LogCaptureFixture,
) -> None:
    renews = type(adapter).refresh is not Adapter.refresh
    assert renews == bool(adapter.refresh_names) == (sample.renewed is not None)
    if sample.renewed is None:
        return
    answer, expected = sample.renewed
    answering(vendor, answer)
    assert adapter.refresh(live) == expected
    for nonsense in [*NONSENSE, (401, {}), (0, b"")]:
        answering(vendor, nonsense)
        try:
            values = adapter.refresh(live)
        except (RenewalRefused, TemporaryError, CredentialsError) as error:
            quiet(error, adapter, sample, live, caplog)
        else:
            assert values is None or values.keys() <= adapter.credentials.keys(), nonsense
            assert values is None or all(isinstance(v, str) for v in values.values()), nonsense


def test_its_check_and_its_other_questions_end_in_an_answer_or_an_error_of_providers(
    adapter: Adapter,
    sample: Sample,
    vendor: Vendor,
    live: Credentials,
    caplog: pytest.LogCaptureFixture,
) -> None:
    draft = TemplateDraft("oi", "pt_BR", "UTILITY", "Oi")
    media, url = file_of(sample, vendor), "https://isobot.example/w/"
    asked: dict[str, tuple[Callable[[], Any], Any]] = {
        "check": (lambda: adapter.check(live), AccountReport | None),
        "name_of": (lambda: adapter.name_of("7", live), str),
        "register_webhook": (lambda: adapter.register_webhook(url, live), None),
        "templates": (lambda: adapter.templates(live), list),
        "create_template": (lambda: adapter.create_template(draft, live), Template),
        "delete_template": (lambda: adapter.delete_template("oi", live), None),
        "locate": (lambda: adapter.locate(media, live), Located),
        "relocate": (lambda: adapter.relocate(media, live), Located | None),
    }
    for answer in [*NONSENSE, (401, {}), (0, b"")]:
        answering(vendor, answer)
        for name, (ask, kind) in asked.items():
            try:
                found = ask()
            except NotImplementedError:
                continue
            except ProviderError as error:
                quiet(error, adapter, sample, live, caplog)
            else:
                is_right = found is None if kind is None else isinstance(found, kind)
                assert is_right, f"{name}, answered {answer}: {found!r} is none of its answers"
    answering(vendor, (401, {}))
    if type(adapter).check is not Adapter.check:
        with pytest.raises(CredentialsError):
            adapter.check(live)


def test_its_templates_are_listed(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    assert adapter.has_templates(live) == (sample.templates is not None)
    if sample.templates is None:
        return
    answer, names = sample.templates
    answering(vendor, answer)
    listed = adapter.templates(live)
    assert tuple(template.name for template in listed) == names
    assert type(adapter).create_template is not Adapter.create_template
    assert type(adapter).delete_template is not Adapter.delete_template


def file_of(sample: Sample, vendor: Vendor) -> Media:
    """The file of the sample, or any other."""
    media = sample.media[0] if sample.media else Media(Content.IMAGE, "https://x.example/1")
    return replace(media, source=media.source.replace("VENDOR", vendor.url))


def test_a_file_is_located(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    if sample.media is None:
        return
    _media, answer, wanted = sample.media
    answering(vendor, answer)
    found = adapter.locate(file_of(sample, vendor), live)
    url = wanted.url.replace("VENDOR", vendor.url)
    assert found.url == url, f"it is fetched from {found.url}, and the sample says {url}"
    assert dict(found.headers) == dict(wanted.headers), (
        f"it is fetched with the headers {dict(found.headers)}, "
        f"and the sample says {dict(wanted.headers)}"
    )


def look_alikes(base: str) -> list[str]:
    """Addresses that look as if they led there, and do not."""
    parts = urllib3.util.parse_url(base)
    host, port = parts.host, f":{parts.port}" if parts.port else ""
    other = {"http": "https", "https": "http"}[parts.scheme or ""]
    return [
        f"{parts.scheme}://{host}.foreign.example{port}/1",
        f"{parts.scheme}://foreign{host}{port}/1",
        f"{parts.scheme}://{host}@foreign.example/1",
        f"{base}@foreign.example/1",
        f"{base}:x@foreign.example/1",
        f"{parts.scheme}://{host}:4711/1",
        f"{other}://{host}{port}/1",
        f"https://foreign.example/{base}",
        f"https://foreign.example#{base}",
        f"https://foreign.example?{base}",
        f"https://foreign.example\\@{host}{port}/1",
    ]


def of_provider(hosts: tuple[str, ...]) -> re.Pattern[str]:
    """The hosts of the sample; one that begins with a point is every host below it, too."""
    named = [
        rf"(?:.+\.)?{re.escape(one[1:])}" if one[0] == "." else re.escape(one) for one in hosts
    ]
    return re.compile("|".join(named) or "(?!)")


def test_no_secret_goes_to_a_foreign_host(
    adapter: Adapter, sample: Sample, vendor: Vendor, live: Credentials
) -> None:
    own = [vendor.url, *(f"https://{host.lstrip('.')}" for host in sample.hosts)]
    known = of_provider(sample.hosts)
    foreign = ["https://foreign.example/1", *(one for base in own for one in look_alikes(base))]
    media = file_of(sample, vendor)
    asked: list[tuple[Media, Answer]] = [
        (replace(media, source=one), (200, {})) for one in (*foreign, *NO_ADDRESS)
    ]
    if sample.media is not None:
        status, body = sample.media[1]
        raw = json.dumps(body)
        said = [json.dumps(one)[1:-1] for one in foreign]
        asked += [(media, (status, json.loads(raw.replace("VENDOR", one)))) for one in said]
        asked += [(replace(media, source=one), (status, body)) for one in foreign]
    for file, answer in asked:
        answering(vendor, answer)
        try:
            located = adapter.locate(file, live)
        except ProviderError:
            continue
        given = " ".join([located.url, *located.headers, *located.headers.values()])
        for name in adapter.secret_names:
            leaks = any(secret in given for secret in live.secrets((name,)))
            assert not leaks or guard.is_at(located.url, [vendor.url], known), (
                f"a file at {file.source!r}, answered {answer}: {name} goes to {located.url}"
            )


def test_the_line_of_its_credentials_is_the_samples(
    adapter: Adapter, sample: Sample, live: Credentials
) -> None:
    found = adapter.own_line(live)
    assert found == sample.own_line, f"own_line says {found}, and the sample {sample.own_line}"
    bare = {bare_id(kind, found[0]) for kind in adapter.channels}
    assert bare == {found[0]}, f"the line {found[0]!r} is not in its bare form: {bare}"


def test_no_credentials_break_what_asks_nobody(adapter: Adapter, sample: Sample) -> None:
    line = Line(adapter.slug, sorted(adapter.channels)[0])
    for value in ("", "x", "ção\udce9", ":::", "1:2", "a.b.c"):
        held = Credentials(dict.fromkeys(adapter.credentials, value))
        found = adapter.own_line(held)
        assert isinstance(found, tuple) and [type(part) for part in found] == [str, str], value
        assert isinstance(adapter.renew_after(held), timedelta | None), value
        adapter.token_expiry(held)
        for content in FILES:
            assert isinstance(adapter.takes(content, TYPES[content], held), bool), value
            assert adapter.takes(content, value, held) in (True, False), value
        for kind in adapter.channels:
            assert adapter.carries(kind, held) <= FACTS[kind].extras | {Extra.LOCATION}, value
        assert adapter.can_answer(value) in (True, False), value
        call = adapter.acknowledge(InboundMessage(line, value or "1", "2", "", "Oi", None))
        assert call is None or callable(call), value
