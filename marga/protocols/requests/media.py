"""Images and documents: data URLs, as OpenAI has them, and sources, as Anthropic has them. Pure."""

from __future__ import annotations

from marga.protocols.neutral import Json, Media, MediaKind
from marga.protocols.request import Unreadable
from marga.protocols.requests.fields import needed_text, object_at, text_at

PDF = "application/pdf"


def from_url(
    kind: MediaKind, url: str, *, detail: str = "", name: str = "", cache: Json | None = None
) -> Media:
    """Return an image or a file given by a URL, whose data may stand in it."""
    if url[:5].lower() == "data:":
        head, comma, data = url[5:].partition(",")
        media_type, _, encoding = head.partition(";")
        if comma and encoding.rpartition(";")[2].strip().lower() == "base64":
            found = media_type or ("image/png" if kind == "image" else PDF)
            return Media(kind, data=data, media_type=found, detail=detail, name=name, cache=cache)
    return Media(kind, url=url, detail=detail, name=name, cache=cache)


def data_url(media: Media) -> str:
    """Return the URL that holds the data, or the URL as given."""
    return f"data:{media.media_type};base64,{media.data}" if media.data else media.url


def from_source(kind: MediaKind, block: Json, where: str) -> Media | None:
    """Return an Anthropic image or document, or None for a source that is none of data, URL and file.

    Raises Unreadable.
    """
    source = object_at(block, "source", where)
    if source is None:
        raise Unreadable(f"{where}.source must be an object.", f"{where}.source")
    place, cache = f"{where}.source", object_at(block, "cache_control", where)
    name = text_at(block, "title", where)
    match text_at(source, "type", place):
        case "base64":
            data, media_type = needed_text(source, "data", place), needed_text(source, "media_type", place)
            return Media(kind, data=data, media_type=media_type, name=name, cache=cache)
        case "url":
            return Media(kind, url=needed_text(source, "url", place), name=name, cache=cache)
        case "file":
            return Media(kind, file_id=needed_text(source, "file_id", place), name=name, cache=cache)
    return None


def source_of(media: Media) -> Json:
    """Return the Anthropic source of media."""
    if media.text:
        return {"type": "text", "media_type": "text/plain", "data": media.text}
    if media.data:
        return {"type": "base64", "media_type": media.media_type, "data": media.data}
    if media.url:
        return {"type": "url", "url": media.url}
    return {"type": "file", "file_id": media.file_id}
