"""Attachments, by the numbers of the acceptance list."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import UploadedFile

from chat.errors import TooLarge
from chat.models import Channel
from chat.services import uploads
from provider.channels import FACTS
from provider.contracts import FILES, ChannelKind, Content
from tests import samples
from tests.chat.conftest import person

STARTS = {
    Content.IMAGE: (samples.picture("PNG"), "a.png"),
    Content.AUDIO: (samples.MP3, "a.mp3"),
    Content.VIDEO: (samples.MP4, "a.mp4"),
    Content.DOCUMENT: (samples.PDF, "a.pdf"),
}
LIMITS = [(kind, content) for kind in ChannelKind for content in FILES]


class _Claimed(io.BytesIO):
    """A small file that counts as a large one: what is measured is the limit, not the disk."""

    def __init__(self, data: bytes, name: str, size: int) -> None:
        super().__init__(data)
        self.name, self.size = name, size

    def chunks(self) -> Iterator[bytes]:
        yield self.getvalue()


@pytest.mark.parametrize(("kind", "content"), LIMITS)
def test_12_a_file_at_its_channels_limit_is_taken_and_one_byte_more_is_not(
    kind: ChannelKind, content: Content, house: None
) -> None:
    limit = FACTS[kind].max_file[content]
    data, name = STARTS[content]
    channel, ana = Channel.objects.get(kind=kind), person("atendente")

    def keep(size: int) -> Any:
        upload: UploadedFile = _Claimed(data, name, size)  # type: ignore[assignment]
        return uploads.keep(upload, channel=channel, by=ana)

    assert keep(limit).content == content
    with pytest.raises(TooLarge) as caught:
        keep(limit + 1)
    assert channel.get_kind_display() in str(caught.value.detail)
