"""Files as Botmaker takes them: by a link it fetches, of the types its two versions know."""

from __future__ import annotations

from provider.contracts import Cause, Content, OutboundFile
from provider.errors import RejectedError

# MIME type -> the provider's word for it, where v2 has one. Its list is closed: a type it does
# not have is refused here, for a file under a wrong name reaches nobody who can open it.
V2_TYPES = {
    "image/jpeg": "image/jpeg",
    "image/png": "image/png",
    "audio/aac": "audio/aac",
    "audio/ogg": "audio/ogg",
    "audio/mp4": "audio/mp4",
    "audio/amr": "audio/amr",
    "audio/mpeg": "audio/mpeg",
    "application/pdf": "application/pdf",
    "application/vnd.ms-excel": "file/vnd.ms-excel",
    "video/mp4": "video/mp4",
    "video/3gpp": "video/3gpp",
}
# What v1 has a field for; none is known for a video.
V1_FIELDS = {
    Content.IMAGE: "imageURL",
    Content.AUDIO: "audioURL",
    Content.DOCUMENT: "fileURL",
}


def takes(content: Content, type_: str, *, version: str) -> bool:
    if version == "v1":
        return content in V1_FIELDS
    # There is one field for a file of any kind: a picture cannot be sent as a document.
    return type_ in V2_TYPES and _kind_of(type_) == content


def _kind_of(type_: str) -> Content:
    kind = type_.partition("/")[0]
    return Content(kind) if kind in ("image", "audio", "video") else Content.DOCUMENT


def by_v2(file: OutboundFile) -> dict[str, str]:
    """The `media` of a message. Raises RejectedError before anything leaves."""
    if not takes(file.content, file.type, version="v2"):
        raise RejectedError(
            f"API v2 takes no {file.type} as {file.content}", cause=Cause.CONTENT, code="type"
        )
    return {"filename": file.name, "mimeType": V2_TYPES[file.type], "url": file.url}


def by_v1(file: OutboundFile) -> dict[str, str]:
    """The field of a message that names the file. Raises RejectedError before anything leaves."""
    field = V1_FIELDS.get(file.content)
    if field is None:
        raise RejectedError(f"API v1 takes no {file.content}", cause=Cause.CONTENT, code="type")
    return {field: file.url}
